"""One doubtful line judged alone: no data, a record as it stands or once mended, or a line that cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from nrr_core.ingest.dialect import Dialect, kind_of
from nrr_core.ingest.limits import CELL_BYTES
from nrr_core.ingest.records import split_lenient, split_literal, split_strict

__all__ = ["LOOK_AHEAD", "Judge", "Judged", "NoData", "Record", "Unreadable"]

LOOK_AHEAD: Final = 2_000  # lines one quoted cell may span
_THOUSANDS: Final = re.compile(r"(?:^|\D)\d{1,3}$")


@dataclass(frozen=True, slots=True)
class NoData:
    """A line that is no data."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that should be data and cannot be read: ``cells`` is a literal reading of it where the width fits."""

    rule: str
    reason: str
    raw: str
    cells: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record that spans several lines, or has to be rewritten; ``rule`` says what was mended, if anything was."""

    cells: list[str]
    raw: str
    rule: str = ""
    lines: int = 1


Judged = NoData | Unreadable | Record


class Judge:
    """Knows what a record of one table looks like."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter, self.width = dialect.delimiter, dialect.width
        self.shapes = _shapes(dialect)

    def judge(self, following: Sequence[bytes], *, line: int, last: bool, at_byte: int) -> Judged:
        """What the first of some lines is; ``line`` and ``at_byte`` say where it stands, ``last`` that the file ends in it."""
        raw = following[0]
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            reason = f"has bytes that are not UTF-8 (byte {at_byte + error.start:,} of the file); export it again as UTF-8"
            return Unreadable("undecodable", reason, raw.decode("utf-8", "replace"))
        if "\0" in text:
            return Unreadable("nul", "contains a zero byte; export it again", text)
        if not text.replace(self.delimiter, "").replace('"', "").strip():
            return NoData("blank")
        if '"' in text:
            return self._quoted(text, following)
        cells = text.split(self.delimiter)
        if last and len(cells) < self.width and not text.startswith("#"):
            reason = f"has {len(cells)} of {self.width} cells and no line end: the file looks cut at line {line:,}; export it again"
            return Unreadable("truncated", reason, text)
        return self._unquoted(cells, text)

    def _quoted(self, text: str, following: Sequence[bytes]) -> Judged:
        """A line with quotes: a cell over several lines, a stray quote, or a quote that is never closed."""
        cells = split_strict(text, self.delimiter)
        if cells is not None and len(cells) == self.width:
            return Record(cells, text)
        if cells is None:
            taken = self._spanning(following)
            if taken:
                whole = b"\n".join(following[:taken]).decode()
                return Record(split_strict(whole, self.delimiter) or [], whole, lines=taken)
        lenient = split_lenient(text, self.delimiter)
        if lenient is not None and len(lenient) == self.width:
            return Record(lenient, text, "stray_quote")
        if cells is not None or lenient is not None:
            return self._unquoted(cells or lenient or [], text)
        literal = [cell.strip('"') for cell in split_literal(text, self.delimiter)]
        fits = tuple(literal) if len(literal) == self.width else None
        return Unreadable("unclosed_quote", "opens a quote that is never closed; close it or take it out", text, fits)

    def _spanning(self, following: Sequence[bytes]) -> int:
        """How many lines a record with line ends inside quotes takes; 0 where it is no such record."""
        size = quotes = 0
        for index, raw in enumerate(following[:LOOK_AHEAD]):
            size += len(raw) + 1
            quotes += raw.count(b'"')
            if size > CELL_BYTES:
                return 0
            if index and self._is_record(raw.decode("utf-8", "replace")):
                return 0
            if index and quotes % 2 == 0:
                try:
                    cells = split_strict(b"\n".join(following[: index + 1]).decode(), self.delimiter)
                except UnicodeDecodeError:
                    return 0
                if cells is not None:
                    return index + 1 if len(cells) == self.width else 0
        return 0

    def _is_record(self, text: str) -> bool:
        """Whether a line inside a quoted cell would be a whole record of this table by itself."""
        cells = split_literal(text, self.delimiter)
        if len(cells) != self.width or not self.shapes:
            return False
        return all(kind_of(cells[column].strip('"')) == kind for column, kind in self.shapes.items())

    def _unquoted(self, cells: list[str], text: str) -> Judged:
        """A line whose cells are clear but too few or too many."""
        width = self.width
        if len(cells) == width:
            return Record(cells, text)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return Record(cells[:width], text, "trailing_delimiter")
        if len(cells) > width:
            pairs = pairwise(cells)
            split = next((f"{a},{b}" for a, b in pairs if _THOUSANDS.search(a) and re.fullmatch(r"\d{3}(\.\d+)?", b)), None)
            hint = f"; “{split}” may be one number with an unquoted thousands separator" if split and self.delimiter == "," else ""
            return Unreadable("too_long", f"has {len(cells)} cells where the header has {width}{hint}", text)
        if text.startswith("#"):
            return NoData("comment")
        return Unreadable("too_short", f"has {len(cells)} cells where the header has {width}", text)


def _shapes(dialect: Dialect) -> dict[int, str]:
    """The columns that hold numbers or dates throughout: what a line must look like to pass for a record."""
    shapes = {}
    for column in dialect.numeric:
        kinds = {kind_of(row[column]) for row in dialect.sample[:50] if column < len(row)} - {"blank"}
        if len(kinds) == 1:
            shapes[column] = kinds.pop()
    return shapes
