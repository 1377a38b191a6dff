"""Rows that stand for several others: totals, and several days of one month."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nrr_core.ingest.reading import Reading

__all__ = ["check_totals", "pick_days"]


def pick_days(reading: Reading, amount: str) -> None:
    """Several days of one account in one month: the person says what they are."""
    days = reading.con.execute(
        "select count(*) from (select month from fix_month where day is not null group by month having count(distinct day) > 1)"
    ).fetchone()[0]
    if not days:
        return
    account, joins = reading.value("account"), " ".join(reading.joins)
    days_sql = f"select base.ordinal, {account} as a, fix_month.month as m, fix_month.day as d, {amount} as v from base {joins}"
    found = reading.con.execute(
        f"select count(*), min(o) from (select a, m, min(ordinal) as o from ({days_sql}) where m is not null "
        f"group by a, m having count(distinct d) > 1)"
    ).fetchone()
    if not found[0]:
        return
    row, line = reading.loaded.where(found[1])
    taken = reading.notes.ask(
        "same_month",
        f"{found[0]:,} account-month(s) have rows of several days, the first at row {row:,} (line {line:,}). Which MRR is theirs?",
        {"last": "the last day’s", "first": "the first day’s", "sum": "all of them added"},
    )
    reading.notes.stop_if_open()
    if taken in {"last", "first"}:
        best = "max" if taken == "last" else "min"
        reading.con.execute(
            f"insert into bad select ordinal, 11, 'other_day', {reading.at('month')}, cast(d as varchar), 'is not "
            f"the {taken} day of its month' "
            f"from (select *, {best}(d) over (partition by a, m) as keep from ({days_sql})) where d <> keep"
        )


def check_totals(reading: Reading) -> None:
    """A summary row must equal the rows it sums up; otherwise it may be an account of that name."""
    found = reading.con.execute(
        f"select ordinal, f, amount from ({reading.typed}) where ordinal in (select ordinal from bad where rule = 'total_row') limit 1000"
    ).fetchall()
    if not found:
        return
    whole = reading.con.execute("select coalesce(sum(amount), 0) from revenue").fetchone()[0]
    months = dict(reading.con.execute("select f, sum(amount) from revenue group by f").fetchall())
    wrong = [one for one in found if one[2] is not None and one[2] not in {whole, months.get(one[1])}]
    if not wrong:
        return
    row, line = reading.loaded.where(wrong[0][0])
    taken = reading.notes.ask(
        "totals",
        f"Row {row:,} (line {line:,}) is called a total but {wrong[0][2] / 10_000:,.2f} is not the sum of the rows it could sum up.",
        {"quarantine": "it is a summary: set it aside", "keep": "it is an account of that name"},
    )
    reading.notes.stop_if_open()
    if taken == "keep":
        reading.con.execute("delete from bad where rule = 'total_row'")
        reading.con.execute("drop view if exists revenue") if not reading.is_table() else reading.con.execute("drop table revenue")
        reading.con.execute(
            f"create table revenue as select * exclude (ordinal, repaired) from ({reading.typed}) where ordinal "
            f"not in (select ordinal from bad)"
        )
