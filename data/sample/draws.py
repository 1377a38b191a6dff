"""Random draws that come out the same on every platform.

Only uniform numbers are taken from numpy, and only added, multiplied and compared: no logarithm or exponential,
whose last digit may differ from one mathematics library to the next.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draws:
    """One stream of draws, named by integers.

    Parameters
    ----------
    names
        Integers that name the stream. Accounts have streams of their own, so a change to one leaves the others alone.
    """

    def __init__(self, *names: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(names)))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number between `low` and `high`."""
        return low + (high - low) * float(self._generator.random())

    def chance(self, probability: float) -> bool:
        """Whether an event of this probability happens."""
        return self.uniform() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.uniform())

    def one_of(self, values: Sequence[T]) -> T:
        """One of several values, equally likely."""
        return values[self.whole(0, len(values) - 1)]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of several values, in proportion to its weight."""
        left = self.uniform() * sum(weights.values())
        for value, weight in weights.items():
            left -= weight
            if left < 0:
                return value
        return next(reversed(list(weights)))

    def count(self, rate: float) -> int:
        """How many of eight small opportunities happened, `rate` on average."""
        return sum(self.chance(rate / 8) for _ in range(8))
