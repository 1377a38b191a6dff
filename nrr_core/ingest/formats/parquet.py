"""Parquet, read by DuckDB; nested and binary columns are refused, everything else becomes text."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from nrr_core.ingest.cells import Loaded, check_rows, quoted
from nrr_core.ingest.limits import CELL_BYTES, COLUMNS, ROWS, UNPACKED_BYTES
from nrr_core.ingest.notes import Notes, shown

__all__ = ["accepts", "open_file"]

_MAGIC: Final = b"PAR1"
_NESTED: Final = re.compile(r"STRUCT|MAP|UNION|\[|LIST|BLOB|BIT", re.IGNORECASE)
_SAMPLE: Final = 400
_CELL: Final = 16  # bytes a short text takes in the database
_RATIO: Final = 1_000  # bytes in the database for one of the file, beyond which it is a bomb


def accepts(head: bytes) -> bool:
    """Parquet says so in its first four bytes."""
    return head.startswith((_MAGIC, b"PARE"))


@dataclass
class ParquetFile:
    """A Parquet file whose footer has been read."""

    path: Path
    notes: Notes
    columns: tuple[tuple[str, str], ...]
    sample: tuple[tuple[str, ...], ...]
    format: str = "parquet"
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as written."""
        return tuple(name for name, _ in self.columns)

    def load(self, con: Any, *, table: str, progress: Callable[[float], None]) -> Loaded:
        """Read all rows as text."""
        names = tuple(f"c{index}" for index in range(len(self.columns)))
        try:
            con.execute("set TimeZone = 'UTC'")
            con.execute(f"create table {table} as {_text_of(self.path, self.columns, names)}")
        except duckdb.Error as error:
            raise self.notes.refuse("The Parquet file is damaged. Write it again.") from error
        progress(1.0)
        count = int(con.execute(f"select count(*) from {table}").fetchone()[0])
        return Loaded(table, count, 1, count, Counter({"data": count}))


def _text_of(path: Path, columns: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> str:
    """SELECT of all columns as text, by position: names of the file never reach SQL."""
    parts = []
    for name, (_, kind) in zip(names, columns, strict=True):
        text = f"cast({name} as varchar)"
        if kind in {"DOUBLE", "FLOAT"}:  # 12.0 is written 12, as in the source of most such columns
            text = f"regexp_replace({text}, '\\.0$', '')"
        if kind.startswith("TIMESTAMP"):
            text = f"regexp_replace({text}, ' 00:00:00(\\+00)?$', '')"
        parts.append(f"{text} as {name}")
    return f"select {', '.join(parts)} from read_parquet({quoted(str(path))}) as file({', '.join(names)})"


def open_file(source: Path, head: bytes, *, work: Path, notes: Notes) -> ParquetFile:
    """Read the footer and some rows; refuse what cannot be a table of revenue."""
    del work
    if head.startswith(b"PARE"):
        raise notes.refuse("The Parquet file is encrypted. Write it without encryption.")
    con = duckdb.connect()
    try:
        con.execute("set TimeZone = 'UTC'")
        path = quoted(str(source))
        size = con.execute(f"select sum(total_uncompressed_size) from parquet_metadata({path})").fetchone()[0]
        total = con.execute(f"select sum(num_rows) from parquet_file_metadata({path})").fetchone()[0]
        columns = tuple((row[0], row[1]) for row in con.execute(f"describe select * from read_parquet({path})").fetchall())
        _check(columns, total=int(total or 0), size=int(size or 0), notes=notes)
        _check_size(_CELL * int(total) * len(columns), source, notes=notes)
        names = tuple(f"c{index}" for index in range(len(columns)))
        _check_texts(con, source, columns, notes=notes)
        sample = con.execute(f"{_text_of(source, columns, names)} limit {_SAMPLE}").fetchall()
    except duckdb.Error as error:
        raise notes.refuse("The Parquet file is damaged or cut off. Write it again.") from error
    finally:
        con.close()
    return ParquetFile(source, notes, columns, tuple(tuple("" if v is None else str(v) for v in row) for row in sample))


def _check(columns: tuple[tuple[str, str], ...], *, total: int, size: int, notes: Notes) -> None:
    """Types, counts and unpacked size."""
    for name, kind in columns:
        if _NESTED.search(kind):
            raise notes.refuse(
                f"Column “{shown(name)}” has the type {kind}; only plain columns can be read. Leave it out or turn it into text."
            )
    if not total:
        raise notes.refuse("The Parquet file has no data rows. Write it again with its rows.")
    check_rows(total, limit=ROWS, notes=notes)
    if len(columns) > COLUMNS:
        raise notes.refuse(f"The file has {len(columns):,} columns; {COLUMNS:,} are allowed.")
    if size > 4 * UNPACKED_BYTES:
        raise notes.refuse(f"The file unpacks to {size:,} bytes; {4 * UNPACKED_BYTES:,} are allowed.")


def _check_size(size: int, source: Path, *, notes: Notes) -> None:
    """Refuse a file that becomes a thousand times as large once its cells are written out."""
    if size > UNPACKED_BYTES and size > _RATIO * source.stat().st_size:
        raise notes.refuse(
            f"The file has {source.stat().st_size:,} bytes and unpacks to {size:,}; {UNPACKED_BYTES:,} are allowed for so small a file. "
            "Add the lines of each account and month together first."
        )


def _check_texts(con: Any, source: Path, columns: tuple[tuple[str, str], ...], *, notes: Notes) -> None:
    """Length of the texts, by reading them: one text of a dictionary can stand in every row, and what the footer says is not proof."""
    places = [index for index, (_, kind) in enumerate(columns) if kind == "VARCHAR"]
    if not places:
        return
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    parts = ", ".join(f"sum(strlen(c{index})), max(strlen(c{index}))" for index in places)
    found = con.execute(f"select {parts} from read_parquet({quoted(str(source))}) as file({names})").fetchone()
    for place, longest in zip(places, found[1::2], strict=True):
        if longest is not None and longest > CELL_BYTES:
            raise notes.refuse(
                f"A cell of column “{shown(columns[place][0])}” has {longest:,} bytes; {CELL_BYTES:,} are allowed. Leave the column out."
            )
    _check_size(sum(int(total or 0) for total in found[0::2]), source, notes=notes)
