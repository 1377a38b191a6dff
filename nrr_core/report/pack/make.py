"""From a dataset to a pack's bytes: facts, then pages, then one of the forms."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError, nearest
from nrr_core.formats import plain_text
from nrr_core.report.pack import board_pages, coming_pages, plan_pages, retention_pages, segment_pages, target_pages  # noqa: F401 - they register their pages
from nrr_core.report.pack.book import workbook
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.facts import Facts
from nrr_core.report.pack.page import Page
from nrr_core.report.pack.registry import PageKind, chosen, kinds
from nrr_core.report.pack.rows import table
from nrr_core.report.pack.sheets import made_sheets
from nrr_core.report.pack.slides import deck
from nrr_core.report.pack.targets import checked_targets
from nrr_core.selection import Filter
from nrr_core.stamp import Stamp

__all__ = ["FORMS", "build", "facts_of", "footer_text", "made_pages", "pages"]

FORMS = ("pptx", "xlsx", "csv")
_FACTORS = (1, 12)
_MOST_FILTERS = 90  # characters in a footer; the stamp's page and the notes have more


def pages(pack: str) -> tuple[PageKind, ...]:
    """The pages of a pack in their order: name, title, what each holds, what it needs, whether it is always there.

    Raises
    ------
    SelectionError
        An unknown pack.

    """
    return kinds(pack)


def build(
    data: Dataset,
    *,
    pack: str = "qbr",
    form: str = "pptx",
    window: int | str = 12,
    close: str | None = None,
    where: Filter = None,
    by: str | None = None,
    card: Definition = STANDARD,
    projection: Any = None,
    runway: pd.DataFrame | None = None,
    simulation: Any = None,
    targets: Mapping[str, float] | None = None,
    brand: Brand | None = None,
    pages: Sequence[str] | None = None,
    factor: int = 1,
) -> bytes:
    """A pack to take into the room.

    Parameters
    ----------
    data, window, where, card
        As in ``retention``.
    pack
        ``qbr``, ``okr`` or ``board``.
    form
        ``pptx`` (slides with editable charts), ``xlsx`` (figures with live formulas) or ``csv`` (every figure, one a line).
    close
        ``YYYY-MM``; default: the newest close whose month is over.
    by
        The dimension of the segments; default: the first with 2 to 12 segments.
    projection, runway, simulation
        Answers of the scenario model; pages about them are left out where they are None.
    targets
        Target ratios by metric: ``{"nrr": 1.05, "churn_rate": 0.08}``.
    brand
        Colour, logo and name.
    pages
        Names of pages in the order wanted (``pages(pack)`` lists them); the stamp is always there.
    factor
        1 shows MRR, 12 ARR.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    SelectionError, DefinitionError
        An unknown pack, form, page, dimension, segment, window, close or target; a page whose input was not given.

    """
    if form not in FORMS:
        raise SelectionError(f"“{form}” is not a form: {', '.join(FORMS)}.{nearest(form, FORMS)}")
    facts = facts_of(
        data, pack=pack, window=window, close=close, where=where, by=by, card=card, projection=projection, runway=runway,
        simulation=simulation, targets=targets, brand=brand, factor=factor,
    )  # fmt: skip
    made = chosen(facts, pages)
    if form == "xlsx":
        names = list(dict.fromkeys(sheet for kind, _ in made for sheet in kind.sheets))
        return workbook(made_sheets(facts, names))
    if form == "csv":
        return table([page for _, page in made], facts.stamp)
    return deck([page for _, page in made], brand=facts.brand, footer=footer_text(facts.stamp), stamp=facts.stamp.lines())


def facts_of(
    data: Dataset,
    *,
    pack: str = "qbr",
    close: str | None = None,
    targets: Mapping[str, float] | None = None,
    brand: Brand | None = None,
    factor: int = 1,
    **given: Any,
) -> Facts:
    """The facts of a pack, from the arguments of ``build``."""
    kinds(pack)
    if factor not in _FACTORS:
        raise SelectionError(f"factor is {factor!r}: 1 shows MRR, 12 ARR.")
    given["card"] = given.get("card", STANDARD)
    given["card"].require_nrr()
    return Facts(data, pack=pack, close_asked=close, targets=checked_targets(targets), brand=brand or Brand(), factor=factor, **given)


def made_pages(facts: Facts, pages: Sequence[str] | None = None) -> list[Page]:
    """The pages themselves, for who shows them elsewhere."""
    return [page for _, page in chosen(facts, pages)]


def footer_text(stamp: Stamp) -> str:
    """The stamp in one or two lines."""
    parts = (
        f"{stamp.definition} {stamp.definition_hash}",
        f"{plain_text(stamp.dataset, limit=40)} {stamp.dataset_hash[:12]}",
        f"as of {stamp.as_of}" + (" (partial)" if stamp.partial else ""),
        f"filters: {plain_text(stamp.filters, limit=_MOST_FILTERS) or 'none'}",
        f"version {stamp.app_version}",
    )
    return " · ".join(parts)
