"""Excel workbooks, read cell by cell: error cells are named, formulas without a value are set aside."""

import csv
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from nrr_core.ingest.cells import Loaded, load_text
from nrr_core.ingest.dialect import Dialect, find_dialect
from nrr_core.ingest.limits import CELL_BYTES, CHUNK, COLUMNS, UNPACKED_BYTES
from nrr_core.ingest.notes import Notes, shown

__all__ = ["accepts", "open_file"]

_MAGIC: Final = b"PK\x03\x04"
_RATIO: Final = 200  # unpacked to packed, beyond which a workbook is a bomb
_MOST_ROWS: Final = 1_048_576  # of any sheet
_MOST_SHEETS: Final = 1_000
_LIST_BYTES: Final = 10_000_000  # of a part that lists sheets, styles or the like, and is read whole
_LISTS: Final = ("[Content_Types].xml", "_rels/", "docProps/", "xl/workbook.xml", "xl/_rels/", "xl/styles.xml", "xl/theme/")
_SHEETS: Final = "xl/worksheets/"
_DAMAGED: Final = (
    LookupError, ValueError, TypeError, AttributeError, EOFError, OverflowError, RecursionError, SyntaxError, OSError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_HARMLESS: Final = 50_000_000  # unpacked bytes that are read whatever the ratio
_NO_VALUE: Final = "#VALUE!"  # stands for a formula that was never calculated


def accepts(head: bytes) -> bool:
    """A workbook is a zip archive."""
    return head.startswith(_MAGIC)


@dataclass
class Workbook:
    """One sheet, written out as text with a physical line for each of its rows."""

    path: Path
    notes: Notes
    dialect: Dialect
    rows: int
    longest: int
    format: str = "xlsx"
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as written."""
        return self.dialect.header

    @property
    def sample(self) -> tuple[tuple[str, ...], ...]:
        """Some records."""
        return self.dialect.sample

    def load(self, con: Any, *, table: str, progress: Callable[[float], None]) -> Loaded:
        """Read the text into the database; rows and lines run in step."""
        count = load_text(
            con, self.path, table=table, width=self.dialect.width, delimiter="\x1f", quote=True, skip=self.dialect.first_line - 1,
            longest=self.longest, multiline=False,
        )  # fmt: skip
        progress(1.0)
        kinds = Counter(dict(self.dialect.before)) + Counter({"data": count})
        return Loaded(table, count, self.dialect.first_line, self.rows, kinds)


def open_file(source: Path, head: bytes, *, work: Path, notes: Notes) -> Workbook:
    """Check the archive, choose the sheet, and write it out as text."""
    del head
    _check_archive(source, notes)
    target = work / f"{source.name[:40].encode('ascii', 'ignore').decode().replace('/', '_')}.sheet.txt"
    try:
        _check_lists(source, notes)
        name, rows, longest = _write(source, target, notes)
    except _DAMAGED as error:
        raise notes.refuse(f"The workbook is damaged ({shown(error)}). Open it in Excel, save it and upload again.") from error
    text = target.read_text(encoding="utf-8")
    if not text.strip('\x1f\n" '):
        raise notes.refuse(f"Sheet “{shown(name)}” is empty. Export it again.")
    dialect = find_dialect("sep=\x1f\n" + text[:400_000], complete=len(text) < 400_000, notes=Notes(notes.options))  # noqa: PLR2004 - characters that decide
    return _as_lines(target, dialect, rows, longest, notes)


def _write(source: Path, target: Path, notes: Notes) -> tuple[str, int, int]:
    """Write the chosen sheet as text; its name, its rows, and the most bytes a line may have.

    The files are opened here because openpyxl judges paths by their ending. What a sheet says of its own size is not
    believed: it would be filled up with blank cells.
    """
    import openpyxl  # noqa: PLC0415 - slow to import, needed for workbooks only

    width, rows, longest = 0, 0, 0
    with source.open("rb") as raw, source.open("rb") as again, target.open("w", encoding="utf-8", newline="") as out:
        values = openpyxl.load_workbook(raw, read_only=True, data_only=True, keep_links=False)
        formulas = openpyxl.load_workbook(again, read_only=True, data_only=False, keep_links=False)
        name = _sheet(values, notes)
        for book in (values, formulas):
            book[name].reset_dimensions()
        writer = csv.writer(out, delimiter="\x1f", lineterminator="\n")
        for cells in _texts(values[name], formulas[name], notes):
            width = max(width, len(cells))
            if width > COLUMNS:
                raise notes.refuse(f"The sheet has more than {COLUMNS:,} columns. Use a row per account and month.")
            writer.writerow([*cells, *[""] * (max(width, 2) - len(cells))])
            rows += 1
            size = 4 * sum(len(cell) + 3 for cell in cells)
            longest = max(longest, size)
            if size > CELL_BYTES and max(len(cell.encode()) for cell in cells) > CELL_BYTES:
                raise notes.refuse(f"A cell of row {rows:,} has more than {CELL_BYTES:,} bytes. Empty it and save again.")
    return name, rows, longest


def _as_lines(target: Path, dialect: Dialect, rows: int, longest: int, notes: Notes) -> Workbook:
    """The sheet's layout, with line numbers that are its row numbers."""
    before = tuple((kind, count) for kind, count in dialect.before if kind != "separator line")
    shifted = Dialect(
        "\x1f",
        dialect.header,
        dialect.header_line - 1,
        dialect.first_line - 1,
        dialect.width,
        before,
        dialect.sample,
        dialect.numeric,
    )
    return Workbook(target, notes, shifted, rows, longest)


def _check_archive(source: Path, notes: Notes) -> None:
    """Refuse what is no workbook, is damaged, or would unpack to too much."""
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise notes.refuse("The file is a damaged or cut-off archive. Save the workbook again and upload it whole.") from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        if "xl/workbook.bin" in names or "content.xml" in names:
            raise notes.refuse("The file is an .xlsb or .ods workbook. Save it as XLSX or CSV.")
        raise notes.refuse("The file is a zip archive, not a workbook. Unpack it and upload the CSV, XLSX or Parquet inside.")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > UNPACKED_BYTES:
        raise notes.refuse(f"The workbook unpacks to {unpacked:,} bytes; {UNPACKED_BYTES:,} are allowed. Save the sheet as CSV.")
    if unpacked > _HARMLESS and unpacked / packed > _RATIO:
        raise notes.refuse(f"The workbook unpacks to {unpacked:,} bytes, over {_RATIO} times its size. Save the sheet as CSV.")
    if any("vbaProject" in name for name in names):
        from nrr_core.errors import Verdict  # noqa: PLC0415 - one rare case

        notes.add("macros", Verdict.NOTE, "The workbook has macros; they were not run.")


def _check_lists(source: Path, notes: Notes) -> None:
    """Refuse lists of sheets, styles and the like that would take long to read."""
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith(_LISTS) and entry.file_size > _LIST_BYTES:
                raise notes.refuse(
                    f"“{shown(entry.filename)}” in the workbook is larger than {_LIST_BYTES:,} bytes. Save the sheet as CSV."
                )
            if entry.filename.startswith(_SHEETS) and entry.file_size > _HARMLESS and _rows_of(archive, entry) > _MOST_ROWS:
                raise notes.refuse(f"“{shown(entry.filename)}” in the workbook has more than {_MOST_ROWS:,} rows. Save the sheet as CSV.")
        sheets = archive.read("xl/workbook.xml").replace(b"\0", b"").count(b"sheetId")  # in UTF-8 or UTF-16
    if sheets > _MOST_SHEETS:
        raise notes.refuse(f"The workbook has {sheets:,} sheets; {_MOST_SHEETS:,} are allowed. Save the sheet as CSV.")


def _rows_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Rows of a sheet, by their marks: far quicker than reading it, so that one without end is not begun."""
    with archive.open(entry) as part:
        return sum(block.count(b"<row") for block in iter(lambda: part.read(CHUNK), b""))


def _sheet(book: Any, notes: Notes) -> str:
    """The sheet to read: the only visible one with rows, else the person's choice."""
    shown_sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    filled = [
        sheet for sheet in shown_sheets if any(any(v is not None for v in row) for row in sheet.iter_rows(max_row=20, values_only=True))
    ]
    if len(filled) == 1:
        return str(filled[0].title)
    if not filled:
        raise notes.refuse("The workbook has no visible sheet with rows. Export it again.")
    options = {str(number): f"“{shown(sheet.title)}”" for number, sheet in enumerate(filled, 1)}
    taken = notes.ask("sheet", f"The workbook has {len(filled)} sheets with rows. Which one is read?", options)
    notes.stop_if_open()
    return str(filled[int(taken or "1") - 1].title)


def _texts(values: Any, formulas: Any, notes: Notes) -> Iterator[list[str]]:
    """Rows of a sheet as text; a formula without a stored value is an error cell. Trailing blank rows are left out."""
    blank: list[list[str]] = []
    pairs = zip(values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False)
    for number, (seen, written) in enumerate(pairs, 1):
        if number > _MOST_ROWS:
            raise notes.refuse(f"The sheet has more than {_MOST_ROWS:,} rows. Save it as CSV.")
        cells = [
            _NO_VALUE if value is None and isinstance(formula, str) and formula.startswith("=") else _text(value)
            for value, formula in zip(seen, written, strict=False)
        ]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            blank.append([])
            continue
        yield from blank
        blank = []
        yield cells


def _text(value: Any) -> str:
    """A cell's value as text: dates as ISO, whole numbers without a point, all digits kept."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - whole numbers a float holds
    return str(value).replace("\x1f", " ").replace("\r\n", "\n").replace("\n", " ").replace("\r", " ")
