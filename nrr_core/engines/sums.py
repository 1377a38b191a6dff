"""Lines added up: runs of accounts, where several lines may be alive at a time, as ``months.sql`` and ``spans.sql`` say."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers, Runs
from nrr_core.engines.lines import Lines, Whole, spelled
from nrr_core.engines.runs import changed, pieces
from nrr_core.rollups import added

__all__ = ["Layout", "layout"]

_AT_A_TIME = 8_000_000  # months of accounts that are looked at together: about 100 MB
_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How lines add up, whatever their amounts are: which stand alone, and what the others have to be added to.

    ``alone`` are lines of accounts of which never two are alive at a time; ``crowds`` are all others.
    """

    alone: npt.NDArray[np.intp]
    crowds: tuple["_Crowd", ...]

    def runs(self, lines: Lines) -> tuple[Runs, ...]:
        """Runs of the lines, in parts of other accounts each. Equal neighbours are not joined."""
        alone = lines.at(self.alone)
        if not (alone.amount > 0).all():
            alone = alone.at(alone.amount > 0)
        single = pieces(alone.account, alone.profile, alone.f, alone.t, alone.amount)
        return (single, *(crowd.runs(lines) for crowd in self.crowds))


@dataclass(frozen=True, slots=True, eq=False)
class _Crowd:
    """Stretches of months in which the same lines are alive: ``cell`` is the stretch of each ``row``, the place of a line."""

    row: npt.NDArray[np.intp]
    cell: Integers
    account: Whole
    f: Integers
    t: Integers

    def runs(self, lines: Lines) -> Runs:
        """Sums above 0, with the attributes of the largest line."""
        amount, profile = lines.amount[self.row], lines.profile[self.row]
        sums = _sums(amount, self.cell, size=len(self.f))
        own = np.zeros(len(self.f), dtype=np.int32)
        own[self.cell] = profile
        _settle(own, self.cell, amount, profile, lines.line[self.row])
        paid = sums > 0
        return pieces(self.account[paid], own[paid], self.f[paid], self.t[paid], sums[paid])


def layout(lines: Lines) -> Layout:
    """How these lines add up: those of accounts of which two are alive at a time are added, the others stand as they are."""
    crowded = np.zeros(int(lines.account.max(initial=-1)) + 1, dtype=np.bool_)
    crowded[lines.account[1:][(lines.account[1:] == lines.account[:-1]) & (lines.f[1:] < lines.t[:-1])]] = True
    shared = crowded[lines.account]
    return Layout(np.flatnonzero(~shared), tuple(_crowds(lines, np.flatnonzero(shared))))


def _crowds(lines: Lines, places: npt.NDArray[np.intp]) -> Iterator[_Crowd]:
    """The crowded accounts, some at a time."""
    if not len(places):
        return
    account, f, t = lines.account[places], lines.f[places], lines.t[places]
    first, width = int(f.min()), int(t.max() - f.min()) + 1  # the last month is empty, so that accounts are apart
    begins = changed(account)
    borders = np.flatnonzero(begins)[:: max(1, _AT_A_TIME // width)]
    for start, until in zip(borders, [*borders[1:], len(places)], strict=True):
        some = slice(start, until)
        month = (np.cumsum(begins[some], dtype=np.int64) - 1) * width - first
        yield _crowd(places[some], account[some][begins[some]], month + f[some], month + t[some], (first, width))


def _crowd(row: npt.NDArray[np.intp], accounts: Whole, f: Integers, t: Integers, span: tuple[int, int]) -> _Crowd:
    """Stretches of lines whose months are numbered through all accounts, so many months each from the first one on."""
    first, width = span
    cuts = np.zeros(len(accounts) * width, dtype=np.bool_)
    cuts[f] = cuts[t] = True
    starts = np.flatnonzero(cuts)
    number = np.cumsum(cuts, dtype=np.int32) - 1
    repeated, cell = spelled(number[t] - number[f], number[f].astype(np.int64))
    month, length = starts % width + first, np.diff(starts, append=len(cuts))
    return _Crowd(row[repeated], cell, accounts[starts // width], month, month + length)


def _settle(own: Whole, cell: Integers, amount: Integers, profile: Whole, line: Integers) -> None:
    """Where lines of one cell disagree, the largest one decides, the first among equals."""
    disputed = np.zeros(len(own), dtype=np.bool_)
    disputed[cell[own[cell] != profile]] = True
    among = np.flatnonzero(disputed[cell])
    if not len(among):
        return
    largest = np.full(len(own), np.iinfo(np.int64).min)
    np.maximum.at(largest, cell[among], amount[among])
    among = among[amount[among] == largest[cell[among]]]
    earliest = np.full(len(own), np.iinfo(np.int64).max)
    np.minimum.at(earliest, cell[among], line[among])
    among = among[line[among] == earliest[cell[among]]]
    own[cell[among]] = profile[among]


def _sums(amount: Integers, cell: Integers, *, size: int) -> Integers:
    """Sums by cell; raises OverflowError where one is beyond 64 bits."""
    if len(amount) and max(int(amount.max()), -int(amount.min())) * len(amount) >= _LARGEST:
        rough = np.bincount(cell, weights=amount, minlength=size)
        if float(np.abs(rough).max()) >= _LARGEST * 0.999:
            raise OverflowError("The amounts of an account are too large to be added.")
    return added(amount, cell, size=size)
