"""The bootstrap of a retention: what other customers of the same kind would have given.

An account is drawn with a Poisson(1) weight, whole, in every draw: with one weight in every month and every factor of its ratio.
Small bases are drawn account by account; of large ones the accounts that weigh most, while the sums of all others follow a joint
normal distribution with the means and covariances that the same weights would give them. Weights belong to the rank of an
account, so a segment has one interval however it is asked for.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from nrr_core.explain.samples import Base, Floats, Shape, Sums, share

__all__ = ["EXACT", "MEASURES", "MOST", "bounds", "drawn", "in_turn"]

EXACT: Final = 2_000  # accounts up to which each of them is drawn
MOST: Final = 200  # accounts that are drawn one by one where there are more
MEASURES: Final = ("nrr", "grr", "logo_retention")
_TOGETHER: Final = 32  # bases in one multiplication
_SMALL: Final = 20_000  # numbers up to which starting threads for a multiplication costs more than it saves
_STEPS: Final = 1 << 16
_LEAST_EFFECTIVE: Final = 3.0  # below it Student's quantiles explode; a small base is flagged anyway
_NORMAL: Final = NormalDist()


def drawn(bases: Sequence[Base], *, draws: int, seed: int, stream: int = 0) -> list[dict[str, Floats]]:
    """Every measure of each base in every draw; NaN in draws in which it is undefined.

    ``stream`` tells apart what is drawn independently: the two sides of a difference.
    """
    return [made for _, made in sorted(in_turn(bases, draws=draws, seed=seed, stream=stream), key=itemgetter(0))]


def in_turn(bases: Sequence[Base], *, draws: int, seed: int, stream: int = 0) -> Iterator[tuple[int, dict[str, Floats]]]:
    """The same with the place of each base, in any order: a few at a time, since the draws of many would fill the memory."""
    luck, size = _Luck(draws, seed, stream), [max((sums.largest.shape[1] for sums in base.sums.values()), default=0) for base in bases]
    ranks = max(size, default=0)
    weights = _weights(luck, MOST if ranks <= MOST else EXACT)[:ranks].astype(np.float64)
    order = sorted(range(len(bases)), key=lambda place: size[place])
    for start in range(0, len(order), _TOGETHER):
        some = order[start : start + _TOGETHER]
        every = [sums for place in some for sums in bases[place].sums.values()]
        made = dict(zip(every, _weighted([sums.largest for sums in every], weights), strict=True))
        for place in some:
            base = bases[place]
            yield place, {measure: _values(base.shape, measure, made[sums], sums, luck) for measure, sums in base.sums.items()}


@dataclass(frozen=True, slots=True)
class _Luck:
    draws: int
    seed: int
    stream: int

    def generator(self, number: int) -> np.random.Generator:
        """Random numbers for one purpose."""
        return np.random.default_rng([self.seed, self.stream, number])


def _weighted(rows: Sequence[Floats], weights: Floats) -> list[Floats]:
    """Sums of weighted accounts in every draw; whole numbers below 2⁵³ are exact, in whatever order they are added."""
    most = max(one.shape[1] for one in rows)
    wide = np.concatenate([np.pad(one, ((0, 0), (0, most - one.shape[1]))) for one in rows])
    sums = wide @ weights[:most] if wide.size > _SMALL else np.einsum("ir,rd->id", wide, weights[:most])
    return np.split(sums, np.cumsum([len(one) for one in rows[:-1]]))


def _values(shape: Shape, measure: str, made: Floats, sums: Sums, luck: _Luck) -> Floats:
    if sums.counts:
        return _of_counts(sums, luck)
    if sums.others is not None:
        made = made + sums.others.drawn(_normals(luck, len(made)))
    values = shape.values(*np.split(made, 2))
    return values if measure == "nrr" else np.minimum(values, 1.0)


def _of_counts(sums: Sums, luck: _Luck) -> Floats:
    """The share of accounts that stay: sums of weights that are all Poisson(1) are Poisson."""
    accounts, stay = sums.totals.tolist()
    numbers = luck.generator(2)
    stayed, left = numbers.poisson(stay, luck.draws), numbers.poisson(accounts - stay, luck.draws)
    return share(stayed, stayed + left)


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


@lru_cache(maxsize=4)
def _weights(luck: _Luck, ranks: int) -> npt.NDArray[np.uint8]:
    """Poisson(1) weights, one row per rank: uniform steps of 1/65,536 looked up in the distribution. Fewer ranks are the first of more."""
    within = np.cumsum([math.exp(-1) / math.factorial(k) for k in range(10)])
    steps = np.searchsorted(within, (np.arange(_STEPS) + 0.5) / _STEPS).astype(np.uint8)
    uniform = luck.generator(0).integers(0, _STEPS, size=(ranks, luck.draws), dtype=np.uint16)
    weights = steps[uniform]
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=4)
def _normals(luck: _Luck, rows: int) -> Floats:
    """Standard normals, one row each; fewer rows are the first of more."""
    normal = luck.generator(1).standard_normal((rows, luck.draws))
    normal.setflags(write=False)
    return normal
