"""Sort the lines of an unclean text file: records beyond doubt are copied, one-line repairs made, the rest set aside."""

import re
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from nrr_core.ingest.dialect import Dialect, kind_of
from nrr_core.ingest.limits import CELL_BYTES
from nrr_core.ingest.lines import blocks
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.records import joined, split_lenient, split_literal, split_strict

__all__ = ["Broken", "Split", "normalise", "split"]

_LOOK_AHEAD: Final = 2_000  # lines one quoted cell may span
_QUOTE: Final = ord('"')
_THOUSANDS: Final = re.compile(r"(?:^|\D)\d{1,3}$")


@dataclass(frozen=True, slots=True)
class Broken:
    """One line that is no record of this table: ``cells`` is a literal reading of it where the width fits."""

    row: int
    line: int
    rule: str
    reason: str
    raw: str
    cells: tuple[str, ...] | None = None


@dataclass
class Split:
    """What became of every physical line after the header. ``breaks`` are (ordinal, row, line) where counting jumps."""

    records: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    repaired: list[tuple[int, int, int, str, str]] = field(default_factory=list)  # ordinal, row, line, rule, raw
    breaks: "array[int]" = field(default_factory=lambda: array("q"))
    multiline: bool = False
    longest: int = 0

    def jump(self, row: int, line: int) -> None:
        """The next record is this row, on this line."""
        self.breaks.extend((self.records, row, line))


def normalise(source: Path, target: Path, *, skip: int, notes: Notes) -> None:
    """Copy a text file with every line end written as one line feed."""
    with target.open("wb") as out:
        for block in blocks(source, skip=skip, notes=notes):
            out.write(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


def _clean_lines(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], delimiter: int, width: int
) -> npt.NDArray[np.bool_]:
    """Which lines are, seen alone, records of the right width with every quote in its place and no NUL."""
    marks = np.flatnonzero(data == delimiter)
    clean = np.asarray(ends - starts > width - 1)  # a line of bare delimiters is blank
    quotes = np.flatnonzero(data == _QUOTE)
    if len(quotes):
        line_of = np.searchsorted(ends, quotes, side="left")
        first = np.searchsorted(quotes, starts)
        opening = (np.arange(len(quotes)) - first[line_of]) % 2 == 0
        before = np.where(quotes > starts[line_of], data[np.maximum(quotes - 1, 0)], delimiter)
        after = np.where(quotes + 1 < ends[line_of], data[np.minimum(quotes + 1, len(data) - 1)], delimiter)
        doubled = np.zeros(len(quotes), bool)  # an opening quote right after a closing one continues the cell
        doubled[1:] = opening[1:] & (quotes[1:] == quotes[:-1] + 1) & (line_of[1:] == line_of[:-1])
        right = np.where(opening, doubled | (before == delimiter), (after == delimiter) | (after == _QUOTE))
        clean[line_of[~right]] = False
        counts = np.searchsorted(quotes, ends) - first
        clean &= counts % 2 == 0
        home = np.searchsorted(ends, marks, side="left")
        inside = (np.searchsorted(quotes, marks) - first[np.minimum(home, len(first) - 1)]) % 2 == 1
        marks = marks[~inside]
    found = np.searchsorted(marks, ends) - np.searchsorted(marks, starts)
    clean &= found == width - 1
    nuls = np.flatnonzero(data == 0)
    clean[np.searchsorted(ends, nuls, side="left")] = False
    return clean


