"""From cells to revenue lines: each column typed, failures set aside with row, line, column and value."""

from collections.abc import Callable

from nrr_core.ingest import layouts, rows, typed, units
from nrr_core.ingest.cells import line_sql
from nrr_core.ingest.reading import Reading
from nrr_core.schema import RATE_UNIT

__all__ = ["write"]


def write(reading: Reading, progress: Callable[[float], None]) -> None:
    """All steps; leaves ``revenue``, ``bad`` and ``dropped`` in the database."""
    reading.con.execute(
        "create or replace table bad (ordinal bigint, rank integer, rule varchar, col integer, value varchar, reason varchar)"
    )
    rows.drop_empty(reading)
    _lay_out(reading)
    progress(0.1)
    typed.read_texts(reading)
    rows.set_aside_blank(reading)
    progress(0.3)
    typed.read_amounts(reading)
    typed.read_dates(reading)
    units.read_currency(reading)
    reading.notes.stop_if_open()
    progress(0.5)
    _write(reading)
    progress(0.8)
    rows.check_totals(reading)


def _lay_out(reading: Reading) -> None:
    """The view ``base``: one line of revenue a row, as text, as the layout has it."""
    con, table = reading.con, reading.loaded.table
    layout = layouts.module_of(reading.guess.layout)
    sql = layout.base(reading.columns, reading.guess, table=table, dimensions=reading.indexes | reading.lines.roles)
    filtered = " where rowid not in (select ordinal from dropped)" if reading.any_in("dropped") else ""
    source = f"(select rowid, * from {table}{filtered})" if filtered else table
    con.execute(f"create or replace view base as {sql.replace(f'from {table}', f'from {source}')}")
    reading.roles = {row[0] for row in con.execute("describe base").fetchall()}


def _write(reading: Reading) -> None:
    """The table or view ``revenue``: a view where every cell is plain, a table where something had to be joined."""
    con, roles = reading.con, reading.roles
    reading.row, reading.line, reading.place = line_sql(con, reading.loaded)
    amount = units.mrr_sql(reading)
    first = "fix_start.month" if "start" in roles else "fix_month.month"
    after = "fix_finish.month" if "finish" in roles else f"{first} + 1" if "month" in roles else "cast(null as integer)"
    attributes = "".join(f", {reading.value(one.key)} as {one.key}" for one in reading.dimensions)
    repaired = " or ".join(reading.repaired) or "false"
    said = _said(reading, amount)
    if reading.base:
        code = "upper(trim(base.currency))"
        reading.joins.append(f"left join rates as fx on fx.currency = {code} and fx.f <= {first} and fx.t > {first}")
        amount = f"cast(share(cast({amount} as hugeint) * fx.rate, {RATE_UNIT}) as bigint)"
    if "month" in roles and not reading.wide:
        rows.pick_days(reading, amount)
    columns = (
        f"{reading.row} as row, {reading.value('account')} as account_id, {first} as f, {after} as t, {amount} as amount{attributes}{said}"
    )
    source = f"from base {' '.join(reading.joins)} {reading.place}"
    reading.every_row = f"select base.ordinal, {columns}, coalesce({repaired}, false) as repaired {source}"
    good = " where base.ordinal not in (select ordinal from bad)" if reading.any_in("bad") else ""
    plain = not (good or reading.repaired or reading.place or reading.wide or reading.base)
    con.execute("drop view if exists revenue")
    con.execute(f"create or replace {'view' if plain else 'table'} revenue as select {columns} {source}{good}")
    if reading.repaired:
        counted = f"select count(distinct ordinal) from ({reading.every_row}{good}) where repaired"
        reading.rows_repaired = con.execute(counted).fetchone()[0]


def _said(reading: Reading, amount: str) -> str:
    """SQL of what lines say besides."""
    lines = reading.lines
    item = next((key for key, index in reading.indexes.items() if index == lines.item), "item")
    said = "" if lines.item is None else f", {reading.value(item)} as item"
    said += "" if lines.kind is None else f", {lines.kind_sql} as kind"
    return f"{said}, upper(trim(base.currency)) as currency, {amount} as native" if reading.base else said
