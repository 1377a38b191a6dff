"""What the two cohort charts share: the frame they take and the words for its cells."""

from typing import Final

import pandas as pd

from nrr_core.formats import is_number, measure_name, money_text, percent_text, plain_text
from nrr_core.schema import ALL

__all__ = ["AGE_TITLES", "describe", "known_cells"]

AGE_TITLES: Final = {
    "month": "Months since first payment",
    "quarter": "Quarters since first payment",
    "year": "Years since first payment",
}


def known_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that have a value, with integer ages; the weighted average row ``(all)`` comes first."""
    known = cells[cells["value"].map(is_number).astype(bool)].copy()
    known["age"] = known["age"].astype(int)
    known["average"] = known["cohort"] == ALL
    return known.sort_values("average", ascending=False, kind="stable").reset_index(drop=True)


def describe(cells: pd.DataFrame, *, measure: str, cadence: str, currency: str) -> list[str]:
    """A sentence per cell: ``2024-Q1, month 12: NRR 88.2%, 41 accounts, $120K at first payment``."""
    rows = zip(cells["cohort"], cells["age"], cells["value"], cells["accounts"], cells["opening_mrr"], strict=True)
    return [
        f"{'All cohorts' if cohort == ALL else plain_text(cohort)}, {cadence} {age}: {measure_name(measure)} "
        f"{percent_text(value)}, {int(accounts):,} accounts, "
        f"{money_text(float(opening), currency=currency)} at first payment"
        for cohort, age, value, accounts, opening in rows
    ]
