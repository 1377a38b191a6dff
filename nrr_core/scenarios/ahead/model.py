"""Sums ahead: one book under one pace, multiplied and added exactly; what was made once is kept."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from nrr_core.definition import Definition
from nrr_core.engine import Integers
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window
from nrr_core.scenarios.book import Book
from nrr_core.scenarios.decisions import Path, take_out
from nrr_core.scenarios.exact import exact_sums
from nrr_core.scenarios.pace import Factors, Flows, Pace, factors, flows

__all__ = ["COUNT", "Course", "Model", "Spans", "totalled"]

COUNT: Final = 1_000_000  # parts of an account: expected counts are no whole numbers

Floats = npt.NDArray[np.float64]
_FACTORS: Final = {"closing_mrr": "closing", "paired_mrr": "paired", "kept_mrr": "kept", "retained_accounts": "logos"}


class Spans:
    """Windows by the months from the start to their opening (0 or less: in the data) and to their close."""

    def __init__(self, windows: Sequence[Window], *, start: int, since: int) -> None:
        self.opened = np.array([w.open - start for w in windows], dtype=np.int64)
        self.closed = np.array([w.close - start for w in windows], dtype=np.int64)
        self.column = np.clip(self.opened, since - start, 0) - (since - start)  # of the openings that a book has
        self.ahead = np.flatnonzero(self.opened > 0)
        self.key = (tuple(self.opened.tolist()), tuple(self.closed.tolist()))

    def __iter__(self) -> Iterator[tuple[int, int, int, int]]:
        """Place, months to the opening and to the close, and the book's column of the opening."""
        return zip(range(len(self.opened)), self.opened.tolist(), self.closed.tolist(), self.column.tolist(), strict=True)


@dataclass(frozen=True, eq=False)
class Course:
    """One outcome of a decided account: its probability, what it pays month by month, and its movements added up until then."""

    chance: float
    mrr: Integers

    @cached_property
    def churn(self) -> Integers:
        """What it left with."""
        return _added(np.where(self.mrr[1:] == 0, self.mrr[:-1], 0))

    @cached_property
    def contraction(self) -> Integers:
        """What it gave up while it stayed."""
        return _added(np.where(self.mrr[1:] > 0, np.maximum(self.mrr[:-1] - self.mrr[1:], 0), 0))

    @cached_property
    def returned(self) -> Integers:
        """What it came back with."""
        return _added(np.where(self.mrr[:-1] == 0, self.mrr[1:], 0))


def _added(monthly: Integers) -> Integers:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(monthly)])


class Model:
    """One book under one pace, with the accounts that were decided about on paths of their own."""

    def __init__(self, book: Book, pace: Pace, paths: Sequence[Path] = ()) -> None:
        self.book = take_out(book, paths)
        self.pace = pace
        self.paths = [(path, [Course(*one) for one in path.courses(pace, start=book.start)]) for path in paths]
        self.horizon = pace.stay.shape[1]
        self._factors: dict[int, Factors] = {}
        self._flows: dict[int, Flows] = {}
        self._sums: dict[tuple[object, ...], Integers] = {}
        rows = book.standing.segment
        self._present = np.unique(rows)
        self._starts = [int(i) for i in np.searchsorted(rows, self._present)]

    def under(self, card: Definition) -> Self:
        """The same sums read by a card that differs in its family, population, returns or average alone."""
        made = copy(self)
        made.book = replace(self.book, card=card)
        return made

    def spans(self, windows: Sequence[Window]) -> Spans:
        """Windows as months from the start."""
        return Spans(windows, start=self.book.start, since=self.book.since)

    def of(self, opened: int) -> Factors:
        """What is left of one unit from an opening."""
        if opened not in self._factors:
            self._factors[opened] = factors(self.pace, opened=opened)
        return self._factors[opened]

    def flows(self, opened: int) -> Flows:
        """The movements of one unit from an opening."""
        if opened not in self._flows:
            self._flows[opened] = flows(self.pace, opened=opened)
        return self._flows[opened]

    def summed(self, values: Integers, left: Floats) -> Integers:
        """Rows × columns of whole numbers times factors, added up by segment."""
        sums = np.zeros((len(self.book.labels), values.shape[1]), dtype=np.int64)
        if len(values):
            sums[self._present] = exact_sums(values, left, self._starts)
        return sums

    def own(self, name: str, spans: Spans) -> Integers:
        """A measure at each close, of the accounts that count at the opening: segments × windows."""
        key = (name, *spans.key)
        if key not in self._sums:
            self._sums[key] = self.summed(*self._cells(name, spans))
        return self._sums[key].copy()

    def today(self, months: Integers) -> Integers:
        """What the accounts that pay at the start pay some months later: segments × months."""
        held, zero = self.book.standing, np.zeros_like(months)
        key = ("closing_mrr", tuple(zero.tolist()), tuple(months.tolist()))
        if key not in self._sums or self.book.card.min_opening_mrr:
            return self.summed(np.repeat(held.today[:, None], len(months), axis=1), self.of(0).closing[held.group][:, months])
        return self._sums[key].copy()

    def openings(self, spans: Spans) -> dict[str, Integers]:
        """What was, or will be, paid at each opening by all accounts that count there, decided ones apart where it lies ahead."""
        book, ahead = self.book, spans.ahead
        mrr, accounts = book.opening_mrr[:, spans.column], book.opening_accounts[:, spans.column] * COUNT
        for name, target in (("closing_mrr", mrr), ("retained_accounts", accounts)) if len(ahead) else ():
            cells = np.repeat(self.last(name)[:, None], len(ahead), axis=1)
            left = getattr(self.of(0), _FACTORS[name])
            target[:, ahead] = self.summed(cells, left[book.standing.group][:, spans.opened[ahead]])
        return {"opening_mrr": mrr, "opening_accounts": accounts}

    def last(self, name: str) -> Integers:
        """A measure of today's accounts that count at the start, row by row."""
        values = self.book.standing.own[name][:, -1]
        return values * COUNT if name == "retained_accounts" else values

    def _cells(self, name: str, spans: Spans) -> tuple[Integers, Floats]:
        """A measure of each row of the book at each opening, and what is left of it at the close."""
        held, group = self.book.standing, self.book.standing.group
        logos = name == "retained_accounts"
        values = np.empty((len(group), len(spans.opened)), dtype=np.int64)
        left = np.empty(values.shape)
        for place, opened, closed, column in spans:
            if opened <= 0:
                values[:, place] = held.own[name][:, column] * (COUNT if logos else 1)
                left[:, place] = getattr(self.of(0), _FACTORS[name])[group, closed]
            else:
                reached = self.of(0).logos if logos else self.of(0).closing
                values[:, place] = self.last("retained_accounts" if logos else "closing_mrr")
                left[:, place] = reached[group, opened] * getattr(self.of(opened), _FACTORS[name])[group, closed - opened]
        return values, left


def totalled(grid: Grid) -> Grid:
    """Measures by segment with the total as first row."""
    return {name: np.concatenate([values.sum(axis=0, keepdims=True), values]) for name, values in grid.items()}
