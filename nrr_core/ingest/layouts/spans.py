"""Spans: one row per subscription or contract, with start, end (exclusive; blank = still running) and amount."""

from nrr_core.ingest.mapping import Columns, Found, Guess

__all__ = ["NAME", "NEEDS", "ONE_MONTH", "base", "guess"]

NAME = "spans"
NEEDS = "account_id, start_date, end_date, mrr (or amount with interval)"
ONE_MONTH = False


def guess(columns: Columns) -> Guess | None:
    """Fits where there is an account, a start, an end and an amount."""
    found: dict[str, Found] = {}
    for field in ("account_id", "start_date", "end_date", "currency"):
        column = columns.find(field, taken=tuple(one.index for one in found.values()))
        if column is not None:
            found[field] = column
    if not {"account_id", "start_date", "end_date"} <= found.keys():
        return None
    taken = tuple(one.index for one in found.values())
    order = ("mrr", "amount", "arr") if "mrr" in columns.mapped or "amount" not in columns.mapped else ("amount",)
    for field in order:
        column = columns.find(field, taken=taken)
        if column is not None:
            found[field] = column
            break
    else:
        return None
    if "amount" in found:
        for field in ("interval", "interval_count"):
            column = columns.find(field, taken=tuple(one.index for one in found.values()))
            if column is not None:
                found[field] = column
    names = ", ".join(f"“{columns.names[one.index]}”" for one in found.values())
    return Guess(NAME, 2, f"a row per subscription with start and end: {names}", found)


def base(columns: Columns, guess: Guess, *, table: str, dimensions: dict[str, int]) -> str:
    """SELECT of one line of revenue a row, as text."""
    del columns
    field = next(name for name in ("mrr", "amount", "arr") if name in guess.found)
    parts = {
        "account": "account_id", "start": "start_date", "finish": "end_date", "amount": field,
        "bill_interval": "interval", "bill_count": "interval_count", "currency": "currency",
    }  # fmt: skip
    picked = [f'c{guess.found[field].index} as "{role}"' for role, field in parts.items() if field in guess.found]
    picked += [f"c{index} as {key}" for key, index in dimensions.items()]
    return f"select rowid as ordinal, {', '.join(picked)} from {table}"
