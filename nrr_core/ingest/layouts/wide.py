"""Wide: one row per account, one column per month; a blank cell is a month without revenue."""

import re

from nrr_core.ingest.mapping import Columns, Found, Guess, normal
from nrr_core.ingest.notes import Notes, shown

__all__ = ["NAME", "NEEDS", "ONE_MONTH", "ask", "base", "guess"]

NAME = "wide"
NEEDS = "account_id and a column for each month"
ONE_MONTH = True
_TOTAL = re.compile(r"(grand_|sub_?)?totals?(_(mrr|revenue|amount))?|sum|ytd(_total)?|(fy_?)?\d{4}(_total)?|average|avg|mean")


def guess(columns: Columns) -> Guess | None:
    """Fits where there is an account and two or more columns are named for months."""
    months = columns.month_columns()
    if len(months) < 2 or {"month", "mrr", "start_date"} & columns.mapped.keys():  # noqa: PLR2004 - one month is no sheet
        return None
    found: dict[str, Found] = {}
    for field in ("account_id", "currency"):
        column = columns.find(field, taken=months)
        if column is not None:
            found[field] = column
    if "account_id" not in found:
        return None
    first, last = columns.names[months[0]], columns.names[months[-1]]
    return Guess(NAME, 4, f"{len(months)} columns are months, “{first}” to “{last}”", found, months)


def _totals(columns: Columns, guess: Guess) -> list[int]:
    """Columns that look like totals of the months beside them."""
    busy = {*guess.months, *(one.index for one in guess.found.values())}
    return [i for i in columns.usable() if i not in busy and _TOTAL.fullmatch(normal(columns.names[i]))]


def ask(columns: Columns, guess: Guess, notes: Notes) -> None:
    """Total columns would be counted twice: the person says what they are."""
    found = _totals(columns, guess)
    if not found:
        return
    names = ", ".join(f"“{shown(columns.names[index])}”" for index in found)
    taken = notes.ask(
        "wide_total", f"{names}: these look like totals of the months beside them.",
        {"ignore": "leave them out", "attribute": "keep them as attributes"},
    )  # fmt: skip
    if taken != "attribute":
        for index in found:
            columns.left_out[index] = "it is a total of the months"


def base(columns: Columns, guess: Guess, *, table: str, dimensions: dict[str, int]) -> str:
    """SELECT of one line of revenue a row, as text: the months are turned into rows, blank cells left out."""
    del columns
    parts = {"account": "account_id", "currency": "currency"}
    picked = [f"c{guess.found[field].index} as {role}" for role, field in parts.items() if field in guess.found]
    picked += [f"c{index} as {key}" for key, index in dimensions.items()]
    numbers = ", ".join(str(index) for index in guess.months)
    cells = ", ".join(f"c{index}" for index in guess.months)
    pairs = f"unnest([{numbers}]) as amount_at, unnest([{cells}]) as amount"
    inner = f"select rowid as ordinal, {', '.join(picked)}, {pairs} from {table}"
    return f"select *, 'c' || amount_at as month from ({inner}) where trim(amount) <> ''"
