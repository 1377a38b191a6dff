"""What a bootstrap knows of the accounts behind a retention: their sums, the largest one by one, and how the sums make its ratios."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.families import Mean, Quotient

__all__ = ["Base", "Floats", "Others", "Shape", "Sums", "root_of", "share"]

_NOTHING: Final = 1e-12  # of a variance: less than that is what rounding leaves

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shape:
    """How the factors of a ratio make its value.

    Parameters
    ----------
    places
        Windows × factors: which factors each window multiplies. The value is the mean of the windows.
    mean, weighted
        Whether a mean is taken, and whether its windows weigh what they open with.

    """

    places: npt.NDArray[np.intp]
    mean: bool = False
    weighted: bool = False

    def value(self, under: Integers, over: Integers) -> float:
        """The value of exact sums, as the families make it; NaN where undefined."""
        product = Quotient(over[self.places.T][:, None, :], under[self.places.T][:, None, :])
        weights = under[self.places[:, 0]][None] if self.weighted else None
        ratio = Mean(product, np.arange(len(self.places))[None], weights) if self.mean else product
        return float(ratio.values()[0, 0])

    def values(self, under: Floats, over: Floats) -> Floats:
        """The value of every draw; ``under`` and ``over`` are factors × draws. NaN where undefined."""
        products: Floats = np.prod(share(over, under)[self.places], axis=1)
        if not self.weighted:
            mean: Floats = products.mean(axis=0)
            return mean
        weights = under[self.places[:, 0]]
        return share(np.where(weights > 0, products * weights, 0.0).sum(axis=0), weights.sum(axis=0))


@dataclass(frozen=True, eq=False)
class Others:
    """The accounts that are not drawn one by one: the sums' totals, the lower root of their products, and which are never negative."""

    totals: Floats
    root: Floats
    positive: npt.NDArray[np.bool_]

    def drawn(self, normals: Floats) -> Floats:
        """Sums that follow a normal distribution with the mean and covariance of Poisson(1) weights."""
        made: Floats = self.totals[:, None] + np.einsum("ij,jd->id", self.root, normals)
        made[self.positive] = np.maximum(made[self.positive], 0.0)
        return made


@dataclass(frozen=True, eq=False)
class Sums:
    """One ratio's sums over accounts: rows are those of its factors below the line, then those above.

    Parameters
    ----------
    totals
        Exact, of all accounts.
    equal
        How many equal accounts would say as much (Kish), in the factor that says least: fewer where some weigh far more.
    largest
        The accounts that are drawn one by one, in the order of their weight.
    others
        All others; None where there are none.
    counts
        The sums are how many open and how many of them stay, which need no list of accounts to be drawn.

    """

    totals: Integers
    equal: float
    largest: Floats
    others: Others | None = None
    counts: bool = False


@dataclass(frozen=True, eq=False)
class Base:
    """The accounts behind one window and segment.

    Parameters
    ----------
    accounts
        Opening accounts of the window.
    least
        The fewest opening accounts in any of the factors that has some.
    shape, sums
        How the ratios are made, and their sums by measure.

    """

    accounts: int
    least: int
    shape: Shape
    sums: Mapping[str, Sums]

    def value(self, measure: str) -> float:
        """The ratio itself; NaN where undefined."""
        under, over = np.split(self.sums[measure].totals, 2)
        return self.shape.value(under, over)


def share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """Part ÷ whole, NaN where there is no whole."""
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares


def root_of(products: Floats) -> Floats:
    """The lower triangular root of a matrix of sums of products (Cholesky); what only rounding tells from 0 is 0."""
    root = np.zeros_like(products)
    for place in range(len(products)):
        left = products[place:, place] - root[place:, :place] @ root[place, :place]
        if left[0] > _NOTHING * products[place, place]:
            root[place:, place] = left / math.sqrt(left[0])
    return root
