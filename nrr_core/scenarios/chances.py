"""What rates mean for a single account: how often it shrinks or grows, and by how much when it does."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.pace import Groups, Pace
from nrr_core.scenarios.rates import Rates

__all__ = ["Chances", "chances"]

_SELDOM = 0.05  # how often accounts change where history has no case

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chances:
    """By group and month, of an account that stays: chance and size of shrinking and of growing.

    ``shrink × depth`` is the contraction rate and ``grow × height`` the expansion rate, so that means agree with the projection.
    """

    shrink: Floats
    depth: Floats
    grow: Floats
    height: Floats


def chances(rates: Rates, groups: Groups, pace: Pace) -> Chances:
    """How often is as often as accounts did in the baseline; how much follows from the rate."""
    shrink = _often(rates.shrinking[groups.rate], pace.contraction)
    grow = np.minimum(_often(rates.growing[groups.rate], pace.expansion), 1 - shrink)
    none = np.zeros_like(shrink)
    depth = np.divide(pace.contraction, shrink, out=none.copy(), where=shrink > 0)
    height = np.divide(pace.expansion, grow, out=none.copy(), where=grow > 0)
    return Chances(shrink, depth, grow, height)


def _often(seen: Floats, rate: Floats) -> Floats:
    """At least as often as the rate itself: nobody can lose more than everything."""
    often = np.where(seen > 0, seen, _SELDOM)[:, None]
    chance: Floats = np.where(rate > 0, np.maximum(often, np.minimum(rate, 1.0)), 0.0)
    return chance
