"""The pages a pack can hold, and the packs that are made of them. A page is one function: facts in, page out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nrr_core.errors import SelectionError, nearest
from nrr_core.report.pack.facts import Facts
from nrr_core.report.pack.page import Page

__all__ = ["PACKS", "PAGES", "PageKind", "chosen", "kinds", "page"]

Maker = Callable[[Facts], Page | None]

PACKS = {
    "qbr": ("cover", "outcomes", "bridge", "segments", "movers", "trend", "runway", "scenario", "levers", "decisions", "stamp"),
    "okr": ("cover", "targets", "gap", "then_and_now", "levers", "decisions", "stamp"),
    "board": ("cover", "trend", "bridge", "fragility", "definitions", "stamp"),
}
_NEEDS = {"projection": "a scenario’s projection", "runway": "the runway of contract ends"}


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page that can be chosen: its name, its title, what it holds.

    ``needs`` names the argument of ``build`` without which there is no such page; a ``required`` page is always there.
    """

    name: str
    title: str
    holds: str
    needs: str = ""
    required: bool = False
    sheets: tuple[str, ...] = ()


PAGES: dict[str, tuple[PageKind, Maker]] = {}


def page(
    name: str, title: str, holds: str, *, needs: str = "", required: bool = False, sheets: tuple[str, ...] = ()
) -> Callable[[Maker], Maker]:
    """Register a function as a page; it returns None where there is nothing to say."""

    def register(make: Maker) -> Maker:
        PAGES[name] = (PageKind(name, title, holds, needs, required, sheets), make)
        return make

    return register


def kinds(pack: str) -> tuple[PageKind, ...]:
    """The pages of a pack in their order.

    Raises
    ------
    SelectionError
        An unknown pack.

    """
    if pack not in PACKS:
        raise SelectionError(f"“{pack}” is not a pack: {', '.join(PACKS)}.{nearest(pack, PACKS)}")
    return tuple(PAGES[name][0] for name in PACKS[pack])


def chosen(facts: Facts, names: Sequence[str] | None) -> list[tuple[PageKind, Page]]:
    """The pages asked for, made; by default the pack's, without those whose input was not given.

    Raises
    ------
    SelectionError
        An unknown page, or one whose input was not given.

    """
    usual = kinds(facts.pack)
    wanted = [kind.name for kind in usual if not kind.needs or _given(facts, kind.needs)] if names is None else list(dict.fromkeys(names))
    for name in wanted:
        if name not in PAGES:
            raise SelectionError(f"“{name}” is not a page: {', '.join(PAGES)}.{nearest(name, PAGES)}")
        needs = PAGES[name][0].needs
        if needs and not _given(facts, needs):
            raise SelectionError(f"The page “{name}” needs {_NEEDS[needs]}; give it or leave the page out.")
    wanted += [kind.name for kind in usual if kind.required and kind.name not in wanted]
    made = ((PAGES[name][0], PAGES[name][1](facts)) for name in wanted)
    return [(kind, found) for kind, found in made if found is not None]


def _given(facts: Facts, needs: str) -> bool:
    return getattr(facts, needs) is not None
