"""Many small accounts as one normal variable per group: the same mean and variance, a fraction of the work."""

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.chances import Chances
from nrr_core.scenarios.pace import Factors, Pace
from nrr_core.scenarios.roster import Roster

__all__ = ["crowd", "moments"]

_MOST_GROUPS = 300  # more groups share one normal variable

Floats = npt.NDArray[np.float64]


def moments(chance: Chances, pace: Pace) -> tuple[Floats, Floats]:
    """Mean and mean square of one account's monthly factor, by group and month (returns left out)."""
    mean = pace.stay * pace.growth
    still = 1 - chance.shrink - chance.grow
    square = still + chance.shrink * (1 - chance.depth) ** 2 + chance.grow * (1 + chance.height) ** 2
    return mean, pace.stay * square * pace.price**2


def crowd(people: Roster, chance: Chances, pace: Pace, left: Factors, draw: np.random.Generator, *, draws: int, horizon: int) -> Floats:
    """MRR added up by window: windows × months 0 … horizon × draws.

    The mean is the projection's. An account's variance after k months is its MRR squared times (Π mean squares − (Π means)²);
    over the months the sum is a Markov chain, so that one draw's path is smooth where it should be.
    """
    size = len(left.closing)
    windows = people.member.T.astype(np.float64)
    money: Floats = np.stack([np.bincount(people.group, weights=people.mrr * inside, minlength=size) for inside in windows])
    squares: Floats = np.stack([np.bincount(people.group, weights=people.mrr**2 * inside, minlength=size) for inside in windows])
    sums: Floats = np.repeat((money @ left.closing)[:, :, None], draws, axis=2)
    mean, square = moments(chance, pace)
    means, seconds = np.cumprod(mean, axis=1), np.cumprod(square, axis=1)
    spread = np.maximum(seconds - means**2, 0.0)
    total = squares.max(axis=0)
    used = np.flatnonzero(total > 0)
    share = np.sqrt(np.divide(squares[:, used], total[used], out=np.zeros((len(windows), len(used))), where=total[used] > 0))
    if len(used) > _MOST_GROUPS:
        return sums + _together(squares, spread, draw, draws=draws)
    noise = np.zeros((len(used), draws))
    before = np.zeros(len(used))
    for month in range(horizon):
        now = total[used] * spread[used, month]
        fresh = np.sqrt(np.maximum(now - mean[used, month] ** 2 * before, 0.0))
        noise = mean[used, month][:, None] * noise + fresh[:, None] * draw.standard_normal((len(used), draws))
        before = now
        sums[:, month + 1] += share @ noise
    return np.maximum(sums, 0.0)


def _together(squares: Floats, spread: Floats, draw: np.random.Generator, *, draws: int) -> Floats:
    """One normal variable for all groups: right at every month, with one luck for the whole path."""
    deviation = np.sqrt(squares @ spread)
    padded = np.concatenate([np.zeros((len(squares), 1)), deviation], axis=1)
    noise: Floats = padded[:, :, None] * draw.standard_normal(draws)
    return noise
