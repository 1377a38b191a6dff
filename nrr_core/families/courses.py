"""Courses: what every account pays at the ends of months, as arrays, for questions about accounts one by one.

The statements of ``measure`` add accounts up; here they stay apart, so that they can be drawn again or left out. Each family's
``terms`` says what an account adds to the sums of its ratio; added up, they are the sums of ``measure``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.engine import Integers, Table
from nrr_core.measures.chosen import Chosen, Mask, segment_of_profiles

__all__ = ["Courses", "Months", "Terms"]

_FEW = 2  # months that are read one by one
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

    def __init__(self, data: Dataset, chosen: Chosen) -> None:
        self._data = data
        self._segment = segment_of_profiles(data, chosen).astype(np.int32)
        self._asked = 0
        self._runs: Table | None = None
        self._mrr: dict[int, Integers] = {}
        self._at: dict[tuple[int, bool], Codes] = {}
        self._first: dict[int, tuple[npt.NDArray[Any], Codes]] = {}  # account, first paid month

    @cached_property
    def size(self) -> int:
        """One more than the highest account number."""
        return int(np.ma.filled(self._data.engine.query("numbered")["account"], -1).max()) + 1

    def mrr(self, month: int, accounts: Integers | None = None) -> Integers:
        """What accounts pay at the end of a month; without a choice, all by number."""
        self._read(month)
        return _taken(self._mrr[month], accounts, 0)

    def segment(self, month: int, accounts: Integers | None = None, *, settled: bool = False) -> Codes:
        """The chosen segment of accounts at the end of a month, −1 for none; ``settled``: or the last one before."""
        self._read(month, settled=settled)
        return _taken(self._at[month, settled], accounts, -1)

    def first_paid(self, month: int, accounts: Integers | None = None) -> Codes:
        """First paid month of accounts that pay at the end of a month, 0 for the others."""
        self._read(month)
        return _taken(_spread(*self._first[month], 0, self.size), accounts, 0)

    def members(self, months: Iterable[int], *, settled: Iterable[int] = ()) -> dict[int, Integers]:
        """By segment, the accounts that it has in one of the months, in the order of their numbers."""
        wanted = [*((month, False) for month in months), *((month, True) for month in settled)]
        for month, as_settled in wanted:
            self._read(month, settled=as_settled)
        inside = [np.flatnonzero(self._at[at] >= 0) for at in wanted]
        keys = np.sort(
            np.concatenate([self._at[at][some].astype(np.int64) * self.size + some for at, some in zip(wanted, inside, strict=True)])
        )
        keys = keys[np.diff(keys, prepend=-1) > 0]
        segment, account = np.divmod(keys, max(self.size, 1))
        starts = np.flatnonzero(np.diff(segment, prepend=-1))
        return dict(zip(segment[starts].tolist(), np.split(account, starts[1:]), strict=True)) if len(keys) else {}

    def forget(self, *, before: int) -> None:
        """Let go of the months before one."""
        self._mrr = {month: one for month, one in self._mrr.items() if month >= before}
        self._first = {month: one for month, one in self._first.items() if month >= before}
        self._at = {at: one for at, one in self._at.items() if at[0] >= before}

    def _paying(self, month: int) -> Table:
        """The accounts that pay at the end of a month; from the third month on out of all runs, read once."""
        self._asked += 1
        if self._runs is None and self._asked > _FEW:
            self._runs = self._data.engine.query("courses")
        if self._runs is None:
            return self._data.engine.query("paying", parameters={"month": month})
        at = np.flatnonzero((self._runs["f"] <= month) & (self._runs["t"] > month))
        return {name: self._runs[name][at] for name in ("account", "profile", "mrr", "first_paid")}

    def _read(self, month: int, *, settled: bool = False) -> None:
        if (month, settled) in self._at:
            return
        rows = self._data.engine.query("settled", parameters={"month": month}) if settled else self._paying(month)
        account = rows["account"]
        profile = rows["last_run"].astype(np.int64) % (1 << 32) if settled else rows["profile"]
        self._at[month, settled] = _spread(account, self._segment[profile], -1, self.size)
        if not settled:
            self._mrr[month] = _spread(account, rows["mrr"].astype(np.int64), 0, self.size)
            self._first[month] = account, rows["first_paid"]


def _spread(account: npt.NDArray[Any], values: npt.NDArray[Kind], missing: int, size: int) -> npt.NDArray[Kind]:
    """Values by account number."""
    spread = np.full(size, missing, dtype=values.dtype)
    spread[account] = values
    return spread


def _taken(values: npt.NDArray[Kind], accounts: Integers | None, missing: int) -> npt.NDArray[Kind]:
    """Values of accounts in order, ``missing`` of those beyond the last."""
    if accounts is None:
        return values
    within = int(np.searchsorted(accounts, len(values)))
    taken = np.full(len(accounts), missing, dtype=values.dtype)
    taken[:within] = values[accounts[:within]]
    return taken


@dataclass(frozen=True, eq=False)
class Courses:
    """Some accounts of a ledger, or all of them, for one segment or, as segment −1, for all that are chosen."""

    months: Months
    accounts: Integers | None = None
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
