"""Whole numbers times factors, added exactly and rounded once, so that a sum does not depend on how accounts are grouped."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.errors import ScenarioError

__all__ = ["exact_sums"]

_BITS = 40  # binary places of a factor
_LIMB = 20
_PART = 24
_LARGE = 64.0  # factors from here on are multiplied as Python's whole numbers
_MOST = 10**18
_BLOCK = 1024  # rows whose partial products add up without overflow


def exact_sums(values: Integers, factors: npt.NDArray[np.float64], starts: Sequence[int]) -> Integers:
    """``values × factors`` added over rows, block of rows by block of rows.

    Parameters
    ----------
    values
        Whole numbers from 0 to 2⁴⁸, rows × columns.
    factors
        Not negative, of the same shape; they count to 40 binary places.
    starts
        First row of each block, ascending.

    Returns
    -------
    numpy.ndarray
        One row per block; halves are rounded up.

    Raises
    ------
    ScenarioError
        A sum of 10¹⁸ or more.

    """
    ends = [*starts[1:], len(values)]
    fixed: Any = np.rint(factors * (1 << _BITS))
    small = factors.max(initial=0.0) < _LARGE
    fixed = fixed.astype(np.int64) if small else np.frompyfunc(int, 1, 1)(fixed)
    sums = np.zeros((len(starts), values.shape[1]), dtype=object)
    for row, (first, end) in enumerate(zip(starts, ends, strict=True)):
        for at in range(first, end, _BLOCK):
            part = slice(at, min(at + _BLOCK, end))
            sums[row] += _products(values[part], fixed[part]) if small else (values[part].astype(object) * fixed[part]).sum(axis=0)
    if sums.size and sums.max() >= _MOST << _BITS:
        raise ScenarioError(
            "Carried forward, these rates make amounts too large to add up. "
            "Choose more baseline months, a shorter horizon or smaller levers."
        )
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
