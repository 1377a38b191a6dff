"""Ledgers: the positions of a dataset as one card sees them (bridged gaps, grain, exchange rates, revenue types, latest segments)."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engines import Derivation, Ground, derive, ground
from nrr_core.errors import DefinitionError
from nrr_core.facts import Facts, facts
from nrr_core.schema import REVENUE_TYPES

__all__ = ["Facts", "each", "facts", "reported", "several", "under"]

_KEPT = 6  # ledgers of one dataset, however large
_SMALL = 4_000_000  # positions up to which more are kept: where rates of the opening hold, each opening has a ledger
_MOST = 36


def under(data: Dataset, card: Definition, *, opening: int | None = None) -> Dataset:
    """The dataset whose positions follow the card; the dataset itself where the card asks for nothing else.

    Roll up, then classify: lines of the revenue types that count are converted and added for each account, parent or
    subscription; then late renewals are bridged; then, where asked for, all months carry the latest attributes.

    Parameters
    ----------
    data, card
        The dataset as read, and the card.
    opening
        Month whose exchange rates hold for all months, under ``fx`` constant, where amounts are in several currencies; without
        it those of the last month. Ignored where nothing is converted.

    Returns
    -------
    Dataset
        With the identity (name, hash, report) of ``data``. The ledgers used last are kept for as long as ``data`` is.

    Raises
    ------
    DefinitionError
        The dataset lacks what the card needs; the text says what, and what to do.

    """
    return _found(data, card, opening)


def _found(data: Dataset, card: Definition, opening: int | None, on: "_Ground | None" = None) -> Dataset:
    """The ledger, made if it is not kept, on a ground that it shares with others, where there is one."""
    made = _MADE.get(data)
    if made is not None:
        return _itself(data, made, card)
    how = _derivation(data, card, opening)
    return data if how == Derivation() else _shelf(data).get(data, how, on)


def each(data: Dataset, card: Definition, openings: Sequence[int]) -> Iterator[tuple[Dataset, list[int]]]:
    """The ledgers that windows opening in these months are read from, each with the places of its windows.

    One ledger serves all windows, except where exchange rates of the opening hold: then each opening has its own, made when
    its turn comes; what does not depend on rates is made once for all.
    """
    if not openings:
        yield under(data, card), []
        return
    places: dict[int | None, list[int]] = {}
    for place, opening in enumerate(openings):
        places.setdefault(opening if facts(data).currencies and card.fx == "constant" else None, []).append(place)
    on = _Ground(data, card, [month for month in places if month is not None])
    for month, own in places.items():
        yield _found(data, card, month, on), own


def several(data: Dataset, card: Definition, openings: Collection[int]) -> bool:
    """Whether windows that open in these months are read from more than one ledger."""
    return data not in _MADE and card.fx == "constant" and bool(facts(data).currencies) and len(set(openings)) > 1


def reported(data: Dataset, card: Definition) -> Dataset | None:
    """The same ledger at each month's own exchange rates, where the card holds those of the opening; None where nothing differs.

    What a window closes at there, less what it closes at in its own ledger, is what rates did. A ledger, asked again, has one
    set of rates alone: None.
    """
    if data in _MADE or card.fx != "constant" or not facts(data).currencies:
        return None
    return under(data, replace(card, fx="reported"))


def _itself(data: Dataset, made: Derivation, card: Definition) -> Dataset:
    """A ledger, asked again under its own card or the standard one; it can't be made into another."""
    asked = replace(_derivation(data, card, None), rates=made.rates)
    if asked in (made, replace(Derivation(), rates=made.rates)):
        return data
    raise DefinitionError("This dataset is already a ledger under another card. Ask the dataset that was read.")


def _derivation(data: Dataset, card: Definition, opening: int | None) -> Derivation:
    """What the card's ledger does otherwise than the dataset's own, in one form for all cards that mean the same."""
    known = facts(data)
    if f"grain={card.grain}" in known.missing:
        raise DefinitionError(f"grain = {card.grain!r} is not available for this dataset. {known.missing[f'grain={card.grain}']}")
    if card.revenue_types != ("recurring",) and "revenue_types" in known.missing:
        asked = " + ".join(card.revenue_types)
        raise DefinitionError(f"revenue_types = {asked} is not available for this dataset. {known.missing['revenue_types']}")
    return Derivation(
        parent=known.parent if card.grain == "parent" else "",
        items=card.grain == "subscription",
        kinds=tuple(
            code for code, kind in enumerate(REVENUE_TYPES) if kind in card.revenue_types and (not code or kind in known.revenue_types)
        ),
        rates=_rates(data, card, opening) if known.currencies else 0,
        gap=card.gap_months,
        latest=card.segment_as_of == "latest",
    )


def _rates(data: Dataset, card: Definition, opening: int | None) -> int:
    """Whose rates hold, as ``Derivation`` says it; the dataset itself is at the rates of its last month."""
    if card.fx == "reported":
        return -1
    return 0 if opening is None or opening >= data.last else max(1, opening)


@dataclass(eq=False)
class _Ground:
    """What ledgers at the rates of several openings share, made when the first of them is."""

    data: Dataset
    card: Definition
    openings: Sequence[int]

    @cached_property
    def made(self) -> Ground:
        """It itself."""
        hows = [_derivation(self.data, self.card, opening) for opening in self.openings]
        return ground(self.data, hows[0], months=[how.rates for how in hows])


@dataclass(eq=False)
class _Shelf:
    """The ledgers of one dataset that were used last; each is made once, whoever asks at the same time."""

    kept: "OrderedDict[Derivation, Dataset]" = field(default_factory=OrderedDict)
    making: dict[Derivation, threading.Lock] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def get(self, data: Dataset, how: Derivation, on: _Ground | None = None) -> Dataset:
        found = self._find(how)
        if found is not None:
            return found
        with self.guard:
            lock = self.making.setdefault(how, threading.Lock())
        with lock:
            found = self._find(how)
            if found is None:
                found = derive(data, how, on.made) if on and how.rates > 0 and len(on.openings) > 1 else derive(data, how)
                with self.guard:
                    _MADE[found] = how
                    self.kept[how] = found
                    self.making.pop(how, None)
                    self._forget()
        return found

    def _forget(self) -> None:
        """Let go of the ledgers used longest ago, beyond what may be kept."""
        while len(self.kept) > _MOST or (len(self.kept) > _KEPT and self._size() > _SMALL):
            self.kept.popitem(last=False)

    def _size(self) -> int:
        """How many positions are held; what ledgers share counts once."""
        parts = {id(part): len(part.account) for one in self.kept.values() for part in one.engine.runs}
        return sum(parts.values())

    def _find(self, how: Derivation) -> Dataset | None:
        with self.guard:
            found = self.kept.get(how)
            if found is not None:
                self.kept.move_to_end(how)
            return found


_MADE: "weakref.WeakKeyDictionary[Dataset, Derivation]" = weakref.WeakKeyDictionary()  # how each ledger was made
_SHELVES: "weakref.WeakKeyDictionary[Dataset, _Shelf]" = weakref.WeakKeyDictionary()
_SHELVING = threading.Lock()


def _shelf(data: Dataset) -> _Shelf:
    with _SHELVING:
        return _SHELVES.setdefault(data, _Shelf())
