"""Lines of revenue in memory, and amounts converted exactly."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nrr_core.engine import Integers
from nrr_core.engines.runs import column, in_order
from nrr_core.schema import RATE_UNIT, REVENUE_TYPES

__all__ = ["Lines", "converted", "lines_of", "spelled"]

Whole = npt.NDArray[np.integer[Any]]
Places = npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice
_LARGEST = 1 << 63  # what 64 bits hold is below this


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

    def at(self, places: Places) -> "Lines":
        """Some of them, in their order."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen: dict[str, Any] = {name: None if values is None else values[places] for name, values in columns.items()}
        return Lines(**chosen)


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


def spelled(times: npt.NDArray[np.integer], start: Integers) -> tuple[Places, Integers]:
    """Rows repeated so many times, and for each the number that counts up from its row's start."""
    if (times == 1).all():
        return slice(None), start
    row = np.repeat(np.arange(len(times)), times)
    return row, np.repeat(start - (np.cumsum(times, dtype=np.int64) - times), times) + np.arange(len(row))
