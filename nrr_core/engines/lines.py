"""Lines in memory: converted exactly, and added where lines of one account are alive together, as ``months.sql`` says."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nrr_core.engine import Runs
from nrr_core.engines.runs import changed, column, in_order, pieces, together
from nrr_core.rollups import added
from nrr_core.schema import RATE_UNIT, REVENUE_TYPES

__all__ = ["Lines", "converted", "lines_of", "spelled", "summed"]

Integers = npt.NDArray[np.int64]
Whole = npt.NDArray[np.integer[Any]]
_AT_A_TIME = 4_000_000  # months of lines and of accounts that are spelled out together: about 150 MB
_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines by account and first month; those of one account and month add up, and the largest decides the attributes.

    ``line`` is their order among equals; ``t`` is exclusive. ``item`` and ``currency`` are there as long as they matter.
    """

    line: Integers
    account: Whole
    profile: Whole
    f: Whole
    t: Whole
    amount: Integers
    item: Whole | None = None
    currency: Whole | None = None

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Lines":
        """Some of them, in their order."""
        columns = (getattr(self, field.name) for field in fields(self))
        return Lines(*(None if values is None else values[places] for values in columns))


def lines_of(table: pa.Table, kinds: tuple[int, ...]) -> Lines:
    """The strands of the revenue types that count."""
    counted = np.zeros(len(REVENUE_TYPES), dtype=np.bool_)
    counted[list(kinds)] = True
    counts = counted[column(table, "kind")]
    found = Lines(*(column(table, field.name) for field in fields(Lines)))
    found = found if counts.all() else found.at(counts)
    order = in_order(found.account, found.f)
    return found if order is None else found.at(order)


def converted(amount: Integers, rate: Integers) -> Integers:
    """Amount × rate in hundred-millionths, half to even, without a float.

    Raises
    ------
    OverflowError
        A converted amount is beyond 64 bits.

    """
    if not len(amount):
        return amount
    size = np.abs(amount)
    most, dearest = int(size.max()), int(rate.max())
    if most * dearest < _LARGEST:
        whole, rest = np.divmod(size * rate, RATE_UNIT)
    else:
        if float((size * (rate / RATE_UNIT)).max()) >= _LARGEST / 2:
            raise OverflowError("An amount is too large to be converted.")
        units, parts = np.divmod(size, RATE_UNIT)
        rate_units, rate_parts = np.divmod(rate, RATE_UNIT)
        whole, rest = np.divmod(parts * rate_parts, RATE_UNIT)
        whole += units * rate + parts * rate_units
    whole += (2 * rest > RATE_UNIT) | ((2 * rest == RATE_UNIT) & (whole % 2 == 1))
    made: Integers = np.where(amount < 0, -whole, whole)
    return made


def summed(lines: Lines) -> Runs:
    """Runs of lines: those of accounts of which two lines are alive at a time are added month by month, the others stand as they are.

    Equal neighbours are not joined.
    """
    if not len(lines.account):
        return pieces(lines.account, lines.profile, lines.f, lines.t, lines.amount)
    crowded = np.zeros(int(lines.account[-1]) + 1, dtype=np.bool_)
    crowded[lines.account[1:][(lines.account[1:] == lines.account[:-1]) & (lines.f[1:] < lines.t[:-1])]] = True
    shared = crowded[lines.account]
    alone = lines.at(~shared & (lines.amount > 0))
    return together([pieces(alone.account, alone.profile, alone.f, alone.t, alone.amount), *_added(lines.at(shared))])


def _added(lines: Lines) -> Iterator[Runs]:
    """The sums of crowded accounts, some accounts at a time."""
    if not len(lines.account):
        return
    begins = changed(lines.account)
    reach = np.cumsum(lines.t - lines.f + begins * (lines.t.max() - lines.f.min()))
    borders = np.flatnonzero(begins)
    start = 0
    while start < len(reach):
        done = int(reach[start - 1]) if start else 0
        end = int(np.searchsorted(reach, done + _AT_A_TIME))
        border = int(np.searchsorted(borders, max(end, start + 1)))
        until = int(borders[border]) if border < len(borders) else len(reach)
        yield _monthly(lines.at(np.arange(start, until)))
        start = until


def _monthly(lines: Lines) -> Runs:
    """Sums of every account and month above 0, with the attributes of the largest line; stretches of equal months are one."""
    begins = changed(lines.account)
    first, width = int(lines.f.min()), int(lines.t.max() - lines.f.min()) + 1  # one month free between accounts
    row, cell = spelled(lines.t - lines.f, (np.cumsum(begins) - 1) * width + (lines.f - first))
    size = int(begins.sum()) * width
    amount, profile = lines.amount[row], lines.profile[row]
    sums = _sums(amount, cell, size=size)
    own = np.zeros(size, dtype=np.int32)
    own[cell] = profile
    _settle(own, cell, amount, profile, lines.line[row])
    paid = np.flatnonzero(sums > 0)
    starts = changed(sums[paid]) | changed(own[paid]) | (np.diff(paid, prepend=-2) != 1)
    start = paid[starts]
    length = np.diff(np.append(np.flatnonzero(starts), len(paid)))
    month = start % width + first
    return pieces(lines.account[begins][start // width], own[start], month, month + length, sums[start])


def spelled(times: npt.NDArray[np.integer], start: Integers) -> tuple[npt.NDArray[np.intp] | slice, Integers]:
    """Rows repeated so many times, and for each the number that counts up from its row's start."""
    if (times == 1).all():
        return slice(None), start
    row = np.repeat(np.arange(len(times)), times)
    return row, np.repeat(start - (np.cumsum(times, dtype=np.int64) - times), times) + np.arange(len(row))


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
    if float(np.abs(amount).sum(dtype=np.float64)) >= _LARGEST / 2:
        rough = np.bincount(cell, weights=amount, minlength=size)
        if float(np.abs(rough).max()) >= _LARGEST * 0.999:
            raise OverflowError("The amounts of an account are too large to be added.")
    return added(amount, cell, size=size)
