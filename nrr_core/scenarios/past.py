"""What has happened of windows that close ahead, as far as a card's family asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers
from nrr_core.families import FAMILIES, Answer, Quotient, answer, averages, reach
from nrr_core.measures.chosen import Chosen, by_profile
from nrr_core.measures.grids import by_cell
from nrr_core.periods import Window
from nrr_core.rollups import running

__all__ = ["FLOWS", "Past", "first_of", "past", "plain", "since_of"]

FLOWS: Final = ("expansion_mrr", "contraction_mrr", "churn_mrr", "returned_mrr")
_REVENUES: Final = {"earlier_mrr": "earlier", "later_mrr": "later", "accounts": "accounts", "retained_accounts": "retained"}

Sums = Mapping[str, Integers]


@dataclass(frozen=True, eq=False)
class Past:
    """Exact sums up to the start; None or empty where the family does not ask.

    Attributes
    ----------
    own, others
        ``FLOWS`` from each opening to the start, segments × openings: of accounts that count at the opening, and of those that
        do not pay there.
    months
        One-month windows that close after the first opening up to the start, rows with the total first.
    revenues
        For each revenue window that begins in the data, by its open and close: what its accounts were billed up to the start in its
        first and in its second half, and how many they are and were billed in the second; by segment.
    known, closes
        Windows that have closed, for averages: what the card without its average says about them, and when they closed.

    """

    own: Sums | None = None
    others: Sums | None = None
    months: Answer[Quotient] | None = None
    revenues: Mapping[tuple[int, int], Sums] | None = None
    known: Answer[Quotient] | None = None
    closes: tuple[int, ...] = ()


def plain(card: Definition) -> Definition:
    """The card without its average."""
    return replace(card, family="point_to_point" if card.family == "averaged" else card.family, average="none")


def first_of(card: Definition, window: Window) -> int:
    """The first month that a window looks at, averages aside."""
    return window.open - reach(plain(card), window)


def since_of(card: Definition, *, first: int, start: int, horizon: int) -> int:
    """The earliest month of which windows that close ahead ask what today's accounts paid; raises DefinitionError on a fiscal window."""
    return max(first, min(first_of(card, window) for window in _windows(card, start=start, horizon=horizon)))


def past(
    source: Dataset, data: Dataset, chosen: Chosen, card: Definition, *,
    start: int, since: int, horizon: int, by: Sequence[str], where: Mapping[str, Sequence[str]],
) -> Past:  # fmt: skip
    """The past that a card asks for; averages of a dataset in several currencies rest on it as read."""
    found = Past()
    if card.family == "movements":
        found = _flows(data, chosen, card, start=start, since=since)
    if card.family == "chained" and since < start:
        monthly = replace(plain(card), family="point_to_point")
        windows = [Window(month, month + 1) for month in range(since, start)]
        found = Past(months=FAMILIES["point_to_point"](data, chosen, monthly, windows))
    if card.family == "revenue_window":
        begun = [w for w in _windows(card, start=start, horizon=horizon) if data.first <= first_of(card, w) <= start]
        found = Past(revenues={(w.open, w.close): _revenue(data, chosen, card, w, start=start) for w in begun})
    if not averages(card):
        return found
    closed = [start - back for back in range(card.average_months - 1) if first_of(card, _ending(card, start - back)) >= data.first]
    known, _ = answer(source, plain(card), [_ending(card, close) for close in closed], by=by, where=where)
    return replace(found, known=Answer(known.grid, {name: _quotient(ratio) for name, ratio in known.ratios.items()}), closes=tuple(closed))


def _quotient(ratio: object) -> Quotient:
    if not isinstance(ratio, Quotient):
        raise TypeError(ratio)  # a card without an average gives quotients
    return ratio


def _ending(card: Definition, close: int) -> Window:
    return Window(close - card.months, close)


def _windows(card: Definition, *, start: int, horizon: int) -> list[Window]:
    """The card's windows that close ahead, and those that open at the start."""
    ahead = range(start + 1, start + horizon + 1)
    return [_ending(card, close) for close in ahead] + [Window(start, close) for close in ahead]


def _flows(data: Dataset, chosen: Chosen, card: Definition, *, start: int, since: int) -> Past:
    inputs = {"chosen": by_profile(data, chosen)}
    months = {"start": start, "since": since}
    counting = {"floor": card.min_opening_mrr, "settled": int(card.segment_as_of == "close")}

    def stepped(name: str, parameters: Mapping[str, int]) -> Sums:
        rows = data.engine.query(name, inputs=inputs, parameters=parameters)
        place, size = rows["segment"].astype(np.int64), len(chosen.labels)
        return {flow: running(rows, flow, place=place, size=size, first=since, last=start)[:, 1:] for flow in FLOWS}

    others = stepped("passing_so_far", months) if card.population == "all" or card.returns == "all" else None
    return Past(own=stepped("flows_so_far", months | counting), others=others)


def _revenue(data: Dataset, chosen: Chosen, card: Definition, window: Window, *, start: int) -> Sums:
    """One revenue window as far as it lies in the data."""
    asked = {
        "first": first_of(card, window), "middle": min(window.open, start) + 1, "until": start + 1, "floor": card.min_opening_mrr,
    }  # fmt: skip
    rows = by_cell(data, chosen, "window_revenue_totals", asked)
    inside = rows["segment"] >= 0
    found = {}
    for name, short in _REVENUES.items():
        found[short] = np.zeros(len(chosen.labels), dtype=np.int64)
        np.add.at(found[short], rows["segment"][inside].astype(np.int64), rows[name][inside].astype(np.int64))
    return found
