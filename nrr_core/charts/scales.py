"""From numbers to places: round ticks, fractions of an axis, labels that do not overlap."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from nrr_core.formats import is_number

__all__ = ["Axis", "apart", "cut_axis", "floats", "nice_axis", "nice_step", "spread", "through"]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from ``low`` to ``high`` with its round ``ticks``."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def fraction(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def nice_step(span: float, count: int) -> float:
    """The round distance (1, 2, 2.5 or 5 times a power of ten) that cuts ``span`` into about ``count`` pieces."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    return next(step for step in _STEPS if step * power >= span / count * 0.999) * power


def nice_axis(values: Iterable[float], *, count: int = 4, least: float = 0.0) -> Axis:
    """An axis with round ends around all values, at least ``least`` long."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    missing = max(least - (high - low), 0.0) or (1.0 if high == low else 0.0)
    low, high = low - missing / 2, high + missing / 2
    step = nice_step(high - low, count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(first * step, last * step, tuple(round(i * step, 12) for i in range(first, last + 1)))


def cut_axis(levels: Sequence[float], *, least: float = 0.0) -> Axis:
    """An axis for a bridge: from zero, unless every level lies in the upper half; then from a round number below the lowest.

    That number is the first round one at least 0.3 times the span of the levels lower, so that steps and totals stay
    readable; the caption names it. ``least`` is the smallest span the steps are drawn to.
    """
    low, high = min(levels), max(levels)
    if low < 0 or high == 0:
        return nice_axis([*levels, 0.0], least=least)
    if low < high / 2 or low == high:
        return Axis(0.0, high, tuple(tick for tick in nice_axis([0.0, high]).ticks if tick <= high))
    span = max(high - low, least)
    step = nice_step(span * 1.3, 4)
    start = max((low - span * 0.3) // step, 0.0) * step
    return Axis(start, high, tuple(start + k * step for k in range(int((high - start) / step + 1e-9) + 1)))


def floats(column: Iterable[Any]) -> list[float]:
    """The numbers of a column, exact decimals among them, as floats; NaN where there is none."""
    numbers = [float(value) if isinstance(value, Decimal) else value for value in column]
    return [float(number) if is_number(number) else math.nan for number in numbers]


def apart(sizes: Sequence[float], places: Sequence[float], *, gap: float) -> list[bool]:
    """Which marks are labelled: the largest first, as long as their labels keep ``gap`` of the width apart."""
    kept: dict[int, float] = {}
    for k in sorted(range(len(sizes)), key=lambda k: -abs(sizes[k])):
        if all(abs(places[k] - place) >= gap for place in kept.values()):
            kept[k] = places[k]
    return [k in kept for k in range(len(sizes))]


def through(axis: Axis, value: float) -> Axis:
    """The same axis with a tick at ``value``, in place of the nearest one where there is none."""
    if any(abs(tick - value) < 1e-9 for tick in axis.ticks):  # noqa: PLR2004 - rounding noise
        return axis
    nearest = min(axis.ticks, key=lambda tick: abs(tick - value))
    return replace(axis, ticks=tuple(value if tick == nearest else tick for tick in axis.ticks))


def spread(places: Sequence[float], *, gap: float) -> list[float]:
    """Places in 0…1 moved as little as needed to lie ``gap`` apart, in the same order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    groups: list[list[int]] = []
    centres: list[float] = []

    def bounded(centre: float, size: int) -> float:
        half = gap * (size - 1) / 2
        return min(max(centre, half), max(1.0 - half, half))

    for i in order:
        groups.append([i])
        centres.append(bounded(places[i], 1))
        while len(groups) > 1 and centres[-1] - centres[-2] < gap * (len(groups[-1]) + len(groups[-2])) / 2 - 1e-12:
            merged = groups[-2] + groups[-1]
            del groups[-1], centres[-1]
            groups[-1], centres[-1] = merged, bounded(sum(places[j] for j in merged) / len(merged), len(merged))
    moved = [0.0] * len(places)
    for members, centre in zip(groups, centres, strict=True):
        for k, i in enumerate(members):
            moved[i] = centre + gap * (k - (len(members) - 1) / 2)
    return moved
