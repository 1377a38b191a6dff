"""Courses: what every account pays at the ends of months, as arrays, for questions about accounts one by one.

The statements of ``measure`` add accounts up; here they stay apart, so that they can be drawn again or left out. Each family's
``terms`` says what an account adds to the sums of its ratio; added up, they are the sums of ``measure``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.measures import Chosen, Integers, Mask, by_profile

__all__ = ["Courses", "Months", "Terms"]

Codes = npt.NDArray[np.int32]
Kind = TypeVar("Kind", np.int64, np.int32)


@dataclass(frozen=True, eq=False)
class Terms:
    """What each account adds to the sums of one factor of a ratio; arrays of one length, money in ten-thousandths.

    ``opens`` are the opening accounts, ``stays`` those of them that are retained. NRR is Σ closing ÷ Σ opening, GRR Σ kept ÷ Σ opening,
    logo retention Σ stays ÷ Σ opens.
    """

    opening: Integers
    closing: Integers
    kept: Integers
    opens: Mask
    stays: Mask


class Months:
    """The accounts of one ledger at the ends of months, with the chosen segment of each; a month is read when it is first asked for."""

    def __init__(self, data: Dataset, chosen: Chosen, *, numbers: Integers | None = None) -> None:
        """``numbers`` are other numbers for the ledger's accounts, where several ledgers number them differently."""
        self._data, self._numbers = data, numbers
        table = by_profile(data, chosen)
        self._segment = np.full(len(data.cells), -1, dtype=np.int32)
        self._segment[table["profile"]] = table["segment"]
        self._mrr: dict[int, Integers] = {}
        self._at: dict[tuple[int, bool], Codes] = {}
        self._first: dict[int, tuple[npt.NDArray[Any], Codes]] = {}  # account, first paid month

    def mrr(self, month: int, accounts: Integers) -> Integers:
        """What accounts pay at the end of a month."""
        self._read(month)
        return _taken(self._mrr[month], accounts, 0)

    def segment(self, month: int, accounts: Integers, *, settled: bool = False) -> Codes:
        """The chosen segment of accounts at the end of a month, −1 for none; ``settled``: or the last one before."""
        self._read(month, settled=settled)
        return _taken(self._at[month, settled], accounts, -1)

    def first_paid(self, month: int, accounts: Integers) -> Codes:
        """First paid month of accounts that pay at the end of a month, 0 for the others."""
        self._read(month)
        return _taken(_spread(*self._first[month], 0), accounts, 0)

    def members(self, months: Iterable[int], *, settled: Iterable[int] = (), each: bool) -> dict[int, Integers]:
        """The accounts, in order, that have a chosen segment in one of the months; by segment if ``each``, else all as segment −1."""
        wanted = [*((month, False) for month in months), *((month, True) for month in settled)]
        for month, as_settled in wanted:
            self._read(month, settled=as_settled)
        size = max(len(self._at[at]) for at in wanted)
        if not each:
            known = np.zeros(size, dtype=bool)
            for at in wanted:
                known[: len(self._at[at])] |= self._at[at] >= 0
            return {-1: np.flatnonzero(known)}
        keys = [self._at[at][inside].astype(np.int64) * size + inside for at in wanted for inside in [np.flatnonzero(self._at[at] >= 0)]]
        segment, account = np.divmod(np.unique(np.concatenate(keys)), max(size, 1))
        found, starts = np.unique(segment, return_index=True)
        return dict(zip(found.tolist(), np.split(account, starts[1:]), strict=True)) if len(found) else {}

    def forget(self, *, before: int) -> None:
        """Let go of the months before one."""
        self._mrr = {month: one for month, one in self._mrr.items() if month >= before}
        self._first = {month: one for month, one in self._first.items() if month >= before}
        self._at = {at: one for at, one in self._at.items() if at[0] >= before}

    def _read(self, month: int, *, settled: bool = False) -> None:
        if (month, settled) in self._at:
            return
        rows = self._data.engine.query("settled" if settled else "paying", parameters={"month": month})
        account = rows["account"] if self._numbers is None else self._numbers[rows["account"]]
        profile = rows["last_run"].astype(np.int64) % (1 << 32) if settled else rows["profile"]
        self._at[month, settled] = _spread(account, self._segment[profile], -1)
        if not settled:
            self._mrr[month] = _spread(account, rows["mrr"].astype(np.int64), 0)
            self._first[month] = account, rows["first_paid"]


def _spread(account: npt.NDArray[Any], values: npt.NDArray[Kind], missing: int) -> npt.NDArray[Kind]:
    """Values by account number."""
    spread = np.full(int(account.max(initial=-1)) + 1, missing, dtype=values.dtype)
    spread[account] = values
    return spread


def _taken(values: npt.NDArray[Kind], accounts: Integers, missing: int) -> npt.NDArray[Kind]:
    """Values of accounts in order, ``missing`` of those beyond the last."""
    within = int(np.searchsorted(accounts, len(values)))
    taken = np.full(len(accounts), missing, dtype=values.dtype)
    taken[:within] = values[accounts[:within]]
    return taken


@dataclass(frozen=True, eq=False)
class Courses:
    """Some accounts of a ledger, for one segment or, as segment −1, for all that are chosen."""

    months: Months
    accounts: Integers
    segment: int = -1

    def paid(self, month: int) -> Integers:
        """What each pays at the end of the month."""
        return self.months.mrr(month, self.accounts)

    def chosen(self, month: int, *, settled: bool = False) -> Mask:
        """Which of them are in the segment at the end of the month; ``settled``: then, or when they last were in any."""
        own = self.months.segment(month, self.accounts, settled=settled)
        return own >= 0 if self.segment < 0 else own == self.segment

    def first_paid(self, month: int) -> Codes:
        """First paid month of those that pay at the end of the month, 0 for the others."""
        return self.months.first_paid(month, self.accounts)
