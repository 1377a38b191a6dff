"""Cells as text in the database: where they came from, line by line."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nrr_core.ingest.notes import Notes
from nrr_core.ingest.split import Broken

__all__ = ["Loaded", "Opened", "bulk_insert", "line_sql", "load_text", "quoted"]


@dataclass
class Loaded:
    """A file's records as table ``table`` (c0 … cn, all text; rowid = ordinal) and what became of its other lines.

    ``first_line`` is the line of ordinal 0 where records and lines run in step; otherwise ``breaks`` holds
    (ordinal, row, line) triples and the table ``<table>_lines`` the same.
    """

    table: str
    records: int
    first_line: int
    lines_total: int
    kinds: Counter[str]
    broken: list[Broken] = field(default_factory=list)
    repaired: list[tuple[int, int, int, str, str]] = field(default_factory=list)
    breaks: "array[int]" = field(default_factory=lambda: array("q"))
    untidy: bool = True  # whether cells may hold spaces where they should not
    strange: bool = True  # whether cells may hold characters beyond printable ASCII
    delimiter: str = ","
    text: bool = False  # whether it is delimited text, where a leading ' keeps a spreadsheet from seeing a formula

    def where(self, ordinal: int) -> tuple[int, int]:
        """Row and physical line of a record."""
        if not self.breaks:
            return ordinal + 1, ordinal + self.first_line
        at = 3 * (bisect_right(self.breaks[0::3], ordinal) - 1)
        start, row, line = self.breaks[at : at + 3]
        return row + ordinal - start, line + ordinal - start


class Opened(Protocol):
    """A file whose head has been read: what a format module returns."""

    format: str
    encoding: str | None
    delimiter: str | None
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]

    def load(self, con: Any, *, table: str, progress: Callable[[float], None]) -> Loaded:
        """Read all of it into the database."""
        ...


def quoted(text: str) -> str:
    """Text as a SQL literal. Only for what we wrote ourselves: paths of temporary files and delimiters."""
    return "'" + text.replace("'", "''") + "'"


def load_text(
    con: Any,
    path: Path,
    *,
    table: str,
    width: int,
    delimiter: str,
    quote: bool,
    skip: int,
    longest: int,
    multiline: bool,
) -> int:
    """Read delimited text into ``table`` with canonical column names; the number of records."""
    names = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(width))
    mark = quoted('"' if quote else "")
    size = max(2_097_152, longest + 4_096)
    con.execute(
        f"create table {table} as select * from read_csv({quoted(str(path))}, columns = {{{names}}}, header = false, "
        f"skip = {skip}, delim = {quoted(delimiter)}, quote = {mark}, escape = {mark}, comment = '', "
        f"auto_detect = false, strict_mode = true, null_padding = false, "
        f"max_line_size = {size}{', parallel = false' if multiline else ''})"
    )
    return int(con.execute(f"select count(*) from {table}").fetchone()[0])


def bulk_insert(con: Any, table: str, columns: list[list[Any]]) -> None:
    """Append rows given by column."""
    if columns and columns[0]:
        for start in range(0, len(columns[0]), 50_000):
            part = [column[start : start + 50_000] for column in columns]
            con.execute(f"insert into {table} select {', '.join('unnest(?)' for _ in part)}", part)


def line_sql(con: Any, loaded: Loaded) -> tuple[str, str, str]:
    """SQL for row, line and the join they need, for a relation ``base`` with an ``ordinal``."""
    if not loaded.breaks:
        return "base.ordinal + 1", f"base.ordinal + {loaded.first_line}", ""
    name = f"{loaded.table}_lines"
    con.execute(f"create or replace table {name} (ordinal bigint, row bigint, line bigint)")
    triples = loaded.breaks
    bulk_insert(con, name, [list(triples[0::3]), list(triples[1::3]), list(triples[2::3])])
    join = f"asof left join {name} as place on base.ordinal >= place.ordinal"
    return "place.row + base.ordinal - place.ordinal", "place.line + base.ordinal - place.ordinal", join


def check_rows(count: int, *, limit: int, notes: Notes) -> None:
    """Refuse more records than the limit, with a way to make them fewer."""
    if count > limit:
        raise notes.refuse(f"The file has {count:,} rows; {limit:,} are allowed. Add the lines of each account and month together first.")
