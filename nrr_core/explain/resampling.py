"""The bootstrap of a retention: what other customers of the same kind would have given.

An account is drawn with a Poisson(1) weight, whole, in every draw. Small bases are drawn account by account; of large ones
the accounts that weigh most, while the sums of all others follow a normal distribution with the moments that the same
weights would give them. Weights belong to the rank of an account, so a segment has one interval however it is asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["EXACT", "MEASURES", "MOST", "Base", "bounds", "drawn", "effective"]

EXACT: Final = 2_000  # opening accounts up to which each of them is drawn
MOST: Final = 200  # accounts that are drawn one by one where there are more
MEASURES: Final = ("nrr", "grr", "logo_retention")
_TOGETHER: Final = 64  # bases in one multiplication
_STEPS: Final = 1 << 16
_LEAST_EFFECTIVE: Final = 3.0  # below it Student's quantiles explode; a small base is flagged anyway
_NORMAL: Final = NormalDist()

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Base:
    """The opening accounts of one window and segment.

    Parameters
    ----------
    accounts, retained
        How many there are, and how many still pay at the close.
    sums
        Opening, closing and kept MRR, in any unit.
    squares
        Of the same: Σ opening², Σ closing², Σ kept², Σ opening × closing, Σ opening × kept.
    largest
        Opening and closing MRR of the accounts that weigh most, the largest first, as two rows; of all where they are few.

    """

    accounts: int
    retained: int
    sums: Floats
    squares: Floats
    largest: Floats


def effective(base: Base, measure: str) -> float:
    """How many equal accounts would say as much (Kish): all of them for logos, fewer where some pay far more than others."""
    if measure == "logo_retention":
        return float(base.accounts)
    return float(base.sums[0] ** 2 / base.squares[0]) if base.squares[0] else 0.0


def drawn(bases: Sequence[Base], *, draws: int, seed: int, stream: int = 0) -> list[dict[str, Floats]]:
    """Every measure of each base in every draw; NaN in draws without anybody who pays at the opening.

    ``stream`` tells apart what is drawn independently: the two sides of a difference.
    """
    order = sorted(range(len(bases)), key=lambda place: bases[place].largest.shape[1])
    made: dict[int, dict[str, Floats]] = {}
    for start in range(0, len(order), _TOGETHER):
        some = order[start : start + _TOGETHER]
        for place, sums in zip(some, _weighted([bases[place] for place in some], draws, seed, stream), strict=True):
            made[place] = _measures(bases[place], sums, draws, seed, stream)
    return [made[place] for place in range(len(bases))]


def _weighted(bases: Sequence[Base], draws: int, seed: int, stream: int) -> Floats:
    """Weighted opening, closing and kept MRR of each base's largest accounts: bases × 3 × draws."""
    ranks = max(base.largest.shape[1] for base in bases)
    amounts = np.zeros((len(bases), 3, ranks))
    for own, base in zip(amounts, bases, strict=True):
        count = base.largest.shape[1]
        own[:2, :count] = base.largest
        own[2, :count] = base.largest.min(axis=0)
    weights = _weights(seed, stream, draws, MOST if ranks <= MOST else EXACT)[:ranks].astype(np.float64)
    sums: Floats = amounts.reshape(len(bases) * 3, ranks) @ weights  # whole numbers below 2⁵³: exact, in whatever order they are added
    return sums.reshape(len(bases), 3, draws)


def _measures(base: Base, sums: Floats, draws: int, seed: int, stream: int) -> dict[str, Floats]:
    if base.accounts > base.largest.shape[1]:
        sums = sums + _others(base, _normals(seed, stream, draws))
    luck = np.random.default_rng([seed, stream, 2])
    stayed, left = luck.poisson(base.retained, draws), luck.poisson(base.accounts - base.retained, draws)
    return {
        "nrr": _share(sums[1], sums[0]),
        "grr": np.minimum(_share(sums[2], sums[0]), 1.0),
        "logo_retention": _share(stayed, stayed + left),
    }


def _others(base: Base, normal: Floats) -> Floats:
    """The weighted sums of the accounts that are not drawn one by one: normal, with the weights' mean and covariance."""
    s, e = base.largest
    k = np.minimum(s, e)
    total = base.sums - np.array([s.sum(), e.sum(), k.sum()])
    oo, cc, kk, oc, ok = np.maximum(base.squares - np.array([s @ s, e @ e, k @ k, s @ e, s @ k]), 0.0)
    root = math.sqrt(oo)
    made = total[:, None] + np.zeros_like(normal)
    made[0] += root * normal[0]
    for place, (square, product) in enumerate(((cc, oc), (kk, ok)), 1):
        shared = product / root if root else 0.0
        made[place] += shared * normal[0] + math.sqrt(max(square - shared**2, 0.0)) * normal[place]
    positive: Floats = np.maximum(made, 0.0)
    return positive


def bounds(values: Floats, *, level: float, equal: float) -> tuple[float, float]:
    """The interval around the middle of the draws, widened as Student's t is for the number of ``equal`` accounts.

    NaN where no draw has a value. Percentiles of a bootstrap are too narrow for few accounts, and money behaves like few
    accounts where some pay most of it (T. Hesterberg, “What Teachers Should Know About the Bootstrap”, 2015, section 4.3).
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    count = max(equal, _LEAST_EFFECTIVE)
    tail = _NORMAL.cdf(math.sqrt(count / (count - 1)) * _student((1 - level) / 2, count - 1))
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def _student(probability: float, freedom: float) -> float:
    """Quantile of Student's t, by its expansion around the normal one (Abramowitz and Stegun 26.7.5)."""
    z = _NORMAL.inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def _share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares


@lru_cache(maxsize=4)
def _weights(seed: int, stream: int, draws: int, ranks: int) -> npt.NDArray[np.uint8]:
    """Poisson(1) weights, one row per rank: uniform steps of 1/65,536 looked up in the distribution. Fewer ranks are the first of more."""
    within = np.cumsum([math.exp(-1) / math.factorial(k) for k in range(10)])
    steps = np.searchsorted(within, (np.arange(_STEPS) + 0.5) / _STEPS).astype(np.uint8)
    uniform = np.random.default_rng([seed, stream, 0]).integers(0, _STEPS, size=(ranks, draws), dtype=np.uint16)
    weights = steps[uniform]
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=4)
def _normals(seed: int, stream: int, draws: int) -> Floats:
    normal = np.random.default_rng([seed, stream, 1]).standard_normal((3, draws))
    normal.setflags(write=False)
    return normal