class _Splitter:
    """One pass over the file; ``line`` and ``row`` are the numbers of the next line and record."""

    def __init__(self, dialect: Dialect, *, decode: bool, out: BinaryIO, notes: Notes) -> None:
        self.dialect, self.decode, self.out, self.notes = dialect, decode, out, notes
        self.done = Split()
        self.line, self.row = dialect.first_line, 1
        self.shapes = self._shapes(dialect.sample)
        self.jumped = True

    def _shapes(self, sample: tuple[tuple[str, ...], ...]) -> dict[int, str]:
        """The columns that hold numbers or dates throughout: what a line must look like to pass for a record."""
        shapes = {}
        for column in self.dialect.numeric:
            kinds = {kind_of(row[column]) for row in sample[:50] if column < len(row)} - {"blank"}
            if len(kinds) == 1:
                shapes[column] = kinds.pop()
        return shapes

    def _is_record(self, text: str) -> bool:
        """Whether a line inside a quoted cell would be a whole record of this table by itself."""
        cells = split_literal(text, self.dialect.delimiter)
        if len(cells) != self.dialect.width or not self.shapes:
            return False
        return all(kind_of(cells[column].strip('"')) == kind for column, kind in self.shapes.items())

    def copy(self, piece: bytes, count: int) -> None:
        """Write clean lines as they stand."""
        if self.jumped:
            self.done.jump(self.row, self.line)
            self.jumped = False
        piece = piece.replace(b"\r\n", b"\n")
        self.out.write(piece if piece.endswith(b"\n") else piece + b"\n")
        self._count(count)

    def _count(self, count: int) -> None:
        self.done.records += count
        self.done.kinds["data"] += count
        self.line += count
        self.row += count

    def drop(self, kind: str) -> None:
        """A line that is no data."""
        self.done.kinds[kind] += 1
        self.line += 1
        self.jumped = True

    def set_aside(self, rule: str, reason: str, raw: str, *, cells: tuple[str, ...] | None = None) -> None:
        """A line that should be data and cannot be read."""
        self.done.broken.append(Broken(self.row, self.line, rule, reason, raw, cells))
        self.done.kinds["quarantined"] += 1
        self.line += 1
        self.row += 1
        self.jumped = True

    def repair(self, cells: list[str], rule: str, raw: str, lines: int = 1) -> None:
        """A record that had to be rewritten, or that spans several lines."""
        self.done.jump(self.row, self.line)
        if rule:
            self.done.repaired.append((self.done.records, self.row, self.line, rule, raw))
        text = joined(cells, self.dialect.delimiter) + "\n"
        self.done.longest = max(self.done.longest, len(text.encode()))
        self.out.write(text.encode())
        self._count(1)
        if lines > 1:
            self.done.kinds["continuation"] += lines - 1
            self.line += lines - 1
            self.done.multiline = True
        self.jumped = True

    def careful(self, following: list[bytes], *, last: bool, at_byte: int) -> int:
        """Deal with one doubtful line (the first of ``following``); returns how many lines it took."""
        raw, delimiter, width = following[0], self.dialect.delimiter, self.dialect.width
        if not raw.strip():
            self.drop("blank")
            return 1
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            reason = f"has bytes that are not UTF-8 (byte {at_byte + error.start:,} of the file); export it again as UTF-8"
            self.set_aside("undecodable", reason, raw.decode("utf-8", "replace"))
            return 1
        if "\0" in text:
            self.set_aside("nul", "contains a zero byte; export it again", text)
            return 1
        if not text.replace(delimiter, "").replace('"', "").strip():
            self.drop("blank")
            return 1
        if '"' in text:
            return self._quoted(text, following, width)
        self._unquoted(text.split(delimiter), text, last=last)
        return 1

    def _quoted(self, text: str, following: list[bytes], width: int) -> int:
        """A doubtful line with quotes: a cell over several lines, a stray quote, or a quote that is never closed."""
        delimiter = self.dialect.delimiter
        cells = split_strict(text, delimiter)
        if cells is not None and len(cells) == width:
            self.repair(cells, "", text)
            return 1
        if cells is None:
            taken = self._spanning(following)
            if taken:
                whole = b"\n".join(following[:taken]).decode()
                self.repair(split_strict(whole, delimiter) or [], "", whole, taken)
                return taken
        lenient = split_lenient(text, delimiter)
        if lenient is not None and len(lenient) == width:
            self.repair(lenient, "stray_quote", text)
        elif cells is not None or lenient is not None:
            self._unquoted(cells or lenient or [], text, last=False)
        else:
            literal = [cell.strip('"') for cell in split_literal(text, delimiter)]
            fits = tuple(literal) if len(literal) == width else None
            self.set_aside("unclosed_quote", "opens a quote that is never closed; close it or take it out", text, cells=fits)
        return 1

    def _spanning(self, following: list[bytes]) -> int:
        """How many lines a record with line ends inside quotes takes; 0 where it is no such record."""
        size = quotes = 0
        for index, raw in enumerate(following[:_LOOK_AHEAD]):
            size += len(raw) + 1
            quotes += raw.count(b'"')
            if size > CELL_BYTES:
                return 0
            if index and self._is_record(raw.decode("utf-8", "replace")):
                return 0
            if index and quotes % 2 == 0:
                try:
                    cells = split_strict(b"\n".join(following[: index + 1]).decode(), self.dialect.delimiter)
                except UnicodeDecodeError:
                    return 0
                if cells is not None:
                    return index + 1 if len(cells) == self.dialect.width else 0
        return 0

    def _unquoted(self, cells: list[str], text: str, *, last: bool) -> None:
        """A line whose cells are clear but too few or too many."""
        width = self.dialect.width
        if len(cells) == width:
            self.repair(cells, "", text)
        elif len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            self.repair(cells[:width], "trailing_delimiter", text)
        elif len(cells) > width:
            pairs = pairwise(cells)
            split = next((f"{a},{b}" for a, b in pairs if _THOUSANDS.search(a) and re.fullmatch(r"\d{3}(\.\d+)?", b)), None)
            hint = f"; “{split}” may be one number with an unquoted thousands separator" if split and self.dialect.delimiter == "," else ""
            self.set_aside("too_long", f"has {len(cells)} cells where the header has {width}{hint}", text)
        elif text.startswith("#"):
            self.drop("comment")
        elif last:
            reason = f"has {len(cells)} of {width} cells and no line end: the file looks cut at line {self.line:,}; export it again"
            self.set_aside("truncated", reason, text)
        else:
            self.set_aside("too_short", f"has {len(cells)} cells where the header has {width}", text)


