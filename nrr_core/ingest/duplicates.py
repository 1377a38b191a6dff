"""Several lines of one account and month: identical ones, others that are added, attributes on which they disagree."""

from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.notes import Notes, shown, shown_money
from nrr_core.ingest.reading import Reading
from nrr_core.periods import month_text

__all__ = ["drop_repeated", "note_duplicates"]

_EXAMPLES: Final = 3
_SHEET: Final = """create or replace temp table sheet_lines as select "row", {0}, min(f) as f, sum(amount) as amount,
    list((f, amount) order by f) as months from revenue group by "row", {0}"""


def note_duplicates(con: Any, notes: Notes, dimensions: dict[str, str], *, wide: bool) -> None:
    """Say which there are, and ask whether identical lines count; those that don't are in ``repeated``.

    ``wide``: a line holds the amounts of many months. It repeats another where all of them are the same, not where one is.
    """
    if not _possible(con):
        return
    besides = [name for name, *_ in con.execute("describe revenue").fetchall() if name in {"item", "kind", "currency"}]
    told = ["account_id", *dimensions, *besides]
    if wide:
        con.execute(_SHEET.format(", ".join(told)))
    _identical(con, notes, [*told, "f", "amount", *(["months"] if wide else [])], wide=wide)
    _added(con, notes, wide=wide)
    con.execute("drop table if exists sheet_lines")
    _disagreeing(con, notes, dimensions)


def _possible(con: Any) -> bool:
    """Whether any account has two lines in one month, by counting set bits of months per account."""
    low, high = con.execute("select min(f), max(f) from revenue").fetchone()
    if low is None:
        return False
    if high - low > 60:  # noqa: PLR2004 - bits of a signed 64-bit integer
        return bool(con.execute("select exists (select 1 from revenue group by account_id, f having count(*) > 1)").fetchone()[0])
    return bool(
        con.execute(
            f"select exists (select 1 from revenue group by account_id having count(*) > bit_count(bit_or(cast(1 as "
            f"bigint) << (f - {low}))))"
        ).fetchone()[0]
    )


def _identical(con: Any, notes: Notes, same: list[str], *, wide: bool) -> None:
    """Identical lines are listed with the MRR at stake."""
    lines_of, alike = ("sheet_lines" if wide else "revenue"), ", ".join(same)
    groups, lines, stake = con.execute(
        f"select count(*), coalesce(sum(n - 1), 0), coalesce(sum((n - 1) * amount), 0) from (select {alike}, "
        f"count(*) as n from {lines_of} group by all having n > 1)"
    ).fetchone()
    if not groups:
        return
    examples = con.execute(
        f'select account_id, f, amount, n, r from (select {alike}, count(*) as n, min("row") as r from {lines_of} '
        f"group by all having n > 1) order by r, account_id, f, amount limit {_EXAMPLES}"
    ).fetchall()
    what = "account, months and amounts" if wide else "account, month and amount"
    taken = notes.ask(
        "duplicates",
        f"{lines:,} line(s) repeat another line of the same {what} ({shown_money(stake)} MRR). Are they counted?",
        {"add": "yes: they are lines of their own", "drop": "no: each is counted once"},
        default="add",
    )
    begin = "from " if wide else ""
    named = "; ".join(f"{shown(a)} {begin}{month_text(f)} {shown_money(m)} ×{n}" for a, f, m, n, _ in examples)
    were = "was" if lines == 1 else "were"
    if taken == "add":
        of = "account" if wide else "account and month"
        text = (
            f"{lines:,} identical line(s) of one {of} {were} added: {shown_money(stake)} MRR at stake ({named}). "
            "Drop them with --set duplicates=drop."
        )
        notes.add("duplicates_added", Verdict.REPAIRED, text, row=examples[0][4], count=lines)
    else:
        text = f"{lines:,} identical line(s) ({shown_money(stake)} MRR) {were} dropped, as answered ({named})."
        notes.add("duplicates_dropped", Verdict.REPAIRED, text, row=examples[0][4], count=lines)
        con.execute(
            'create or replace table repeated as select "row", amount from (select "row", amount, '
            f'row_number() over (partition by {alike} order by "row") as n from {lines_of}) where n > 1'
        )


def _added(con: Any, notes: Notes, *, wide: bool) -> None:
    """Lines of different amounts are added; in a sheet, lines that differ in any month."""
    differ = "count(distinct months)" if wide else "count(distinct amount)"
    joined = 'revenue join (select "row", months from sheet_lines) using ("row")' if wide else "revenue"
    count, example = con.execute(
        f"select count(*), min(account_id || ' ' || f) from (select account_id, f, count(*) as n, {differ} as k from {joined} "
        "group by account_id, f having n > 1 and k > 1)"
    ).fetchone()
    if count:
        account, _, month = example.rpartition(" ")
        text = f"{count:,} account-month(s) have several lines, which were added, for example {shown(account)} {month_text(int(month))}."
        notes.add("lines_added", Verdict.NOTE, text, count=count)


def _disagreeing(con: Any, notes: Notes, dimensions: dict[str, str]) -> None:
    """Attributes on which lines of one account and month disagree."""
    for key, name in dimensions.items():
        count = con.execute(
            f"select count(*) from (select 1 from revenue group by account_id, f having count(distinct {key}) > 1)"
        ).fetchone()[0]
        if count:
            text = f'Column "{shown(name)}": in {count:,} account-month(s) the lines disagree; the line with the largest amount decides.'
            notes.add("attribute_disagrees", Verdict.NOTE, text, column=name, count=count)


def drop_repeated(reading: Reading) -> int:
    """Take identical lines out of ``revenue`` where the person asked for it; how many, all of them set aside."""
    con, kinds = reading.con, reading.loaded.kinds
    if not con.execute("select count(*) from duckdb_tables() where table_name = 'repeated'").fetchone()[0]:
        return 0
    con.execute("create or replace table revenue_once as select * from revenue where row not in (select row from repeated)")
    con.execute(f"drop {'table' if reading.is_table() else 'view'} revenue")
    con.execute("alter table revenue_once rename to revenue")
    count = int(con.execute("select count(*) from repeated").fetchone()[0])
    con.execute("insert into quarantine select row, null, 'duplicate', null, amount from repeated")
    con.execute("drop table repeated")
    kinds["data"] -= count
    kinds["quarantined"] += count
    return count
