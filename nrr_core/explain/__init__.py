"""What the numbers say: frames ready to be drawn, and sentences made only from computed figures."""

from nrr_core.explain.confidence import (
    difference_finding,
    farthest,
    fragility_bars,
    fragility_finding,
    interval_finding,
    spread_findings,
)
from nrr_core.explain.conventions import conventions, knob_cards, knob_values
from nrr_core.explain.findings import (
    MIN_BASE,
    Finding,
    accounts_finding,
    cohort_finding,
    overview_findings,
    segment_finding,
    waterfall_finding,
)
from nrr_core.explain.fragility import fragility
from nrr_core.explain.intervals import intervals, unfit
from nrr_core.explain.masking import masking
from nrr_core.explain.outlook import (
    backtest_finding,
    decisions_finding,
    effect_steps,
    fan_bands,
    fan_points,
    runway_months,
    saving_finding,
    scenario_finding,
)
from nrr_core.explain.reconcile import Reconciler, Reconciliation, Step, reconcile, reconcile_finding, reconcile_steps
from nrr_core.explain.shapes import (
    STATES_BEHIND,
    bridge_steps,
    cohort_cells,
    history_months,
    matrix_cells,
    segment_bars,
    segment_points,
    trend_points,
)

__all__ = [
    "MIN_BASE",
    "STATES_BEHIND",
    "Finding",
    "Reconciler",
    "Reconciliation",
    "Step",
    "accounts_finding",
    "backtest_finding",
    "bridge_steps",
    "cohort_cells",
    "cohort_finding",
    "conventions",
    "decisions_finding",
    "difference_finding",
    "effect_steps",
    "fan_bands",
    "fan_points",
    "farthest",
    "fragility",
    "fragility_bars",
    "fragility_finding",
    "history_months",
    "interval_finding",
    "intervals",
    "knob_cards",
    "knob_values",
    "masking",
    "matrix_cells",
    "overview_findings",
    "reconcile",
    "reconcile_finding",
    "reconcile_steps",
    "runway_months",
    "saving_finding",
    "scenario_finding",
    "segment_bars",
    "segment_finding",
    "segment_points",
    "spread_findings",
    "trend_points",
    "unfit",
    "waterfall_finding",
]
