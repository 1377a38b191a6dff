"""What the numbers say: frames ready to be drawn, and sentences made only from computed figures."""

from nrr_core.explain.base import unfit
from nrr_core.explain.books_told import RULE_LABELS, book_points, books_finding
from nrr_core.explain.confidence import (
    difference_finding,
    farthest,
    fragility_bars,
    fragility_finding,
    interval_finding,
    spread_findings,
)
from nrr_core.explain.conventions import conventions, knob_cards, knob_values
from nrr_core.explain.drivers import Drivers, drivers
from nrr_core.explain.drivers_told import driver_bars, driver_rows, drivers_finding, price_finding, split_rows, standing_finding, type_steps
from nrr_core.explain.findings import (
    MIN_BASE,
    Finding,
    accounts_finding,
    cohort_finding,
    overview_findings,
    rates_note,
    segment_finding,
    waterfall_finding,
)
from nrr_core.explain.fragility import fragility
from nrr_core.explain.intervals import has_intervals, intervals
from nrr_core.explain.masking import masking
from nrr_core.explain.moved import Moved, why_moved
from nrr_core.explain.moved_told import moved_detail, moved_finding, moved_steps, overview_moved
from nrr_core.explain.outlook import (
    ahead_note,
    backtest_finding,
    decisions_finding,
    effect_steps,
    fan_bands,
    fan_points,
    runway_months,
    saving_finding,
    scenario_finding,
)
from nrr_core.explain.owners import Books, books
from nrr_core.explain.reconcile import Reconciler, Reconciliation, Step, reconcile, reconcile_finding, reconcile_steps
from nrr_core.explain.restated import Restated, restated
from nrr_core.explain.restated_words import closed_findings, exact_text, restated_findings
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
from nrr_core.explain.split import Split, price_split, split_accounts
from nrr_core.explain.standing import standing
from nrr_core.explain.working import working

__all__ = [
    "MIN_BASE",
    "RULE_LABELS",
    "STATES_BEHIND",
    "Books",
    "Drivers",
    "Finding",
    "Moved",
    "Reconciler",
    "Reconciliation",
    "Restated",
    "Split",
    "Step",
    "accounts_finding",
    "ahead_note",
    "backtest_finding",
    "book_points",
    "books",
    "books_finding",
    "bridge_steps",
    "closed_findings",
    "cohort_cells",
    "cohort_finding",
    "conventions",
    "decisions_finding",
    "difference_finding",
    "driver_bars",
    "driver_rows",
    "drivers",
    "drivers_finding",
    "effect_steps",
    "exact_text",
    "fan_bands",
    "fan_points",
    "farthest",
    "fragility",
    "fragility_bars",
    "fragility_finding",
    "has_intervals",
    "history_months",
    "interval_finding",
    "intervals",
    "knob_cards",
    "knob_values",
    "masking",
    "matrix_cells",
    "moved_detail",
    "moved_finding",
    "moved_steps",
    "overview_findings",
    "overview_moved",
    "price_finding",
    "price_split",
    "rates_note",
    "reconcile",
    "reconcile_finding",
    "reconcile_steps",
    "restated",
    "restated_findings",
    "runway_months",
    "saving_finding",
    "scenario_finding",
    "segment_bars",
    "segment_finding",
    "segment_points",
    "split_accounts",
    "split_rows",
    "spread_findings",
    "standing",
    "standing_finding",
    "trend_points",
    "type_steps",
    "unfit",
    "waterfall_finding",
    "why_moved",
    "working",
]
