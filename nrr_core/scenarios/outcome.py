"""From a book and a pace to measures: what every window that closes in a projected month will hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.book import MEASURES, Book
from nrr_core.scenarios.decisions import Path, take_out
from nrr_core.scenarios.exact import exact_sums
from nrr_core.scenarios.pace import Factors, Pace, factors

__all__ = ["COUNT", "Outcome", "ending", "outcome"]

COUNT = 1_000_000  # parts of an account: expected counts are no whole numbers

Integers = npt.NDArray[np.int64]
_FACTORS = {"closing_mrr": "closing", "paired_mrr": "paired", "kept_mrr": "kept", "retained_accounts": "logos"}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Measures by segment (row 0 the total) and projected month, money in ten-thousandths, accounts in millionths.

    ``trailing``: the card's window that closes in the month; ``known`` says whether the data reaches back to its opening.
    ``period``: the window that opens at the start and closes in the month.
    """

    trailing: Mapping[str, Integers]
    period: Mapping[str, Integers]
    known: npt.NDArray[np.bool_]


def outcome(book: Book, pace: Pace, paths: Sequence[Path] = ()) -> Outcome:
    """Measures under a pace, with the accounts that were decided about on paths of their own."""
    horizon, length = pace.stay.shape[1], book.card.months
    held = take_out(book, paths) if paths else book
    opened = np.arange(1, horizon + 1) - length  # months from the start to each window's opening, 0 or less = in the data
    made, months = _Made(held, pace, paths), np.arange(1, horizon + 1)
    period = made.windows(np.zeros(horizon, dtype=np.int64), months)
    known = opened + book.start >= book.data.first
    return Outcome(made.windows(np.where(known, opened, 0), months), period, known)


def ending(book: Book, pace: Pace, paths: Sequence[Path] = (), *, month: int) -> dict[str, Integers]:
    """The period's measures at the close of one projected month alone: segments × 1, the same numbers as ``outcome``."""
    made = _Made(take_out(book, paths) if paths else book, pace, paths)
    return made.windows(np.zeros(1, dtype=np.int64), np.array([month]))


class _Made:
    """Windows of one book under one pace; factors are made once for each opening."""

    def __init__(self, book: Book, pace: Pace, paths: Sequence[Path]) -> None:
        self._book, self._pace, self._paths = book, pace, paths
        self._factors: dict[int, Factors] = {}
        self._starts = [int(i) for i in np.searchsorted(book.segment, np.unique(book.segment))]
        self._present = np.unique(book.segment)

    def windows(self, opened: Integers, months: Integers) -> dict[str, Integers]:
        """Windows by the months from the start to their opening and to their close."""
        openings = self._openings(opened)
        sums = {name: self._summed(*self._cells(name, opened, months)) for name in MEASURES}
        grid = openings | sums
        for path in self._paths:
            self._add(grid, path, opened, months)
        return {name: np.concatenate([values.sum(axis=0, keepdims=True), values]) for name, values in grid.items()}

    def _of(self, opened: int) -> Factors:
        if opened not in self._factors:
            self._factors[opened] = factors(self._pace, opened=opened)
        return self._factors[opened]

    def _openings(self, opened: Integers) -> dict[str, Integers]:
        """What was, or will be, paid at each opening by all accounts of the window."""
        book = self._book
        column = np.clip(opened, book.since - book.start, 0) - (book.since - book.start)
        mrr, accounts = book.opening_mrr[:, column], book.opening_accounts[:, column] * COUNT
        ahead = np.flatnonzero(opened > 0)
        if len(ahead):
            today = self._of(0)
            mrr, accounts = mrr.copy(), accounts.copy()
            for name, values, target in (("closing_mrr", today.closing, mrr), ("retained_accounts", today.logos, accounts)):
                cells = np.repeat(self._last(name)[:, None], len(ahead), axis=1)
                target[:, ahead] = self._summed(cells, values[book.group][:, opened[ahead]])
        return {"opening_mrr": mrr, "opening_accounts": accounts}

    def _last(self, name: str) -> Integers:
        """A measure of today's accounts at the start."""
        values = self._book.standing[name][:, -1]
        return values * COUNT if name == "retained_accounts" else values

    def _cells(self, name: str, opened: Integers, months: Integers) -> tuple[Integers, npt.NDArray[np.float64]]:
        """A measure of each row of the book at each opening, and what is left of it at the close."""
        book, group = self._book, self._book.group
        values = np.empty((len(group), len(opened)), dtype=np.int64)
        left = np.empty(values.shape)
        for column, (ahead, month) in enumerate(zip(opened.tolist(), months.tolist(), strict=True)):
            if ahead <= 0:
                at = max(ahead + book.start, book.since) - book.since
                values[:, column] = book.standing[name][:, at] * (COUNT if name == "retained_accounts" else 1)
                left[:, column] = getattr(self._of(0), _FACTORS[name])[group, month]
            else:
                reached = self._of(0).logos if name == "retained_accounts" else self._of(0).closing
                values[:, column] = self._last("retained_accounts" if name == "retained_accounts" else "closing_mrr")
                left[:, column] = reached[group, ahead] * getattr(self._of(ahead), _FACTORS[name])[group, month - ahead]
        return values, left

    def _summed(self, values: Integers, left: npt.NDArray[np.float64]) -> Integers:
        sums = np.zeros((len(self._book.labels), values.shape[1]), dtype=np.int64)
        if len(values):
            sums[self._present] = exact_sums(values, left, self._starts)
        return sums

    def _add(self, grid: dict[str, Integers], path: Path, opened: Integers, months: Integers) -> None:
        """One account's windows, each outcome by its probability; rounded once."""
        book = self._book
        courses = path.courses(self._pace, start=book.start)
        for column, (ahead, month) in enumerate(zip(opened.tolist(), months.tolist(), strict=True)):
            at = min(max(ahead + book.start, book.since), book.start) - book.since
            segment = int(path.segment[at])
            if segment < 0:
                continue
            found = dict.fromkeys((*MEASURES, "opening_mrr", "opening_accounts"), 0.0)
            for chance, course in courses:
                opening, closing = int(path.paid[at]) if ahead <= 0 else int(course[ahead]), int(course[month])
                if not opening:
                    continue
                if ahead > 0:
                    found["opening_mrr"] += chance * opening
                    found["opening_accounts"] += chance * COUNT
                found["closing_mrr"] += chance * closing
                found["kept_mrr"] += chance * min(opening, closing)
                if closing:
                    found["paired_mrr"] += chance * opening
                    found["retained_accounts"] += chance * COUNT
            for name, amount in found.items():
                grid[name][segment, column] += round(amount)
