"""What a family answers: exact sums and exact ratios of every segment and window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

import numpy as np

from nrr_core.engine import Integers
from nrr_core.families.quotient import Quotient, Ratio
from nrr_core.measures.grids import Grid

__all__ = ["RATIOS", "Answer", "Part", "divided"]

RATIOS = ("nrr", "grr", "logo_retention")
R_co = TypeVar("R_co", bound=Ratio, covariant=True)


@dataclass(frozen=True, eq=False)
class Answer(Generic[R_co]):
    """Rows are segments with the total first, columns are windows.

    ``grid`` holds the integer measures the family has; ``ratios`` its ratios by name: those of ``RATIOS``, or, for the
    renewal base, renewal rates.
    """

    grid: Grid
    ratios: Mapping[str, R_co]


def divided(grid: Grid) -> Answer[Quotient]:
    """Sums with the ratios that they make: closing, kept and retained accounts over the opening."""
    return Answer(
        grid,
        {
            "nrr": Quotient.of(grid["closing_mrr"], grid["opening_mrr"]),
            "grr": Quotient.of(grid["kept_mrr"], grid["opening_mrr"]),
            "logo_retention": Quotient.of(grid["retained_accounts"], grid["opening_accounts"]),
        },
    )


@dataclass(frozen=True, eq=False)
class Part:
    """One factor of a ratio, account by account.

    ``over`` and ``under`` add up to those of the total, unless accounts that did not move are left out: then only their
    difference does, and ``base`` says what ``under`` is in all.
    """

    accounts: Integers
    over: Integers
    under: Integers
    base: int | None = None

    @property
    def totals(self) -> tuple[int, int]:
        """The ratio's exact totals, above and below the line."""
        if self.base is None:
            return int(self.over.sum()), int(self.under.sum())
        return self.base + int(self.over.sum()) - int(self.under.sum()), self.base

    @classmethod
    def summed(cls, accounts: Integers, *, over: Integers, under: Integers, base: int | None = None) -> Self:
        """The same with one row per account."""
        known, place = np.unique(accounts, return_inverse=True)
        sums = [np.zeros(len(known), dtype=np.int64) for _ in range(2)]
        for total, values in zip(sums, (over, under), strict=True):
            np.add.at(total, place, values)
        return cls(known, sums[0], sums[1], base)
