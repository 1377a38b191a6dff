"""What is worth knowing about revenue that was read: duplicates, gaps, credits, outliers, look-alike names."""

import datetime as dt
from itertools import pairwise
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.duplicates import note_duplicates
from nrr_core.ingest.look_alikes import note_look_alikes
from nrr_core.ingest.notes import Notes, shown, shown_money
from nrr_core.periods import current_month, month_text

__all__ = ["run_checks"]

_EXAMPLES: Final = 3
_OUTLIER: Final = 1_000_000
_JUMPS: Final = {12: (11.5, 12.5), 100: (95.0, 105.0)}


def run_checks(con: Any, *, one_month: bool, wide: bool, notes: Notes, dimensions: dict[str, str]) -> None:
    """All checks; each is one or two grouped sums over ``revenue``."""
    if one_month:
        note_duplicates(con, notes, dimensions, wide=wide)
        _gaps(con, notes)
    _not_positive(con, notes, one_month=one_month)
    _future(con, notes)
    _outliers(con, notes)
    note_look_alikes(con, notes)


def _gaps(con: Any, notes: Notes) -> None:
    """Months without a line inside an account's life: churn and return, unless the card bridges them."""
    sql = (
        "select account_id, count(distinct f) as n, min(f) as a, max(f) as b from revenue where amount > 0 "
        "group by account_id having b - a + 1 > n"
    )
    low, high = con.execute("select min(f), max(f) from revenue").fetchone()
    if low is not None and high - low <= 60:  # noqa: PLR2004 - bits of a signed 64-bit integer
        sql = sql.replace("count(distinct f)", f"bit_count(bit_or(cast(1 as bigint) << (f - {low})))")
    con.execute(f"create or replace table gap_accounts as {sql}")
    accounts, months = con.execute("select count(*), sum(b - a + 1 - n) from gap_accounts").fetchone()
    if not accounts:
        con.execute("drop table gap_accounts")
        return
    found = con.execute(
        """with lives as (select account_id, f, sum(amount) as mrr from revenue
            where account_id in (select account_id from gap_accounts) group by all),
        steps as (select account_id, f, mrr, lead(f) over (partition by account_id order by f) as next from lives where mrr > 0)
        select count(*), sum(mrr), min((f, account_id)) from steps where next > f + 1"""
    ).fetchone()
    con.execute("drop table gap_accounts")
    if not found[0]:
        return
    month, first = found[2]
    notes.add(
        "gaps", Verdict.REPAIRED,
        f"{accounts:,} account(s) have {int(months):,} month(s) without revenue inside their life ({found[0]:,} "
            f"gap(s), {shown_money(found[1])} MRR): each is read as "
        f"churn and return, for example {shown(first)} after {month_text(month)}. The definition’s gap_months "
            f"bridges them.",
        count=found[0],
    )  # fmt: skip


def _not_positive(con: Any, notes: Notes, *, one_month: bool) -> None:
    """Credits, and account-months that net to nothing."""
    negatives, credit, zeros = con.execute(
        "select count_if(amount < 0), coalesce(sum(amount) filter (where amount < 0), 0), count_if(amount = 0) from revenue"
    ).fetchone()
    if zeros:
        notes.add("zero_mrr", Verdict.NOTE, f"{zeros:,} row(s) have an MRR of 0: such an account is not active.", count=zeros)
    if not negatives:
        return
    text = f"{negatives:,} negative line(s) ({shown_money(credit)}) are credits: each is added to its account and month."
    notes.add("credits", Verdict.REPAIRED, text, count=negatives)
    if not one_month:
        return
    count, total = con.execute(
        "select count(*), sum(s) from (select sum(amount) as s from revenue group by account_id, f having s <= 0 and min(amount) < 0)"
    ).fetchone()
    if count:
        examples = con.execute(
            f"select account_id, f, sum(amount) as s from revenue group by all having s <= 0 and min(amount) < 0 "
            f"order by min(row), account_id, f limit {_EXAMPLES}"
        ).fetchall()
        named = "; ".join(f"{shown(account)} {month_text(month)} {shown_money(amount)}" for account, month, amount in examples)
        text = f"{count:,} account-month(s) add up to 0 or less ({shown_money(total)}); their MRR is 0: {named}."
        notes.add("nets_to_zero", Verdict.REPAIRED, text, count=count)


def _future(con: Any, notes: Notes) -> None:
    """Months that have not begun."""
    now = current_month(dt.datetime.now(dt.UTC).date())
    count, last = con.execute("select count(*), max(f) from revenue where f > ?", [now]).fetchone()
    if count:
        text = f"{count:,} row(s) lie in the future, up to {month_text(last)}; current figures leave them out."
        notes.add("future", Verdict.WARNING, text, count=count)


def _outliers(con: Any, notes: Notes) -> None:
    """One amount out of all proportion, or a jump that looks like ARR or cents."""
    middle, top = con.execute("select approx_quantile(amount, 0.5) filter (where amount > 0), max(amount) from revenue").fetchone()
    if middle and top >= _OUTLIER * middle:
        row, account, amount = con.execute(
            "select row, account_id, amount from revenue where amount = ? order by row, account_id limit 1", [top]
        ).fetchone()
        median = shown_money(int(middle))
        text = f"row {row:,}: {shown(account)} has {shown_money(amount)} MRR, over {_OUTLIER:,} times the median {median}."
        notes.add("outlier", Verdict.WARNING, text, row=row, value=shown_money(amount))
    _unit_jumps(con, notes)


def _jump(months: list[tuple[int, float]]) -> tuple[int, float, int] | None:
    """The first month whose level is 12 or 100 times its neighbour's: month, ratio, factor."""
    for (_, before), (month, after) in pairwise(months):
        ratio = max(after, before) / max(1.0, min(after, before))
        for factor, (low, high) in _JUMPS.items():
            if low <= ratio <= high:
                return month, ratio, factor
    return None


def _unit_jumps(con: Any, notes: Notes) -> None:
    """A month whose median is 12 or 100 times the month before: ARR or cents among MRR. Means decide whether to look."""
    level = "select f, {} from revenue where amount > 0 group by f order by f"
    if _jump(con.execute(level.format("avg(amount)")).fetchall()) is None:
        return
    found = _jump(con.execute(level.format("median(amount)")).fetchall())
    if found is not None:
        month, ratio, factor = found
        what = "annual amounts (ARR)" if factor == 12 else "cents"  # noqa: PLR2004 - months of a year
        text = f"The median MRR changes {ratio:.1f}-fold in {month_text(month)}: some months may be {what}."
        notes.add("unit_jump", Verdict.WARNING, text, value=f"{ratio:.1f}")
