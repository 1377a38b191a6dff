"""Accounts side by side: what each adds to every factor of a ratio, and the sums of products that a bootstrap needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.explain.resampling import EXACT, MEASURES, MOST
from nrr_core.explain.samples import Base, Floats, Others, Shape, Sums, root_of
from nrr_core.families import Terms

__all__ = ["Column", "Crowd", "largest"]

_OVER: Final = {"nrr": 1, "grr": 2}  # rows of a column's money above the line; that below is row 0


@dataclass(frozen=True, eq=False)
class Column:
    """What each account adds to one factor: opening, closing and kept MRR as rows, and whether it opens and stays."""

    money: Floats
    opens: npt.NDArray[np.bool_]
    stays: npt.NDArray[np.bool_]
    totals: tuple[int, ...]

    @classmethod
    def of(cls, terms: Terms) -> "Column":
        """From a family's terms; amounts below 2⁵³ are exact."""
        amounts = (terms.opening, terms.closing, terms.kept)
        totals = tuple(int(one.sum()) for one in (*amounts, terms.opens, terms.stays))
        return cls(np.stack(amounts).astype(np.float64), terms.opens, terms.stays, totals)

    @cached_property
    def weight(self) -> Floats:
        """The largest amount of each account; 0 where it adds nothing."""
        most: Floats = np.abs(self.money).max(axis=0)
        return most

    @cached_property
    def positive(self) -> npt.NDArray[np.bool_]:
        """Which of the amounts are never below 0."""
        found: npt.NDArray[np.bool_] = self.money.min(axis=1, initial=0.0) >= 0
        return found

    def rows(self, measure: str, accounts: Integers) -> Floats:
        """Below and above the line of a measure, for some accounts."""
        if measure in _OVER:
            return np.stack([self.money[row, accounts] for row in (0, _OVER[measure])])
        return np.stack([self.opens[accounts], self.stays[accounts]]).astype(np.float64)

    def products(self, other: "Column") -> tuple[Floats, Floats]:
        """Sums of products of each two amounts, and how many accounts open or stay in both."""
        counts = [[float(np.count_nonzero(a & b)) for b in (other.opens, other.stays)] for a in (self.opens, self.stays)]
        return np.einsum("in,jn->ij", self.money, other.money), np.array(counts)


@dataclass(eq=False)
class Crowd:
    """The accounts of one segment; products of two columns are made once for as long as both are in use."""

    made: dict[tuple[Column, Column], tuple[Floats, Floats]] = field(default_factory=dict)

    def base(self, columns: Sequence[Column], shape: Shape) -> Base:
        """The base of some factors."""
        self.made = {pair: one for pair, one in self.made.items() if pair[0] in columns and pair[1] in columns}
        weight = np.max([one.weight for one in columns], axis=0) if len(columns) > 1 else columns[0].weight
        order = largest(weight)
        many = bool(np.count_nonzero(weight) > len(order))
        opens = [one.totals[3] for one in columns]
        least = min((count for count in opens if count), default=0)
        sums = {measure: self._sums(columns, measure, order, many=many) for measure in MEASURES}
        return Base(opens[shape.places[0, 0]], least, shape, sums)

    def _sums(self, columns: Sequence[Column], measure: str, order: Integers, *, many: bool) -> Sums:
        below, above = (0, _OVER[measure]) if measure in _OVER else (3, 4)
        totals = np.array([one.totals[below] for one in columns] + [one.totals[above] for one in columns], dtype=np.int64)
        if measure not in _OVER and len(columns) == 1:
            return Sums(totals, float(totals[0]), np.zeros((2, 0)), counts=True)
        listed = np.concatenate([one.rows(measure, order) for one in columns])  # below and above, factor by factor
        rows = np.concatenate([listed[::2], listed[1::2]])
        own = np.einsum("ir,jr->ij", rows, rows)
        whole = self._products(columns, measure) if many else own
        squares, under = np.diag(whole)[: len(columns)], totals[: len(columns)].astype(np.float64)
        equal = float(np.min(under[squares > 0] ** 2 / squares[squares > 0], initial=np.inf)) if squares.any() else 0.0
        if not many:
            return Sums(totals, equal, rows)
        positive = np.array([one.positive[0] for one in columns] + [one.positive[_OVER.get(measure, 0)] for one in columns])
        others = Others(totals - rows.sum(axis=1), root_of(whole - own), positive)
        return Sums(totals, equal, rows, others)

    def _products(self, columns: Sequence[Column], measure: str) -> Floats:
        """Sums of products of each two rows of a measure over all accounts: those below the line first."""
        size, step = len(columns), _OVER.get(measure)
        whole = np.zeros((2, size, 2, size))
        for i, one in enumerate(columns):
            for j, other in enumerate(columns[: i + 1]):
                if (one, other) not in self.made:
                    self.made[one, other] = one.products(other)
                money, counts = self.made[one, other]
                block = money[::step, ::step][:2, :2] if step else counts
                whole[:, i, :, j] = block
                whole[:, j, :, i] = block.T
        return whole.reshape(2 * size, 2 * size)


def largest(weight: npt.NDArray[np.float64] | Integers) -> Integers:
    """Places of the accounts that are drawn one by one, in the order of their weight; of equal ones the first comes first.

    All that have any weight, or of many the heaviest.
    """
    some = np.flatnonzero(weight)
    if len(some) > EXACT:
        least = -np.partition(-weight, MOST - 1)[MOST - 1]
        heavy = np.flatnonzero(weight > least)
        some = np.sort(np.concatenate([heavy, np.flatnonzero(weight == least)[: MOST - len(heavy)]]))
    return some[np.argsort(-weight[some], kind="stable")]
