"""Delimited text: CSV, TSV and their relatives, in any encoding."""

import codecs
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from nrr_core.errors import Verdict
from nrr_core.formats import unescaped
from nrr_core.ingest import limits
from nrr_core.ingest.cells import Loaded, check_rows, load_text
from nrr_core.ingest.dialect import DELIMITERS, Dialect, find_dialect
from nrr_core.ingest.encoding import CANDIDATES, ask_encoding, detect, transcode
from nrr_core.ingest.lines import Survey, normalise, survey
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.quoting import USUAL, ask_quoting, requote, requoted
from nrr_core.ingest.split import Split, split

__all__ = ["accepts", "open_file"]

format = "csv"  # noqa: A001 - the name every format module has


def accepts(head: bytes) -> bool:
    """Any text will do."""
    return bool(head)


@dataclass
class TextFile:
    """A text file whose layout is known."""

    path: Path
    work: Path
    notes: Notes
    encoding: str
    skip: int
    dialect: Dialect
    head: bytes
    quoting: tuple[str, str] = (USUAL, "")  # kind, and the delimiter it was seen with
    format: str = "csv"

    @property
    def delimiter(self) -> str:
        """The delimiter, named."""
        return next((name for name, mark in DELIMITERS.items() if mark == self.dialect.delimiter), self.dialect.delimiter)

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as written; a ``'`` that hides a formula is no part of a name."""
        return tuple(unescaped(name) for name in self.dialect.header)

    @property
    def sample(self) -> tuple[tuple[str, ...], ...]:
        """Some records."""
        return self.dialect.sample

    def load(self, con: Any, *, table: str, progress: Callable[[float], None]) -> Loaded:
        """Account for every line, then read the records."""
        path, skip, size = self.path, self.skip, max(1, self.path.stat().st_size)
        if self.encoding != "utf-8":
            path, skip = self.work / f"{table}.txt", 0
            transcode(self.path, path, encoding=self.encoding, skip=self.skip, notes=self.notes)
        if self.quoting[0] != USUAL:
            path, skip = self._requoted(path, skip, table), 0
        seen = survey(path, skip=skip, notes=self.notes, step=lambda at: progress(0.3 * at / size))
        if seen.bad_lines and (given := self._not_utf8(seen)):
            again = replace(self, encoding=given, dialect=self.dialect)
            again.dialect = find_dialect(self.head.decode(given, "replace"), complete=len(self.head) == size, notes=self.notes)
            return again.load(con, table=table, progress=progress)
        self._note_lines(seen)
        if not seen.uniform and seen.returns != seen.pairs:
            target = self.work / f"{table}_lines.txt"
            normalise(path, target, skip=skip, notes=self.notes)
            path, skip = target, 0
        return self._read(con, path, skip=skip, seen=seen, table=table, progress=progress)

    def _requoted(self, path: Path, skip: int, table: str) -> Path:
        """A copy of the file with the usual quoting, as answered."""
        bare, target = self.work / f"{table}_bare.txt", self.work / f"{table}_quotes.txt"
        if skip:
            transcode(path, bare, encoding="utf-8", skip=skip, notes=self.notes)
        requote(bare if skip else path, target, kind=self.quoting[0], delimiter=self.quoting[1])
        return target

    def _read(self, con: Any, path: Path, *, skip: int, seen: Survey, table: str, progress: Callable[[float], None]) -> Loaded:
        """The fast way where lines and records provably agree, else the careful one."""
        before = self.dialect.first_line - 1
        expected = seen.lines - before
        check_rows(expected, limit=limits.ROWS, notes=self.notes)
        kinds = Counter(dict(self.dialect.before))
        plain = not (seen.nuls or seen.bad_lines or seen.blanks) and seen.uniform
        if plain and seen.longest < limits.CELL_BYTES:
            try:
                count = load_text(
                    con, path, table=table, width=self.dialect.width, delimiter=self.dialect.delimiter, quote=bool(seen.quotes),
                    skip=before, longest=seen.longest, multiline=False,
                )  # fmt: skip
            except duckdb.Error:  # a line of another width: the careful way finds and names it
                count = -1
            if count == expected and not (seen.quotes and _has_quotes(con, table, self.dialect.width)):
                kinds["data"] += count
                loaded = Loaded(table, count, self.dialect.first_line, seen.lines, kinds)
                loaded.delimiter, loaded.text = self.dialect.delimiter, True
                loaded.strange = not seen.ascii or bool(seen.controls)
                return loaded
            con.execute(f"drop table if exists {table}")
        target = self.work / f"{table}_records.txt"
        size = max(1, path.stat().st_size)
        done = split(
            path, target, dialect=self.dialect, notes=self.notes, decode=bool(seen.bad_lines), skip=skip,
            step=lambda at: progress(0.3 + 0.4 * at / size),
        )  # fmt: skip
        return self._read_records(con, target, done, kinds=kinds, seen=seen, table=table)

    def _read_records(self, con: Any, target: Path, done: Split, *, kinds: Counter[str], seen: Survey, table: str) -> Loaded:
        """Read what the careful way wrote."""
        count = load_text(
            con, target, table=table, width=self.dialect.width, delimiter=self.dialect.delimiter, quote=bool(seen.quotes),
            skip=0, longest=max(seen.longest, done.longest), multiline=done.multiline,
        )  # fmt: skip
        target.unlink()
        if count != done.records:
            raise self.notes.refuse(
                f"{done.records:,} records were counted but {count:,} were read: the file’s quoting is inconsistent. "
                "Export it again with every text cell in double quotes."
            )
        loaded = Loaded(table, count, self.dialect.first_line, seen.lines, kinds + done.kinds, done.broken, done.repaired)
        if list(done.breaks) != [0, 1, self.dialect.first_line]:
            loaded.breaks = done.breaks
        loaded.strange = not seen.ascii or bool(seen.controls)
        loaded.delimiter, loaded.text = self.dialect.delimiter, True
        if done.kinds["blank"]:
            self.notes.add(
                "blank_lines",
                Verdict.REPAIRED,
                f"{done.kinds['blank']:,} blank line(s) were dropped.",
                count=done.kinds["blank"],
            )
        if done.kinds["comment"]:
            self.notes.add(
                "comment",
                Verdict.REPAIRED,
                f"{done.kinds['comment']:,} line(s) that begin with # were dropped.",
                count=done.kinds["comment"],
            )
        return loaded

    def _not_utf8(self, seen: Survey) -> str | None:
        """The encoding to read the file in, or None where only some lines are damaged UTF-8."""
        if self.skip or seen.good_lines >= seen.bad_lines:
            return None
        given = ask_encoding(seen.bad_samples, notes=self.notes)
        self.notes.stop_if_open()
        return given

    def _note_lines(self, seen: Survey) -> None:
        """Say what was unusual about the line ends."""
        bare, single = seen.returns - seen.pairs, seen.newlines - seen.pairs
        kinds = {"CR LF": seen.pairs, "LF": single, "CR": bare}
        used = {name: count for name, count in kinds.items() if count}
        if len(used) > 1:
            counts = ", ".join(f"{name} {count:,}×" for name, count in used.items())
            self.notes.add("line_ends", Verdict.REPAIRED, f"Line ends are mixed ({counts}); all were read as line ends.")


