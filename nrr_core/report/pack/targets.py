"""Driver metrics, targets, and the parts of a gap that add up to it."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from nrr_core import metrics
from nrr_core.errors import SelectionError, nearest
from nrr_core.families import RATIOS
from nrr_core.report.pack.facts import Facts
from nrr_core.schema import ALL, UNIT

__all__ = ["DRIVERS", "PARTS", "checked_targets", "drivers", "gap_rows"]

DRIVERS = ("nrr", "grr", "logo_retention", "expansion_rate", "contraction_rate", "churn_rate", "quick_ratio")


PARTS = {  # a ratio's numerator and denominator, which add up over segments
    "nrr": ("closing_mrr", "opening_mrr"),
    "grr": ("kept_mrr", "opening_mrr"),
    "logo_retention": ("retained_accounts", "opening_accounts"),
    "expansion_rate": ("expansion_mrr", "opening_mrr"),
    "contraction_rate": ("contraction_mrr", "opening_mrr"),
    "churn_rate": ("churn_mrr", "opening_mrr"),
}


def checked_targets(targets: Mapping[str, float] | None) -> dict[str, float]:
    """Targets in the drivers' order; raises SelectionError on an unknown metric or a target that is no number."""
    for name, value in (targets or {}).items():
        if name not in DRIVERS:
            raise SelectionError(f"“{name}” is not a metric: {', '.join(DRIVERS)}.{nearest(name, DRIVERS)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise SelectionError(f"The target of {name} is {value!r}: it must be a ratio, for example 1.05 for 105%.")
    return {name: float(targets[name]) for name in DRIVERS if targets and name in targets}


def drivers(retained: Any, moved: Any) -> dict[str, float | None]:
    """Every driver metric of one window, from its row of ``retention`` and of ``movements``; None where undefined.

    NRR, GRR and logo retention are the card's; rates need its amounts, which a chain or a mean does not have. The quick ratio is
    that of the bridge.
    """
    measures = _measures(retained)
    found: dict[str, float] = {name: float(retained[name]) for name in RATIOS}
    if measures is not None:
        found |= {name: _value(name, measures) for name in ("expansion_rate", "contraction_rate", "churn_rate")}
    bridge = ("new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr")
    found["quick_ratio"] = _value("quick_ratio", {name: _units(moved[name]) for name in bridge})
    return {name: found[name] if math.isfinite(found.get(name, math.nan)) else None for name in DRIVERS}


def _value(name: str, measures: Mapping[str, int]) -> float:
    return float(metrics.compute(name, {key: np.array([value]) for key, value in measures.items()})[0])


def _measures(row: Any) -> dict[str, int] | None:
    """The row's exact integers, with what the accounts kept (GRR’s numerator); None where the card has no such amounts."""
    names = ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr", "closing_mrr")
    if any(not isinstance(row[name], Decimal) for name in names):
        return None
    found = {name: _units(row[name]) for name in names}
    found["kept_mrr"] = found["opening_mrr"] - found["contraction_mrr"] - found["churn_mrr"]
    return found | {name: int(row[name]) for name in ("opening_accounts", "retained_accounts")}


def _units(amount: Any) -> int:
    return int(amount * UNIT)


def gap_rows(facts: Facts) -> tuple[str, float, list[tuple[Any, float, float | None, float]]] | None:
    """Metric, target, and per segment (row, share of the base, own value, contribution to the gap); they add to the gap.

    Of the first target whose parts add up over segments. None where there is no such target, no dimension or no base.
    """
    name = next((n for n in facts.targets if n in PARTS), None)
    if name is None or facts.segments is None:
        return None
    part, base = PARTS[name]
    target = facts.targets[name]
    held = {row["segment"]: m for row in facts.segments.to_dict("records") if (m := _measures(row)) is not None}
    if ALL not in held:  # a chain or a mean: segments do not add up to it
        return None
    whole = held.pop(ALL)[base]
    if not whole:
        return None
    rows = [
        (segment, m[base] / whole, m[part] / m[base], (m[part] - target * m[base]) / whole)
        for segment, m in held.items()
        if m[base]
    ]  # fmt: skip
    better = metrics.METRICS[name].better == "up"
    return name, target, sorted(rows, key=lambda row: (row[3] if better else -row[3], str(row[0])))