def split(
    source: Path,
    target: Path,
    *,
    dialect: Dialect,
    notes: Notes,
    decode: bool,
    skip: int,
    step: Callable[[int], None] | None = None,
) -> Split:
    """Write the records of a text file to ``target`` and account for all other lines. Line ends are line feeds or CR LF."""
    with target.open("wb") as out:
        work = _Splitter(dialect, decode=decode, out=out, notes=notes)
        pending, to_skip, offset = b"", dialect.first_line - 1, skip
        stream = blocks(source, skip=skip, notes=notes, step=step)
        block = next(stream, b"")
        while block:
            following = next(stream, b"")
            whole = pending + block
            pending, to_skip = _block(work, whole, to_skip=to_skip, last=not following, offset=offset)
            offset += len(whole) - len(pending)
            block = following
        return work.done


def _block(work: _Splitter, block: bytes, *, to_skip: int, last: bool, offset: int) -> tuple[bytes, int]:
    """Sort one piece of the file; returns the bytes that must wait for the next piece and the header lines still due."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    complete = bool(len(ends)) and int(ends[-1]) == len(data) - 1
    if not complete:
        ends = np.append(ends, len(data))
    starts = np.concatenate(([0], ends[:-1] + 1))
    if to_skip >= len(ends):
        return b"", to_skip - len(ends)
    stops = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == ord("\r")))
    for long in np.flatnonzero(ends - starts > CELL_BYTES):
        _refuse_long_cell(work, block[starts[long] : stops[long]], int(long) - to_skip)
    clean = _clean_lines(data, starts, stops, ord(work.dialect.delimiter), work.dialect.width)
    if work.decode:
        pieces = (block[start:stop] for start, stop in zip(starts, stops, strict=True))
        clean &= np.fromiter((piece.isascii() or _is_utf8(piece) for piece in pieces), bool, len(starts))
    doubtful = np.flatnonzero(~clean[to_skip:]) + to_skip
    at = to_skip
    for index in map(int, doubtful):
        if index < at:
            continue
        if index > at:
            work.copy(block[starts[at] : ends[index - 1] + 1], index - at)
        stop = min(len(ends), index + _LOOK_AHEAD)
        following = _Lines(block, starts, stops, index, stop)
        if not last and len(ends) - index < _LOOK_AHEAD and following[0].count(b'"') % 2:
            return block[starts[index] :], 0
        taken = work.careful(following, last=last and not complete and index == len(ends) - 1, at_byte=offset + int(starts[index]))
        at = index + taken
    if at < len(ends):
        work.copy(block[starts[at] :], len(ends) - at)
    return b"", 0


def _refuse_long_cell(work: _Splitter, piece: bytes, ahead: int) -> None:
    """Refuse a line that holds a cell beyond the limit."""
    size = max(len(cell) for cell in piece.split(work.dialect.delimiter.encode()))
    if size > CELL_BYTES:
        raise work.notes.refuse(
            f"line {work.line + ahead:,} has a cell of {size:,} bytes; {CELL_BYTES:,} are allowed. "
            "Is a quote missing? Mend that line, or leave the column out."
        )


def _is_utf8(piece: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Lines(list[bytes]):
    """A line and those after it, cut out only when the careful path asks for more than the first."""

    def __init__(self, block: bytes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64], first: int, stop: int) -> None:
        head = block[starts[first] : stops[first]]
        more = head.count(b'"') % 2 == 1
        super().__init__(block[starts[i] : stops[i]] for i in range(first, stop if more else first + 1))
