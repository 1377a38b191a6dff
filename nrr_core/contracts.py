"""Contracts: which column holds contract ends, and when each profile's contract runs out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.errors import ScenarioError
from nrr_core.ingest.dates import date_style, parse_day
from nrr_core.schema import NONE

__all__ = ["Contracts", "contract_dimension", "contract_ends", "contracts"]

_ENDS: Final = (
    "renewal_date", "contract_end", "contract_end_date", "contract_end_month", "renewal", "renewal_month", "next_renewal",
    "next_renewal_date", "term_end", "term_end_date", "subscription_end", "subscription_end_date",
    "contract_expiry", "expiry_date", "end_of_contract",
)  # fmt: skip
_TERMS: Final = ("contract_term_months", "contract_term", "term_months", "contract_length_months", "contract_months")
_YEAR: Final = 12
_LONGEST: Final = 120
_READABLE: Final = 0.5  # share of a column's values that must be dates before it is taken for one

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contracts:
    """Contract ends by profile. ``end`` is the first month after ``start`` in which a contract ends, 0 = not known; ``term`` its months."""

    dimension: str | None
    end: Codes
    term: Codes


def contract_dimension(data: Dataset) -> str | None:
    """The dimension that holds contract ends by its name, or None."""
    named = {_plain(axis.name): axis.name for axis in data.axes}
    return next((named[name] for name in _ENDS if name in named and _months(data, named[name]) is not None), None)


def contracts(data: Dataset, dimension: str, *, start: int) -> Contracts:
    """When contracts end after a month, for every profile.

    A contract that ended before is taken to run on from term to term (twelve months where the file does not say), so that its
    next end lies after ``start``.

    Parameters
    ----------
    data
        The dataset.
    dimension
        ``auto`` finds the column by its name; empty = none; else a dimension whose values are dates.
    start
        Last full month.

    Raises
    ------
    ScenarioError
        The dimension does not hold dates.

    """
    name = contract_dimension(data) if dimension == "auto" else dimension or None
    none = np.zeros(len(data.cells), dtype=np.int64)
    if name is None:
        return Contracts(None, none, none)
    axis = data.axis(name)
    ends = _months(data, name)
    if ends is None:
        raise ScenarioError(f"“{name}” does not hold dates, so it can't say when contracts end. Choose another column, or none.")
    end, term = ends[axis.codes], _terms(data)
    late = np.where((end > 0) & (end <= start), (start - end) // term + 1, 0)
    return Contracts(name, np.where(end > 0, end + late * term, 0), np.where(end > 0, term, 0))


def contract_ends(data: Dataset) -> Contracts | None:
    """Contract ends and terms as the data has them, not carried forward; None where no column holds them."""
    name = contract_dimension(data)
    ends = _months(data, name) if name else None
    if name is None or ends is None:
        return None
    end = ends[data.axis(name).codes]
    return Contracts(name, end, np.where(end > 0, _terms(data), 0))


def _plain(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _months(data: Dataset, name: str) -> Codes | None:
    """The month of each segment of a dimension, 0 where it is no date; None where it does not hold dates."""
    texts = ["" if s == NONE else s for s in data.axis(name).segments]
    style = date_style(texts)
    order = (style.order or "dmy") if style else None
    days = [parse_day(text, order=order) if text else None for text in texts]
    known = [day is not None and day.month is not None for day in days]
    filled = sum(1 for text in texts if text)
    if not filled or sum(known) < _READABLE * filled:
        return None
    return np.array([day.month if day is not None and day.month else 0 for day in days], dtype=np.int64)


def _terms(data: Dataset) -> Codes:
    """Months of each profile's contract, twelve where the file does not say."""
    named = {_plain(axis.name): axis for axis in data.axes}
    axis = next((named[name] for name in _TERMS if name in named), None)
    if axis is None:
        return np.full(len(data.cells), _YEAR, dtype=np.int64)
    lengths = [_whole(text) for text in axis.segments]
    return np.array(lengths, dtype=np.int64)[axis.codes]


def _whole(text: str) -> int:
    number = text.removesuffix(".0")
    return int(number) if number.isdecimal() and 1 <= int(number) <= _LONGEST else _YEAR
