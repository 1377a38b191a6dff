"""Snapshots: one row per account and month (and product, subscription …), with the MRR at the end of that month."""

from nrr_core.ingest.mapping import Columns, Found, Guess

__all__ = ["NAME", "NEEDS", "ONE_MONTH", "base", "guess"]

NAME = "snapshots"
NEEDS = "account_id, month, mrr"
ONE_MONTH = True


def guess(columns: Columns) -> Guess | None:
    """Fits where there is an account, a month and an amount."""
    found: dict[str, Found] = {}
    for field in ("account_id", "month", "currency"):
        column = columns.find(field, taken=tuple(one.index for one in found.values()))
        if column is not None:
            found[field] = column
    taken = tuple(one.index for one in found.values())
    for field in ("mrr", "amount", "arr"):
        column = columns.find(field, taken=taken)
        if column is not None:
            found[field] = column
            break
    if "account_id" not in found or "month" not in found or taken == tuple(one.index for one in found.values()):
        return None
    names = ", ".join(f"“{columns.names[one.index]}”" for one in found.values())
    score = 3 if "month" in columns.mapped else 1
    return Guess(NAME, score, f"a row per account and month: {names}", found)


def base(columns: Columns, guess: Guess, *, table: str, dimensions: dict[str, int]) -> str:
    """SELECT of one line of revenue a row, as text."""
    del columns
    field = next(name for name in ("mrr", "amount", "arr") if name in guess.found)
    parts = {"account": "account_id", "month": "month", "amount": field, "currency": "currency"}
    picked = [f"c{guess.found[field].index} as {role}" for role, field in parts.items() if field in guess.found]
    picked += [f"c{index} as {key}" for key, index in dimensions.items()]
    return f"select rowid as ordinal, {', '.join(picked)} from {table}"
