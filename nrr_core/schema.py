"""Tables, columns, units and grain: the one place that names them.

Money is a 64-bit integer of ten-thousandths of the currency unit (``UNIT``), exact and independent of the order in
which it is added; it becomes a decimal or a float only where it leaves the package. A ratio is a float with
1.0 = unchanged, None where its denominator is 0.
"""

from decimal import Decimal
from typing import Final

__all__ = [
    "ACCOUNT_NAMES", "ALL", "ALL_MONTHS", "COHORT_COLUMNS", "MONEY_PRECISION", "MONEY_SCALE", "MOVEMENTS", "MOVEMENT_COLUMNS", "NONE",
    "RATE_UNIT", "RATIOS", "RETENTION_COLUMNS", "REVENUE_TYPES", "SHARE", "UNIT", "money",
]  # fmt: skip

UNIT: Final = 10_000
MONEY_SCALE: Final = 4
MONEY_PRECISION: Final = 18  # digits in all: 10¹⁴ currency units, and still exact when multiplied by 12
ALL: Final = "(all)"  # the segment that is the total
ACCOUNT_NAMES: Final = ("account_name", "name", "company")  # attributes that hold an account's name, the first that is there
NONE: Final = "(none)"  # the segment of accounts without a value

REVENUE_TYPES: Final = ("recurring", "usage", "one_off")
RATE_UNIT: Final = 10**8  # an exchange rate is a whole number of hundred-millionths
ALL_MONTHS: Final = 1_000_000  # a month after all others: where the last stretch of rates ends
SHARE: Final = (  # x ÷ n on whole numbers, half to even, as a macro of DuckDB
    "create or replace macro share(x, n) as sign(x) * (abs(x) // n + case when 2 * (abs(x) % n) > n "
    "or (2 * (abs(x) % n) = n and (abs(x) // n) % 2 = 1) then 1 else 0 end)"
)

RATIOS: Final = frozenset(  # columns that hold ratios, 1.0 = unchanged: shown in per cent
    (
        "nrr", "grr", "logo_retention", "low", "high", "swing", "probability", "share", "nrr_difference", "nrr_error", "nrr_naive",
        "nrr_bias", "mrr_error", "mrr_naive_error", "churn", "contraction", "expansion", "returns", "logo_churn", "shrinking", "growing",
        "nrr_change", "grr_change", "logo_retention_change",
        *(f"{path}_{name}" for path in ("baseline", "scenario", "before", "after") for name in ("nrr", "grr", "logo_retention")),
        "share_before", "share_after", "nrr_before", "nrr_after", "early_churn", "open_nrr", "weighted_nrr", "current_nrr",
        "share_of_expansion", "share_of_contraction",
        "value", "target", "before", "nrr_target", "expanded", "from_top_5",
    )
)  # fmt: skip
MOVEMENTS: Final = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "closing")
RETENTION_COLUMNS: Final = (
    "window", "open", "close", "segment", "opening_accounts", "retained_accounts", "opening_mrr", "expansion_mrr",
    "contraction_mrr", "churn_mrr", "closing_mrr", "nrr", "grr", "logo_retention", "partial",
)  # fmt: skip
MOVEMENT_COLUMNS: Final = (
    "window", "open", "close", "segment",
    *(f"{name}_{unit}" for name in MOVEMENTS for unit in ("mrr", "accounts")),
    "transfer_in_mrr", "transfer_out_mrr", "quick_ratio", "partial",
)  # fmt: skip
COHORT_COLUMNS: Final = (
    "cohort", "age", "accounts", "opening_mrr", "active_accounts", "mrr", "capped_mrr", "nrr", "grr", "logo_retention",
    "cohorts", "partial",
)  # fmt: skip


def money(amount: int) -> Decimal:
    """An amount in ten-thousandths as an exact decimal of the currency unit."""
    return Decimal(int(amount)) / UNIT
