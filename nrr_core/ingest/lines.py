"""Physical lines of a text file: counted, proved to be one record each, or sorted out with care.

``survey`` is a vectorised look at all bytes. Where it finds nothing unusual, lines and records agree and the file is
read as it stands. Otherwise ``split`` copies the records that are beyond doubt, repairs what one line allows, and sets
the rest aside: a stray quote costs its own line, never its neighbours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nrr_core.ingest.limits import CHUNK, LINE_BYTES
from nrr_core.ingest.notes import Notes

__all__ = ["Survey", "blocks", "normalise", "survey"]


@dataclass
class Survey:
    """What the bytes of a file contain. ``lines`` counts physical lines, the last one with or without a line end."""

    lines: int = 0
    newlines: int = 0
    returns: int = 0
    pairs: int = 0
    quotes: int = 0
    nuls: int = 0
    controls: int = 0
    blanks: int = 0
    longest: int = 0
    ascii: bool = True
    good_lines: int = 0  # lines with valid multi-byte characters
    bad_lines: int = 0  # lines that are not UTF-8
    bad_samples: list[bytes] = field(default_factory=list)

    @property
    def uniform(self) -> bool:
        """All line ends are the same, and none of them is a bare carriage return."""
        return self.returns == 0 or self.returns == self.pairs == self.newlines


def blocks(path: Path, *, skip: int = 0, notes: Notes, step: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """A file in pieces that end with a line end (the last one may not); refuses a line beyond the limit."""
    rest = b""
    with path.open("rb") as raw:
        raw.seek(skip)
        while True:
            block = raw.read(CHUNK)
            if step is not None:
                step(raw.tell())
            if not block:
                if rest:
                    yield rest
                return
            cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1))
            if cut < 0:
                rest += block
                if len(rest) > LINE_BYTES:
                    raise notes.refuse(
                        f"A line of the file is longer than {LINE_BYTES:,} bytes. This is not a table with one "
                        f"record a line; export it again."
                    )
                continue
            yield rest + block[: cut + 1]
            rest = block[cut + 1 :]


def normalise(source: Path, target: Path, *, skip: int, notes: Notes) -> None:
    """Copy a text file with every line end written as one line feed."""
    with target.open("wb") as out:
        for block in blocks(source, skip=skip, notes=notes):
            out.write(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


def survey(path: Path, *, skip: int = 0, notes: Notes, step: Callable[[int], None] | None = None) -> Survey:
    """Count what a file is made of, in one pass and bounded memory."""
    seen = Survey()
    for block in blocks(path, skip=skip, notes=notes, step=step):
        _look(block, seen)
        if seen.longest > LINE_BYTES:
            raise notes.refuse(
                f"Near line {seen.lines:,} a line has {seen.longest:,} bytes; {LINE_BYTES:,} are allowed. "
                "This is not a table with one record a line; export it again."
            )
    return seen


def _look(block: bytes, seen: Survey) -> None:
    """Add one piece to the survey."""
    data = np.frombuffer(block, np.uint8)
    newlines = np.flatnonzero(data == ord("\n"))
    low = int(np.count_nonzero(data < ord(" "))) - len(newlines)
    returns = pairs = 0
    if low:  # anything below the space besides line feeds
        returns = block.count(b"\r")
        pairs = block.count(b"\r\n") if returns else 0
        seen.nuls += block.count(b"\0")
        seen.controls += low - returns - block.count(b"\t")
    if b"\x7f" in block:
        seen.controls += block.count(b"\x7f")
    if b'"' in block:
        seen.quotes += block.count(b'"')
    seen.newlines += len(newlines)
    seen.returns += returns
    seen.pairs += pairs
    ends = newlines
    if returns != pairs:  # bare carriage returns end lines too
        bare = np.flatnonzero(data == ord("\r"))
        after = np.append(data, 0)[bare + 1]
        ends = np.union1d(newlines, bare[after != ord("\n")])
    tail = 0 if len(ends) and ends[-1] == len(data) - 1 else 1
    seen.lines += len(ends) + tail
    starts = np.concatenate(([-1], ends))
    lengths = np.diff(starts)
    if len(lengths):
        seen.longest = max(seen.longest, int(lengths.max()))
        empty = 2 if pairs else 1
        seen.blanks += int(np.count_nonzero(lengths <= empty)) if lengths.min() <= empty else 0
    if tail:
        seen.longest = max(seen.longest, len(data) - 1 - int(starts[-1]))
    if not block.isascii():
        seen.ascii = False
        _decode(block, seen)


def _decode(block: bytes, seen: Survey) -> None:
    """Prove UTF-8 at once; where that fails, line by line among the lines that need it."""
    try:
        block.decode()
    except UnicodeDecodeError:
        for line in block.splitlines():
            if line.isascii():
                continue
            try:
                line.decode()
                seen.good_lines += 1
            except UnicodeDecodeError:
                seen.bad_lines += 1
                if len(seen.bad_samples) < 3:  # noqa: PLR2004 - names shown
                    seen.bad_samples.append(line)
    else:
        seen.good_lines += 1
