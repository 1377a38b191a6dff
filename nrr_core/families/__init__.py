"""Families: the ways to measure retention over a window. One module a family; ``answer`` is the only way in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers
from nrr_core.errors import DefinitionError
from nrr_core.families import chained, movements, point_to_point, renewal_base, revenue_window
from nrr_core.families.answer import RATIOS, Answer, Part, divided
from nrr_core.families.courses import Courses, Months, Terms
from nrr_core.families.quotient import Mean, Quotient, Ratio, joined
from nrr_core.families.windows import averages, by_length, factors, reach, reached, told_apart, windows_of
from nrr_core.kept import kept
from nrr_core.ledgers import each, several, under
from nrr_core.measures.chosen import Chosen, Mask, choose
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window

__all__ = [
    "FAMILIES", "PARTS", "RATIOS", "TERMS", "Answer", "Courses", "Mean", "Months", "Part", "Quotient", "Ratio", "Terms", "answer",
    "averages", "by_length", "divided", "factors", "reach", "reached", "told_apart", "windows_of",
]  # fmt: skip

Labels = tuple[tuple[str, ...], ...]
Measure = Callable[[Dataset, Chosen, Definition, Sequence[Window]], Answer[Quotient]]

FAMILIES: Mapping[str, Measure] = {
    "point_to_point": point_to_point.measure,
    "movements": movements.measure,
    "chained": chained.measure,
    "averaged": point_to_point.measure,  # of which ``answer`` takes the mean
    "revenue_window": revenue_window.measure,
    "renewal_base": renewal_base.measure,
}


PARTS: Mapping[str, Callable[[Dataset, Definition, Window, Mask], list[Part]]] = {
    "point_to_point": point_to_point.parts,
    "movements": movements.parts,
    "chained": chained.parts,
    "averaged": point_to_point.parts,
    "revenue_window": revenue_window.parts,
}

TERMS: Mapping[str, Callable[[Courses, Definition, Window], Terms]] = {
    "point_to_point": point_to_point.terms,
    "movements": movements.terms,
    "chained": point_to_point.terms,  # of each month: see ``factors``
    "averaged": point_to_point.terms,
    "revenue_window": revenue_window.terms,
}


def answer(
    data: Dataset, card: Definition, asked: Sequence[Window], *, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None
) -> tuple[Answer[Ratio], Labels]:
    """Sums and ratios of windows of any lengths, in their order, under one card; and the segments of the rows below the total.

    A family that has no such amounts leaves them out.

    Raises
    ------
    DefinitionError
        The dataset lacks what the card needs.

    """
    ask = _Asking(data, card, tuple(by), dict(where or {}))
    if not averages(card):
        return ask(asked)
    if isinstance(card.window_months, str):
        raise DefinitionError("An average needs a window of a number of months, not a fiscal one. Choose 12 months, for example.")
    count, months = card.average_months, card.months
    closes = sorted({w.close - back for w in asked for back in range(count)})
    place = {close: i for i, close in enumerate(closes)}
    every, labels = ask([Window(close - months, close) for close in closes])
    places = np.array([[place[w.close - back] for back in range(count)] for w in asked], dtype=np.intp).reshape(-1, count)
    own = [place[w.close] for w in asked]
    kept: Grid = {name: every.grid[name][:, own] for name in ("opening_mrr", "opening_accounts")}
    ratios = {name: Mean(ratio, places, _weights(card, every.grid, name)) for name, ratio in every.ratios.items()}
    return Answer(kept, ratios), labels


def _weights(card: Definition, grid: Grid, ratio: str) -> Integers | None:
    """What the windows of a weighted mean weigh: their opening, in accounts for ratios of accounts."""
    if card.average != "weighted":
        return None
    return grid["opening_accounts" if ratio.startswith("logo") else "opening_mrr"]


@dataclass(frozen=True)
class _Asking:
    """One card, one filter, one choice of segments; asked for windows without an average."""

    data: Dataset
    card: Definition
    by: tuple[str, ...]
    where: Mapping[str, Sequence[str]]

    def __call__(self, asked: Sequence[Window]) -> tuple[Answer[Quotient], Labels]:
        """Windows of one length and one ledger are measured together."""
        if not asked:
            empty, labels = self._one(under(self.data, self.card), [Window(self.data.first - 1, self.data.first)])
            return _cut(empty), labels
        if several(self.data, self.card, [w.open for w in asked]):
            where = tuple(sorted((name, tuple(wanted)) for name, wanted in self.where.items()))
            return kept(self.data, ("answer", self.card, self.by, where, tuple(asked)), lambda: self._each(asked), arrays=_arrays)
        return self._each(asked)

    def _each(self, asked: Sequence[Window]) -> tuple[Answer[Quotient], Labels]:
        found: list[tuple[Answer[Quotient], Labels]] = []
        parts: list[list[int]] = []
        for ledger, own in each(self.data, self.card, [w.open for w in asked]):
            for places in by_length(asked, own):
                found.append(self._one(ledger, [asked[i] for i in places]))
                parts.append(places)
        labels = found[0][1]
        if len(found) == 1:
            return found[0][0], labels
        if any(other != labels for _, other in found):
            raise AssertionError(labels)  # ledgers of one dataset share their profiles
        return _together([part for part, _ in found], parts), labels

    def _one(self, ledger: Dataset, asked: Sequence[Window]) -> tuple[Answer[Quotient], Labels]:
        chosen = choose(ledger, by=self.by, where=self.where)
        return FAMILIES[self.card.family](ledger, chosen, self.card, asked), chosen.labels


def _together(found: Sequence[Answer[Quotient]], places: Sequence[Sequence[int]]) -> Answer[Quotient]:
    """Answers to some windows each, in the windows' order."""
    grid: Grid = {}
    for part, place in zip(found, places, strict=True):
        for name, values in part.grid.items():
            grid.setdefault(name, np.zeros((len(values), sum(map(len, places))), dtype=np.int64))[:, list(place)] = values
    return Answer(grid, {name: joined([part.ratios[name] for part in found], places) for name in found[0].ratios})


def _arrays(found: tuple[Answer[Quotient], Labels]) -> Iterator[Integers]:
    """All numbers of an answer."""
    yield from found[0].grid.values()
    for ratio in found[0].ratios.values():
        yield from (ratio.over, ratio.under)


def _cut(whole: Answer[Quotient]) -> Answer[Quotient]:
    """The same answer without windows."""
    return Answer(
        {name: values[:, :0] for name, values in whole.grid.items()},
        {name: Quotient(ratio.over[..., :0], ratio.under[..., :0]) for name, ratio in whole.ratios.items()},
    )
