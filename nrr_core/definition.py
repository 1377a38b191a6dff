"""The definition card: which of the ways to compute retention a figure follows."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from nrr_core.errors import DefinitionError, nearest

__all__ = ["STANDARD", "Definition"]

_VALUES: dict[str, tuple[str, ...]] = {
    "family": ("point_to_point", "movements", "chained", "averaged", "revenue_window", "renewal_base"),
    "population": ("opening", "all"),
    "returns": ("separate", "opening", "all"),
    "grain": ("account", "parent", "subscription"),
    "fx": ("constant", "reported"),
    "segment_as_of": ("open", "close", "latest"),
    "average": ("none", "mean", "weighted"),
    "measure": ("MRR", "ARR"),
}
_TYPES = ("recurring", "usage", "one_off")
_FREE = {"window_months", "measure"}  # every value of these works under the standard card


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of retention, frozen and hashable.

    The default is the closed-cohort standard: accounts that paid at the opening, each at its own closing MRR,
    returns shown apart. ``window_months`` (any whole number from 1) and ``measure`` (a display unit) can be
    changed freely; a value of another knob that this version does not compute is refused by name when it is used.

    Parameters
    ----------
    family, window_months, population, returns, gap_months, grain, fx, revenue_types, segment_as_of,
    min_opening_mrr, average, measure
        The knobs, see the Definitions page. ``min_opening_mrr`` is in ten-thousandths of the currency unit.

    Raises
    ------
    DefinitionError
        A value that no card can have.

    """

    family: str = "point_to_point"
    window_months: int = 12
    population: str = "opening"
    returns: str = "separate"
    gap_months: int = 0
    grain: str = "account"
    fx: str = "constant"
    revenue_types: tuple[str, ...] = ("recurring",)
    segment_as_of: str = "open"
    min_opening_mrr: int = 0
    average: str = "none"
    measure: str = "MRR"

    def __post_init__(self) -> None:
        for knob, allowed in _VALUES.items():
            value = getattr(self, knob)
            if value not in allowed:
                hint = nearest(str(value), allowed)
                raise DefinitionError(f"“{value}” is not a value of {knob}. Allowed: {', '.join(allowed)}.{hint}")
        for kind in self.revenue_types:
            if kind not in _TYPES:
                raise DefinitionError(f"“{kind}” is not a revenue type. Allowed: {', '.join(_TYPES)}.{nearest(kind, _TYPES)}")
        for knob, least in (("window_months", 1), ("gap_months", 0), ("min_opening_mrr", 0)):
            value = getattr(self, knob)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise DefinitionError(f"{knob} is {value!r}: it must be a whole number of at least {least}.")

    def require_available(self) -> None:
        """Refuse, by name, every knob that is set to something this version does not compute."""
        standard = type(self)()
        for knob in fields(self):
            value = getattr(self, knob.name)
            if knob.name not in _FREE and value != getattr(standard, knob.name):
                raise DefinitionError(
                    f"{knob.name} = {value!r} is not available yet: this version computes "
                    f"{knob.name} = {getattr(standard, knob.name)!r} only. Leave {knob.name} at its default."
                )

    def as_dict(self) -> dict[str, Any]:
        """The knobs as plain values."""
        return asdict(self) | {"revenue_types": list(self.revenue_types)}

    @property
    def short_hash(self) -> str:
        """Eight characters that differ as soon as any knob differs."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:8]

    @property
    def label(self) -> str:
        """The card in a few words, for footers."""
        changed = [f"{k.name} {getattr(self, k.name)}" for k in fields(self) if getattr(self, k.name) != k.default]
        return "Closed-cohort standard" + (f" ({', '.join(changed)})" if changed else "")


STANDARD = Definition()