def open_file(source: Path, head: bytes, *, work: Path, notes: Notes) -> TextFile:
    """Find encoding and layout from the head of a text file."""
    encoding, skip = detect(head, notes=notes)
    body = head[skip:]
    complete = source.stat().st_size == len(head)
    if encoding == "utf-8" and _undecodable(body, complete=complete):
        seen = survey(source, skip=skip, notes=notes)
        if seen.bad_lines and not skip and seen.good_lines < seen.bad_lines:
            encoding = ask_encoding(seen.bad_samples, notes=notes) or "utf-8"
            notes.stop_if_open()
    if encoding in CANDIDATES:
        notes.add("encoding", Verdict.REPAIRED, f"The file was read as {encoding}, as answered, and converted to UTF-8.")
    text = codecs.getincrementaldecoder(encoding)("replace").decode(body, final=complete)
    if len(text) > limits.HEADER_BYTES and "\n" not in text and "\r" not in text:
        raise notes.refuse(
            f"Line 1 has more than {len(text):,} characters (“{shown(text[:40])}”); {limits.HEADER_BYTES:,} are "
            f"allowed. "
            "This is not a table with one record a line."
        )
    quoting = ask_quoting(text, complete=complete, notes=notes)
    if quoting[0] != USUAL:
        notes.add("quoting", Verdict.REPAIRED, f"Cells were read as quoted by {quoting[0]}, as answered.")
        text = requoted(text, kind=quoting[0], delimiter=quoting[1])
    dialect = find_dialect(text, complete=complete, notes=notes)
    return TextFile(source, work, notes, encoding, skip, dialect, body, quoting)


def _has_quotes(con: Any, table: str, width: int) -> bool:
    """Whether any cell holds a quote: doubled, or a stray one that has to be noted."""
    tests = " or ".join(f"bool_or(contains(c{index}, '\"'))" for index in range(width))
    return bool(con.execute(f"select {tests} from {table}").fetchone()[0])


def _undecodable(body: bytes, *, complete: bool) -> bool:
    """Whether the head has bytes that are not UTF-8 (a character cut off at its end does not count)."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=complete)
    except UnicodeDecodeError:
        return True
    return False
