"""Targets: what a retention is to reach, in total and by segment."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from nrr_core.errors import ConflictError, SelectionError, nearest
from nrr_core.formats import percent_text, plain_text
from nrr_core.metrics import METRICS

__all__ = ["TARGETED", "Targets", "is_met"]

TARGETED: Final = ("nrr", "grr", "logo_retention", "expansion_rate", "contraction_rate", "churn_rate")
_VERSION: Final = 1
_HIGHEST: Final = 10.0  # 1,000 %

Ratios = tuple[tuple[str, float], ...]
Cell = tuple[str, str | None, str | None]


def is_met(measure: str, value: float, target: float) -> bool:
    """Whether a value is at its target or on the better side of it; a rate of losses is better below."""
    return value >= target if METRICS[measure].better == "up" else value <= target


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets as ratios (1.05 for 105 %), frozen and hashable. Make them with ``Targets().put(…)`` or ``from_dict``.

    Parameters
    ----------
    total
        Measure and ratio of the total, in the order of ``TARGETED``.
    segments
        Dimension, segment, and its own targets.

    Raises
    ------
    SelectionError
        An unknown measure, or a target that is no ratio from 0 to 10.

    """

    total: Ratios = ()
    segments: tuple[tuple[str, str, Ratios], ...] = ()

    def __post_init__(self) -> None:
        named = [(dimension, segment) for dimension, segment, _ in self.segments]
        if len(set(named)) < len(named):
            raise SelectionError("A segment has its targets twice. Put them together.")
        object.__setattr__(self, "total", _checked(self.total))
        kept = ((dimension, segment, _checked(own)) for dimension, segment, own in self.segments)
        object.__setattr__(self, "segments", tuple(sorted(one for one in kept if one[2])))

    def of(self, measure: str, dimension: str | None = None, segment: str | None = None) -> float | None:
        """The target of a measure for a segment: its own, else the total's; None where neither has one."""
        own = self.own(dimension, segment).get(measure) if dimension is not None and segment is not None else None
        return dict(self.total).get(measure) if own is None else own

    def own(self, dimension: str, segment: str) -> dict[str, float]:
        """The targets that a segment has for itself."""
        return next((dict(own) for name, one, own in self.segments if (name, one) == (dimension, segment)), {})

    def put(self, measure: str, target: float | None, dimension: str | None = None, segment: str | None = None) -> Self:
        """The same targets with one changed, or taken away with None."""
        if dimension is None or segment is None:
            return type(self)(_with(self.total, measure, target), self.segments)
        others = tuple(one for one in self.segments if one[:2] != (dimension, segment))
        own = _with(tuple(self.own(dimension, segment).items()), measure, target)
        return type(self)(self.total, (*others, (dimension, segment, own)))

    def cells(self) -> dict[Cell, float]:
        """Every target that is set, by measure, dimension and segment; the total's without the latter two."""
        found: dict[Cell, float] = {(measure, None, None): ratio for measure, ratio in self.total}
        return found | {(measure, name, one): ratio for name, one, own in self.segments for measure, ratio in own}

    def merged(self, mine: Self, theirs: Self) -> Self:
        """What two people made of these targets, together; raises ConflictError where both changed the same one."""
        before, here, there = self.cells(), mine.cells(), theirs.cells()
        made = theirs
        for cell in sorted({*before, *here}, key=str):
            if here.get(cell) == before.get(cell):
                continue
            if there.get(cell) not in {before.get(cell), here.get(cell)}:
                raise ConflictError(
                    f"The target of {_place(cell)} was set to {_text(there.get(cell))} by somebody else in the meantime, and to "
                    f"{_text(here.get(cell))} here. Nothing was saved. Keep yours once more to replace it.",
                    theirs=theirs,
                )
            made = made.put(cell[0], here.get(cell), *cell[1:])
        return made

    def as_dict(self) -> dict[str, Any]:
        """Plain values with the version of their form."""
        by_dimension: dict[str, dict[str, dict[str, float]]] = {}
        for dimension, segment, own in self.segments:
            by_dimension.setdefault(dimension, {})[segment] = dict(own)
        return {"version": _VERSION, "total": dict(self.total), "segments": by_dimension}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The targets that ``as_dict`` described, or a flat ``{measure: ratio}`` of the total as it was kept before there were segments."""
        if "version" not in values:
            return cls(tuple(values.items()))
        if values["version"] != _VERSION:
            raise SelectionError(f"Targets of version {values['version']!r} are from a newer app: this one reads version {_VERSION}.")
        unknown = [name for name in values if name not in {"version", "total", "segments"}]
        if unknown:
            raise SelectionError(f"“{unknown[0]}” is not part of targets: version, total, segments.")
        segments = _mapping(values.get("segments", {}))
        return cls(
            tuple(_mapping(values.get("total", {})).items()),
            tuple(
                (dimension, segment, tuple(_mapping(own).items()))
                for dimension, some in segments.items()
                for segment, own in _mapping(some).items()
            ),
        )

    def to_json(self) -> bytes:
        """The targets as JSON text."""
        return json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """The targets that ``to_json`` wrote; raises SelectionError where the text is none."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise SelectionError("These targets are not JSON. Write them with to_json.") from error
        return cls.from_dict(_mapping(values))


def _place(cell: Cell) -> str:
    measure, dimension, segment = cell
    return METRICS[measure].label + (f" for {plain_text(dimension)} {plain_text(segment)}" if dimension is not None else "")


def _text(ratio: float | None) -> str:
    return "none" if ratio is None else percent_text(ratio)


def _mapping(values: Any) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise SelectionError(f"Targets are written as names with values, not as {type(values).__name__}.")
    return values


def _with(kept: Ratios, measure: str, target: float | None) -> Ratios:
    made = {name: ratio for name, ratio in kept if name != measure}
    return tuple(made.items()) if target is None else (*made.items(), (measure, target))


def _checked(given: Iterable[tuple[str, Any]]) -> Ratios:
    """The targets in the order of ``TARGETED``, each a ratio."""
    found = dict(given)
    for name, value in found.items():
        if name not in TARGETED:
            raise SelectionError(f"“{name}” has no target. Targets: {', '.join(TARGETED)}.{nearest(str(name), TARGETED)}")
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 <= value <= _HIGHEST:
            raise SelectionError(
                f"The target of {name} is {value!r}: it must be a ratio from 0 to {_HIGHEST:g}, for example 1.05 for 105%."
            )
    return tuple((name, float(found[name])) for name in TARGETED if name in found)
