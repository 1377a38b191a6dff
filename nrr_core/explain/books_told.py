"""The books of owners in a sentence, and as the points of a chart."""

import math
from typing import Final

import pandas as pd

from nrr_core.explain.owners import Books
from nrr_core.formats import percent_text, plain_text
from nrr_core.schema import ALL, NONE

__all__ = ["RULE_LABELS", "book_points", "books_finding"]

RULE_LABELS: Final = {"open": "Owner at open", "weighted": "By time held", "current": "Current owner"}
_APART: Final = 0.005  # half a point
_MIN_SHARE: Final = 0.02  # of the opening, for a book to be a headline


def books_finding(found: Books) -> str:
    """The headline of the books: whom the choice of rule matters to, or else the best and the worst book."""
    rows, total = found.table[found.table["owner"] != ALL], found.table.iloc[0]
    if not total["open_opening_mrr"]:
        return "Nobody paid at the open, so there is no book to look at"
    large = rows["open_opening_mrr"].astype(float) >= _MIN_SHARE * float(total["open_opening_mrr"])
    big = rows[large & (rows["owner"] != NONE)]
    apart = (big["current_nrr"] - big["open_nrr"]).abs().dropna()
    if len(apart) and apart.max() >= _APART:
        row = big[big.index == apart.idxmax()].iloc[0]
        name, was, now = plain_text(row["owner"], limit=40), percent_text(row["open_nrr"]), percent_text(row["current_nrr"])
        return f"The rule matters for {name}: NRR {was} by owner at open, {now} by current owner"
    handed = "nothing changed hands" if found.transfers.empty else "handovers move no large book by half a point"
    if len(big) < 2:  # noqa: PLR2004 - nothing to compare
        return f"NRR is {percent_text(total['open_nrr'])} over all books; {handed}"
    ranked = big.sort_values("open_nrr", kind="stable")
    low, high = (f"{plain_text(row['owner'], limit=40)} {percent_text(row['open_nrr'])}" for row in (ranked.iloc[0], ranked.iloc[-1]))
    return f"The lowest book is {low}, the highest {high}; {handed}"


def book_points(found: Books, *, factor: int = 1) -> pd.DataFrame:
    """The books as points: owner, rule, value (None where undefined), opening (display unit), accounts."""
    rules = found.rules
    return pd.DataFrame(
        {
            "owner": rules["owner"].tolist(),
            "rule": rules["rule"].tolist(),
            "value": [None if math.isnan(value) else value for value in rules["nrr"]],
            "opening": (rules["opening_mrr"].astype(float) * factor).tolist(),
            "accounts": rules["accounts"].astype(int).tolist(),
        }
    )
