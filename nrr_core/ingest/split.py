"""Sort the lines of an unclean text file: records beyond doubt are copied, one-line repairs made, the rest set aside."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from nrr_core.ingest.clean_lines import are_records, are_utf8
from nrr_core.ingest.dialect import Dialect
from nrr_core.ingest.doubtful import LOOK_AHEAD, Judge, Judged, NoData, Record
from nrr_core.ingest.limits import CELL_BYTES
from nrr_core.ingest.lines import blocks
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.records import joined

__all__ = ["Broken", "Split", "split"]


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


class _Splitter:
    """One pass over the file; ``line`` and ``row`` are the numbers of the next line and record."""

    def __init__(self, dialect: Dialect, *, decode: bool, out: BinaryIO, notes: Notes) -> None:
        self.dialect, self.decode, self.out, self.notes = dialect, decode, out, notes
        self.judge = Judge(dialect).judge
        self.done = Split()
        self.line, self.row = dialect.first_line, 1
        self.jumped = True

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

    def take(self, judged: Judged) -> int:
        """Write down what a doubtful line is; returns how many lines it takes."""
        if isinstance(judged, Record):
            self._write(judged)
            return judged.lines
        if isinstance(judged, NoData):
            self.done.kinds[judged.kind] += 1
        else:
            self.done.broken.append(Broken(self.row, self.line, judged.rule, judged.reason, judged.raw, judged.cells))
            self.done.kinds["quarantined"] += 1
            self.row += 1
        self.line += 1
        self.jumped = True
        return 1

    def _write(self, record: Record) -> None:
        """A record that had to be rewritten, or that spans several lines."""
        self.done.jump(self.row, self.line)
        if record.rule:
            self.done.repaired.append((self.done.records, self.row, self.line, record.rule, record.raw))
        text = joined(record.cells, self.dialect.delimiter) + "\n"
        self.done.longest = max(self.done.longest, len(text.encode()))
        self.out.write(text.encode())
        self._count(1)
        if record.lines > 1:
            self.done.kinds["continuation"] += record.lines - 1
            self.line += record.lines - 1
            self.done.multiline = True
        self.jumped = True

    def refuse_long_cell(self, piece: bytes, ahead: int) -> None:
        """Refuse a line, so many after the next one, that holds a cell beyond the limit."""
        size = max(len(cell) for cell in piece.split(self.dialect.delimiter.encode()))
        if size > CELL_BYTES:
            raise self.notes.refuse(
                f"line {self.line + ahead:,} has a cell of {size:,} bytes; {CELL_BYTES:,} are allowed. "
                "Is a quote missing? Mend that line, or leave the column out."
            )


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
        work.refuse_long_cell(block[starts[long] : stops[long]], int(long) - to_skip)
    clean = are_records(data, starts, stops, ord(work.dialect.delimiter), work.dialect.width)
    if work.decode:
        clean &= are_utf8(block, starts, stops)
    doubtful = np.flatnonzero(~clean[to_skip:]) + to_skip
    at = to_skip
    for index in map(int, doubtful):
        if index < at:
            continue
        if index > at:
            work.copy(block[starts[at] : ends[index - 1] + 1], index - at)
        stop = min(len(ends), index + LOOK_AHEAD)
        following = _Lines(block, starts, stops, index, stop)
        if not last and len(ends) - index < LOOK_AHEAD and following[0].count(b'"') % 2:
            return block[starts[index] :], 0
        cut = last and not complete and index == len(ends) - 1
        at = index + work.take(work.judge(following, line=work.line, last=cut, at_byte=offset + int(starts[index])))
    if at < len(ends):
        work.copy(block[starts[at] :], len(ends) - at)
    return b"", 0


class _Lines(list[bytes]):
    """A line and those after it, cut out only when the careful path asks for more than the first."""

    def __init__(self, block: bytes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64], first: int, stop: int) -> None:
        head = block[starts[first] : stops[first]]
        more = head.count(b'"') % 2 == 1
        super().__init__(block[starts[i] : stops[i]] for i in range(first, stop if more else first + 1))
