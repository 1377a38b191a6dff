"""Rows that are no record of their own: blank ones, the header once more, totals, several days of one month."""

from typing import Final

from nrr_core.errors import Verdict
from nrr_core.ingest.notes import shown, shown_money
from nrr_core.ingest.reading import Reading

__all__ = ["check_totals", "drop_empty", "pick_days", "set_aside_blank"]

_TOTALS: Final = "'(grand|sub)?[ -]?totals?( (mrr|revenue|sum|amount))?:?|sum:?|summe:?|gesamt(summe)?:?|overall:?'"
_DROPPED: Final = {
    "blank": "row(s) without any value",
    "repeated header": "repeated header line(s) in the middle of the file",
}


def drop_empty(reading: Reading) -> None:
    """Rows that are no data: all cells blank, or the header once more."""
    con, loaded, columns = reading.con, reading.loaded, reading.columns
    width = len(columns.names)
    blank = f"coalesce({', '.join(f'c{index}' for index in range(width))}) is null"
    if loaded.untidy:
        blank = " and ".join(f"coalesce(trim(c{index}), '') = ''" for index in range(width))
    first = [one.index for one in reading.guess.found.values()][:3]
    same = " and ".join(f"trim(c{index}) = ?" for index in first)
    con.execute(
        f"create or replace table dropped as select rowid as ordinal, case when {blank} then 'blank' else 'repeated header' end "
        f"as kind from {loaded.table} where {blank} or ({same})",
        [columns.names[index] for index in first],
    )
    for kind, count, ordinal in con.execute("select kind, count(*), min(ordinal) from dropped group by 1").fetchall():
        row, line = loaded.where(ordinal)
        text = f"{count:,} {_DROPPED[kind]} were dropped, the first at line {line:,}."
        reading.notes.add(kind.replace(" ", "_"), Verdict.REPAIRED, text, row=row, line=line, count=count)
        loaded.kinds["data"] -= count
        loaded.kinds[kind] += count


def set_aside_blank(reading: Reading) -> None:
    """Rows without an account, a period or an amount, and summary rows."""
    account = f"trim({reading.value('account')})" if reading.tidied else "base.account"
    join = "left join fix_account on base.account = fix_account.text" if "account" in reading.tidied else ""
    at = reading.at("account_id")
    reading.set_aside(1, "'total_row'", f"regexp_full_match(lower({account}), {_TOTALS})", at=at, value="base.account",
                      reason="'is a total of other rows, not an account'", join=join)  # fmt: skip
    when = "start" if "start" in reading.roles else "month"
    no_time, no_amount = f"coalesce(trim(base.{when}), '') = ''", "coalesce(trim(base.amount), '') = ''"
    if not reading.wide:
        reading.set_aside(2, "'no_record'", f"{no_time} and {no_amount}", at=at, value="base.account",
                          reason="'has neither a period nor an amount: a note, not a record'")  # fmt: skip
        reading.set_aside(4, "'blank_month'", no_time, at=reading.at("month", "start_date"), value="''",
                          reason="'is blank; every row needs a period'")  # fmt: skip
    reading.set_aside(3, "'blank_account'", f"coalesce({account}, '') = ''", at=at, value="''",
                      reason="'is blank: a subtotal, or a row without an account'", join=join)  # fmt: skip
    _ask_blank_amounts(reading, no_amount)


def _ask_blank_amounts(reading: Reading, no_amount: str) -> None:
    """What a record without an amount means, where there is one."""
    count, first = reading.con.execute(
        f"select count(*), min(ordinal) from base where {no_amount} and ordinal not in (select ordinal from bad)"
    ).fetchone()
    if not count:
        return
    row, line = reading.loaded.where(first)
    taken = reading.notes.ask(
        "blank_mrr",
        f"{count:,} row(s) have no amount, the first is row {row:,} (line {line:,}), column "
        f'"{shown(reading.column("mrr", "amount", "arr"))}". What does a blank mean?',
        {"zero": "no revenue: read it as 0", "missing": "the amount is missing: set those rows aside"},
    )
    if taken == "missing":
        reading.set_aside(5, "'blank_mrr'", no_amount, at=reading.at("mrr", "amount", "arr"), value="''",
                          reason="'is blank; blank means missing, as answered'")  # fmt: skip


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
        f"select ordinal, f, amount from ({reading.every_row}) "
        f"where ordinal in (select ordinal from bad where rule = 'total_row') limit 1000"
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
        f"Row {row:,} (line {line:,}) is called a total but {shown_money(wrong[0][2])} is not the sum of the rows it could sum up.",
        {"quarantine": "it is a summary: set it aside", "keep": "it is an account of that name"},
    )
    reading.notes.stop_if_open()
    if taken == "keep":
        reading.con.execute("delete from bad where rule = 'total_row'")
        reading.con.execute("drop view if exists revenue") if not reading.is_table() else reading.con.execute("drop table revenue")
        reading.con.execute(
            f"create table revenue as select * exclude (ordinal, repaired) from ({reading.every_row}) where ordinal "
            f"not in (select ordinal from bad)"
        )
