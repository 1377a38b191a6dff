"""Exchange rates in memory, by currency and month, and lines at the rates of one month or of each month's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from nrr_core.engine import Integers
from nrr_core.engines.lines import Lines, converted, spelled
from nrr_core.engines.runs import column

__all__ = ["Rates", "rates_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Stretches [f, t) of months in which a currency has one rate."""

    currency: Integers
    f: Integers
    t: Integers
    rate: Integers

    def at(self, month: int) -> Integers:
        """The rate of each currency in a month; 0 where it has none."""
        found = np.zeros(int(self.currency.max(initial=-1)) + 1, dtype=np.int64)
        held = (self.f <= month) & (self.t > month)
        found[self.currency[held]] = self.rate[held]
        return found

    def changing(self, months: Sequence[int]) -> Integers:
        """The currencies that do not have the same rate in all of these months."""
        table = np.array([self.at(month) for month in months])
        return np.flatnonzero((table != table[0]).any(axis=0))

    def of_month(self, lines: Lines, month: int) -> Lines:
        """Lines at the rates of one month. A line whose currency has no rate counts nothing."""
        return _rated(lines, self.at(month)[lines.currency])

    def of_each_month(self, lines: Lines) -> Lines:
        """Lines at each month's own rates: month by month where rates change."""
        if not len(lines.account):
            return lines
        first, end = int(lines.f.min()), int(lines.t.max())
        table = np.array([self.at(month) for month in range(first, end)])  # months × currencies
        changes = (table != table[0]).any(axis=0)
        row, f = spelled(np.where(changes[lines.currency], lines.t - lines.f, 1), lines.f.astype(np.int64))
        each = lines.at(row)
        t = np.where(changes[each.currency], f + 1, each.t)
        return _rated(replace(each, f=f, t=t), table[f - first, each.currency])


def _rated(lines: Lines, rate: Integers) -> Lines:
    return replace(lines, amount=converted(lines.amount, rate), currency=None)


def rates_of(table: pa.Table) -> Rates:
    """Rates of the model."""
    return Rates(*(column(table, name) for name in ("currency", "f", "t", "rate")))
