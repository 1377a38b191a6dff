"""Revenue window: what the accounts active in the first month were billed in one window, against the window before.

The two windows of n months follow each other and end at the close; the cohort are the accounts that paid at the end of the
first month of both. NRR = their revenue in the second ÷ their revenue in the first. Amounts are sums over n months.
Source: the two-period revenue convention of public companies; see the presets.
"""

from collections.abc import Sequence

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.families.answer import Answer, Part, divided
from nrr_core.families.courses import Courses, Terms
from nrr_core.families.quotient import Quotient
from nrr_core.measures.chosen import Chosen, Mask
from nrr_core.measures.grids import Grid, by_cell
from nrr_core.periods import Window

__all__ = ["measure", "parts", "terms"]

_NAMES = ("earlier_mrr", "later_mrr", "kept_mrr", "churn_mrr", "accounts", "retained_accounts")


def _months(card: Definition, window: Window) -> dict[str, int]:
    """The months that the statements take."""
    first = window.open - window.months + 1
    return {"first": first, "middle": window.open + 1, "until": window.close + 1, "floor": card.min_opening_mrr}


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    sums = {name: np.zeros((len(chosen.labels) + 1, len(asked)), dtype=np.int64) for name in _NAMES}
    for place, window in enumerate(asked):
        rows = by_cell(data, chosen, "window_revenue_totals", _months(card, window))
        inside = rows["segment"] >= 0
        segment = 1 + rows["segment"][inside].astype(np.int64)
        for name, columns in sums.items():
            np.add.at(columns[:, place], segment, rows[name][inside].astype(np.int64))
            columns[0, place] = columns[1:, place].sum()
    earlier, later, kept = sums["earlier_mrr"], sums["later_mrr"], sums["kept_mrr"]
    grid: Grid = {
        "opening_mrr": earlier,
        "opening_accounts": sums["accounts"],
        "retained_accounts": sums["retained_accounts"],
        "expansion_mrr": later - kept,
        "contraction_mrr": earlier - sums["churn_mrr"] - kept,
        "churn_mrr": sums["churn_mrr"],
        "closing_mrr": later,
        "kept_mrr": kept,
    }
    return divided(grid)


def parts(data: Dataset, card: Definition, window: Window, mask: Mask) -> list[Part]:
    """Account by account: its revenue in the second window over that in the first."""
    rows = data.engine.query("window_revenue", parameters=_months(card, window))
    found = {name: np.ma.filled(values, 0) for name, values in rows.items()}
    counted = mask[found["profile"]]
    account, over, below = (found[name][counted].astype(np.int64) for name in ("account", "later_mrr", "earlier_mrr"))
    return [Part(account, over, below)]


def terms(courses: Courses, card: Definition, window: Window) -> Terms:
    """Each account's revenue in the second window over that in the first."""
    start = window.open - window.months + 1
    first = courses.paid(start)
    opens = (first > 0) & (first >= card.min_opening_mrr) & courses.chosen(start)
    earlier, later = (
        np.where(opens, sum((courses.paid(month) for month in range(since, until)), np.zeros_like(first)), 0)
        for since, until in ((start, window.open + 1), (window.open + 1, window.close + 1))
    )
    return Terms(earlier, later, np.minimum(earlier, later), opens, later > 0)
