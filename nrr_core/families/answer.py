"""What a family answers: exact sums and exact ratios of every segment and window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from nrr_core.families.quotient import Ratio
from nrr_core.measures import Grid

__all__ = ["RATIOS", "Answer"]

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
