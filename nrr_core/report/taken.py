"""Reading an export back: its table and its stamp, as they stand in the file, whoever has touched it since."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["NO_LINE", "Export", "UnreadableError", "taken"]

NO_LINE: Final = "Recipe"  # the line of a stamp that is not for people
_MOST_BYTES: Final = 1 << 29
_MOST_UNPACKED: Final = 1 << 30
_MOST_ENTRIES: Final = 20_000
_FOOTER: Final = re.compile(r'(?m)^"?# Definition: ')
_LINE: Final = re.compile(r'"?# ([A-Z][A-Za-z ]{1,30}): (.*)', re.DOTALL)
_DELIMITERS: Final = (",", ";", "\t")
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, csv.Error, KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError, OSError, EOFError,
    NotImplementedError,
)  # fmt: skip  # what openpyxl, python-pptx and zipfile raise for a damaged file


class UnreadableError(ValueError):
    """The file is no export, or is damaged."""


@dataclass(frozen=True)
class Export:
    """What a file holds: the stamp's lines, its recipe (blank without one), and the table.

    ``form`` is ``csv``, ``xlsx`` or ``pptx``; ``after`` says that rows follow the stamp, where none belong.
    """

    form: str
    lines: tuple[tuple[str, str], ...]
    recipe: str
    after: bool
    table: str | tuple[tuple[Any, ...], ...]

    def rows(self, header: Sequence[str]) -> list[list[Any]]:
        """The table with its header, without the empty cells that spreadsheets add at the right and at the end.

        A CSV file is read with the delimiter that gives this header, where one does; spreadsheets choose their own.
        """
        if not isinstance(self.table, str):
            return _trimmed(self.table)
        read = [self._delimited(mark) for mark in _DELIMITERS]
        return next((rows for rows in read if rows and rows[0] == list(header)), read[0])

    def _delimited(self, mark: str) -> list[list[Any]]:
        text = io.StringIO(self.table if isinstance(self.table, str) else "", newline="")
        try:
            return _trimmed(csv.reader(text, delimiter=mark))
        except csv.Error as error:
            raise UnreadableError("its lines can't be read as CSV") from error


def taken(content: bytes) -> Export:
    """An export as it stands in its file.

    Raises
    ------
    UnreadableError
        Neither CSV, XLSX nor PPTX, too large, or damaged.

    """
    if len(content) > _MOST_BYTES:
        raise UnreadableError(f"it has {len(content):,} bytes; at most {_MOST_BYTES:,} are read")
    if not content.startswith(b"PK"):
        return _csv(content)
    try:
        names = _unpacked(content)
        if "xl/workbook.xml" in names:
            return _xlsx(content)
        if "ppt/presentation.xml" in names:
            return _pptx(content)
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise UnreadableError("it is damaged") from error
    raise UnreadableError("it is neither CSV, XLSX nor PPTX")


def _unpacked(content: bytes) -> set[str]:
    """Names in an archive whose contents are not larger than any export's."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES or sum(one.file_size for one in entries) > _MOST_UNPACKED:
        raise UnreadableError("unpacked it would be larger than any export")
    return {one.filename for one in entries}


def _csv(content: bytes) -> Export:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("it is neither UTF-8 text, XLSX nor PPTX") from error
    found = [one.start() for one in _FOOTER.finditer(text)]
    if not found:
        return Export("csv", (), "", after=False, table=text)
    lines, after = [], False
    for line in text[found[-1] :].splitlines():
        match = _LINE.fullmatch(line.strip().rstrip(",;\t"))
        after |= match is None and bool(line.strip('",;\t '))
        if match:
            lines.append((match[1], match[2].removesuffix('"') if line.startswith('"') else match[2]))
    return _stamped("csv", lines, table=text[: found[-1]], after=after)


def _xlsx(content: bytes) -> Export:
    import openpyxl  # noqa: PLC0415 - only who reads a workbook pays for it

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    try:
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        stamp = sheets.pop("Stamp", None)
        lines = [] if stamp is None else [(str(a), str(b)) for a, b, *_ in _padded(stamp.iter_rows(values_only=True)) if a and b]
        table = next(iter(sheets.values()), None)
        rows = () if table is None else tuple(tuple(_cell(cell) for cell in row) for row in table.iter_rows())
    finally:
        book.close()
    return _stamped("xlsx", lines, table=rows, after=False)


def _padded(rows: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
    return ((*row, None, None) for row in rows)


def _cell(cell: Any) -> Any:
    """A cell's value; a formula and an error are never taken for the text that they look like."""
    return (cell.data_type, cell.value) if cell.data_type in {"f", "e"} else "" if cell.value is None else cell.value


def _pptx(content: bytes) -> Export:
    from pptx import Presentation  # noqa: PLC0415 - only who reads a deck pays for it

    slides = list(Presentation(io.BytesIO(content)).slides)
    notes = slides[-1].notes_slide.notes_text_frame.text if slides and slides[-1].has_notes_slide else ""
    told = notes.rpartition("What these numbers rest on\n")[2].splitlines()
    lines = [(label, text) for label, mark, text in (line.partition(": ") for line in told) if mark]
    return _stamped("pptx", lines, table=(), after=False)


def _stamped(form: str, lines: list[tuple[str, str]], *, table: Any, after: bool) -> Export:
    recipe = "".join(text for label, text in lines if label == NO_LINE).strip()
    kept = tuple(one for one in lines if one[0] != NO_LINE)
    if not any(label == "Definition" for label, _ in kept):
        kept = ()
    return Export(form, kept, recipe if kept else "", after=after, table=table)


def _trimmed(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    made = []
    for row in rows:
        cells = list(row)
        while cells and cells[-1] == "":
            cells.pop()
        made.append(cells)
    while made and not made[-1]:
        made.pop()
    width = len(made[0]) if made else 0
    return [[*row, *[""] * (width - len(row))] for row in made]
