"""The questions about windows and cohorts: retention, movements, cohorts of a dataset, as stamped tables."""

from nrr_core.explore.cohorts import cohorts
from nrr_core.explore.movements import movements
from nrr_core.explore.retention import retention

__all__ = ["cohorts", "movements", "retention"]
