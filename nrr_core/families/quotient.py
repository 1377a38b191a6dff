"""Ratios kept exact: integers above and below the line, multiplied and averaged, divided only when they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.metrics import ratio

__all__ = ["Mean", "Quotient", "Ratio", "joined"]

Floats = npt.NDArray[np.float64]


class Ratio(Protocol):
    """A ratio for every segment (rows) and window (columns)."""

    def values(self) -> Floats:
        """As floats, NaN where undefined."""

    def exact(self, row: int, column: int) -> Fraction | None:
        """One of them as an exact fraction, None where undefined."""


@dataclass(frozen=True, eq=False)
class Quotient:
    """A product of ratios: ``over`` ÷ ``under``, integer arrays of factors × segments × windows. Undefined where any ``under`` is 0."""

    over: Integers
    under: Integers

    @classmethod
    def of(cls, over: Integers, under: Integers) -> "Quotient":
        """One ratio of segments × windows."""
        return cls(over[None], under[None])

    def values(self) -> Floats:
        """As floats, NaN where undefined."""
        product: Floats = np.prod(ratio(self.over, self.under), axis=0)
        return product

    def exact(self, row: int, column: int) -> Fraction | None:
        """One of them as an exact fraction, None where undefined."""
        product = Fraction(1)
        for over, under in zip(self.over[:, row, column].tolist(), self.under[:, row, column].tolist(), strict=True):
            if not under:
                return None
            product *= Fraction(over, under)
        return product


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of a ratio over several windows each, equal or by the windows' weights.

    ``places`` are the columns of ``ratio`` that each mean takes (means × terms); ``weights`` (segments × columns of
    ``ratio``) make it a weighted mean, in which a window of weight 0 counts nothing. An equal mean is undefined where
    one of its terms is; a weighted one where all weights are 0.
    """

    ratio: Ratio
    places: npt.NDArray[np.intp]
    weights: Integers | None = None

    def values(self) -> Floats:
        """As floats, NaN where undefined."""
        terms = self.ratio.values()[:, self.places]  # segments × means × terms
        if self.weights is None:
            mean: Floats = terms.mean(axis=2)
            return mean
        weights = self.weights[:, self.places]
        weighed = np.where(weights > 0, terms * weights, 0.0).sum(axis=2)
        return ratio(weighed, weights.sum(axis=2))

    def exact(self, row: int, column: int) -> Fraction | None:
        """One of them as an exact fraction, None where undefined."""
        places = self.places[column].tolist()
        weights = [1] * len(places) if self.weights is None else self.weights[row, places].tolist()
        total = Fraction(0)
        for place, weight in zip(places, weights, strict=True):
            term = self.ratio.exact(row, place) if weight else Fraction(0)
            if term is None:
                return None
            total += weight * term
        return total / sum(weights) if sum(weights) else None


def joined(parts: Sequence[Quotient], places: Sequence[Sequence[int]]) -> Quotient:
    """Quotients of some windows each, put together in the order of ``places``; shorter products are filled up with 1 ÷ 1."""
    factors = max(len(part.over) for part in parts)
    rows, columns = parts[0].over.shape[1], sum(len(place) for place in places)
    over, under = np.ones((factors, rows, columns), dtype=np.int64), np.ones((factors, rows, columns), dtype=np.int64)
    for part, place in zip(parts, places, strict=True):
        over[: len(part.over), :, list(place)] = part.over
        under[: len(part.under), :, list(place)] = part.under
    return Quotient(over, under)
