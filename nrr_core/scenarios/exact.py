"""Whole numbers times factors, added exactly and rounded once, so that a sum does not depend on how accounts are grouped."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["exact_sums"]

_BITS = 40  # binary places of a factor
_LIMB = 20
_PART = 24
_BLOCK = 1024  # rows whose partial products add up without overflow

Integers = npt.NDArray[np.int64]


def exact_sums(values: Integers, factors: npt.NDArray[np.float64], starts: Sequence[int]) -> Integers:
    """``values × factors`` added over rows, block of rows by block of rows.

    Parameters
    ----------
    values
        Whole numbers from 0 to 2⁴⁸, rows × columns.
    factors
        From 0 to 2⁶, of the same shape; they count to 40 binary places.
    starts
        First row of each block, ascending.

    Returns
    -------
    numpy.ndarray
        One row per block; halves are rounded up.

    """
    ends = [*starts[1:], len(values)]
    fixed = np.rint(factors * (1 << _BITS)).astype(np.int64)
    sums = np.zeros((len(starts), values.shape[1]), dtype=object)
    for row, (first, end) in enumerate(zip(starts, ends, strict=True)):
        for at in range(first, end, _BLOCK):
            sums[row] += _products(values[at : min(at + _BLOCK, end)], fixed[at : min(at + _BLOCK, end)])
    rounded: Integers = ((sums + (1 << (_BITS - 1))) >> _BITS).astype(np.int64)
    return rounded


def _products(values: Integers, fixed: Integers) -> Any:
    """Exact sums of products down the rows, as Python's whole numbers."""
    high, low = values >> _PART, values & ((1 << _PART) - 1)
    upper, lower = fixed >> _LIMB, fixed & ((1 << _LIMB) - 1)
    parts = ((high, upper, _PART + _LIMB), (high, lower, _PART), (low, upper, _LIMB), (low, lower, 0))
    total: Any = 0
    for a, b, shift in parts:
        total = total + ((a * b).sum(axis=0).astype(object) << shift)
    return total
