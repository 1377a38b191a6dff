"""Rows set aside and problems noticed, as tables: all of them, each with row, line, column, value and reason."""

from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.cells import bulk_insert
from nrr_core.ingest.notes import Notes, place, shown
from nrr_core.ingest.reading import Reading
from nrr_core.ingest.records import joined

__all__ = ["write_problems", "write_quarantine"]

_DETAILED: Final = 200  # problems of one rule that are written out in full
_MENDED: Final = {
    "stray_quote": "has a stray quote; it was read as a letter",
    "trailing_delimiter": "ends with extra delimiters; they were dropped",
}


def write_quarantine(reading: Reading) -> tuple[int, int]:
    """Fill ``quarantine``, note each row as a problem; how many rows were kept and how many set aside."""
    con, loaded = reading.con, reading.loaded
    con.execute('create or replace table quarantine ("row" bigint, line bigint, rule varchar, raw varchar, amount bigint)')
    con.execute(
        "create or replace table first_bad as select * from (select *, row_number() over (partition by ordinal "
        "order by rank, col) as n from bad) where n = 1"
    )
    held = int(con.execute("select count(*) from first_bad").fetchone()[0])
    if held:
        _cells(reading)
    _lines(reading)
    _note_mended(reading)
    loaded.kinds["data"] -= held
    loaded.kinds["quarantined"] += held
    dropped = int(con.execute("select count(*) from dropped").fetchone()[0])
    return loaded.records - held - dropped, held + len(loaded.broken)


def _lines(reading: Reading) -> None:
    """Lines that are no records of this table."""
    broken = reading.loaded.broken
    for one in broken:
        text = f"row {one.row:,} (line {one.line:,}) {one.reason}: “{shown(one.raw)}”. The line was set aside."
        reading.notes.add(one.rule, Verdict.QUARANTINED, text, row=one.row, line=one.line, value=one.raw)
    bulk_insert(reading.con, "quarantine", [
        [one.row for one in broken], [one.line for one in broken], [one.rule for one in broken], [one.raw for one in broken],
        [_literal(one.cells, reading) for one in broken],
    ])  # fmt: skip


def _note_mended(reading: Reading) -> None:
    """Lines that could be read once they were mended."""
    for rule, verb in _MENDED.items():
        found = [one for one in reading.loaded.repaired if one[3] == rule]
        if found:
            _, row, line, _, raw = found[0]
            text = f"row {row:,} (line {line:,}) {verb}: “{shown(raw)}”" + (
                f"; {len(found) - 1:,} more like it." if len(found) > 1 else "."
            )
            reading.notes.add(rule, Verdict.REPAIRED, text, row=row, line=line, value=raw, count=len(found))


def _literal(cells: tuple[str, ...] | None, reading: Reading) -> int | None:
    """The amount of a broken line, where a literal reading of it has the right width."""
    if cells is None or reading.wide:
        return None
    found = reading.guess.found
    column = next(found[name] for name in ("mrr", "amount", "arr") if name in found)
    return reading.money.parse(cells[column.index])


def _cells(reading: Reading) -> None:
    """Rows whose cells could not be read."""
    con = reading.con
    width = len(reading.columns.names)
    texts = ", ".join(f"cells.c{index}" for index in range(width))
    base = (
        f"(select base.ordinal, {reading.row} as row, {reading.line} as line, rule, col, value, reason "
        f"from first_bad as base {reading.place})"
    )
    sums = (
        f"(select ordinal, sum(amount) as amount from ({reading.every_row}) "
        f"where ordinal in (select ordinal from first_bad) group by ordinal)"
    )
    found = con.execute(
        f"select b.row, b.line, b.rule, b.col, b.value, b.reason, s.amount, {texts} from {base} as b join "
        f"{reading.loaded.table} as cells on cells.rowid = b.ordinal "
        f"left join {sums} as s on s.ordinal = b.ordinal order by b.row"
    )
    rows: list[tuple[Any, ...]] = []
    seen: dict[str, int] = {}
    names = reading.columns.names
    while block := found.fetchmany(20_000):
        for row, line, rule, at, value, reason, amount, *cells in block:
            rows.append((row, line, rule, joined(cells, reading.loaded.delimiter), amount))
            seen[rule] = seen.get(rule, 0) + 1
            if seen[rule] <= _DETAILED:
                column = names[at]
                text = f"{place(row, line, column, value or '')} {reason}. The row was set aside."
                reading.notes.add(rule, Verdict.QUARANTINED, text, row=row, line=line, column=column, value=value)
    bulk_insert(con, "quarantine", [list(column) for column in zip(*rows, strict=True)])
    for rule, count in seen.items():
        if count > _DETAILED:
            text = f"{count - _DETAILED:,} more rows were set aside for the same reason."
            reading.notes.add(rule, Verdict.QUARANTINED, text, count=count - _DETAILED)


def write_problems(con: Any, notes: Notes) -> None:
    """Fill ``problems``."""
    con.execute(
        'create or replace table problems (rule varchar, verdict varchar, message varchar, "row" bigint, line '
        'bigint, "column" varchar, value varchar, count bigint)'
    )
    rows = [(p.rule, str(p.verdict), p.message, p.row, p.line, p.column, p.value, p.count) for p in notes.problems]
    if rows:
        bulk_insert(con, "problems", [list(column) for column in zip(*rows, strict=True)])
