"""Wide: one row per account, one column per month; a blank cell is a month without revenue."""

import re

from nrr_core.ingest.mapping import Columns, Found, Guess, normal

__all__ = ["NAME", "NEEDS", "base", "guess", "totals"]

NAME = "wide"
NEEDS = "account_id and a column for each month"
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


def totals(columns: Columns, guess: Guess) -> list[int]:
    """Columns that look like totals of the months beside them."""
    busy = {*guess.months, *(one.index for one in guess.found.values())}
    return [i for i in columns.usable() if i not in busy and _TOTAL.fullmatch(normal(columns.names[i]))]


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
