"""Quoting that is not the usual one: apostrophes around cells, or quotes escaped by a backslash. Asked about, never guessed."""

import re
from pathlib import Path

from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.records import joined, split_literal, split_strict

__all__ = ["USUAL", "ask_quoting", "requote", "requoted"]

USUAL = "double"
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 400  # lines that are looked at


def ask_quoting(text: str, *, complete: bool, notes: Notes) -> tuple[str, str]:
    """How cells are quoted, and the delimiter that goes with it; asks where an unusual reading fits and the usual does not.

    ``text`` is the head of the file, ``complete`` says that it is the whole.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [line for line in (lines if complete else lines[:-1]) if line.strip()][:_SAMPLE]
    for kind in ("apostrophe", "backslash"):
        for delimiter in _DELIMITERS:
            example = _example(lines, kind, delimiter)
            if example is None:
                continue
            options = {
                kind: f"read as {_preview(_cells(example, kind, delimiter))}",
                USUAL: f"read as {_preview(_cells(example, USUAL, delimiter))}",
            }
            what = "Apostrophes seem to hold cells together" if kind == "apostrophe" else 'A backslash seems to stand before quotes (\\")'
            taken = notes.ask("quoting", f"{what}, for example: {shown(example)}.", options)
            return taken or USUAL, delimiter
    return USUAL, ""


def _example(lines: list[str], kind: str, delimiter: str) -> str | None:
    """A line that only the unusual reading makes as wide as all the others, or None where there is no such line."""
    mark = "'" if kind == "apostrophe" else '\\"'
    marked = [line for line in lines if mark in line]
    if not marked or len(lines) < 2:  # noqa: PLR2004 - a header and a row
        return None
    widths = {len(_cells(line, kind, delimiter)) for line in lines}
    if len(widths) != 1 or widths == {1}:
        return None
    width = widths.pop()
    return next((line for line in marked if len(_cells(line, USUAL, delimiter)) != width), None)


def _cells(line: str, kind: str, delimiter: str) -> list[str]:
    """Cells of a line under one reading; where that fails, quotes mean nothing."""
    quote = "'" if kind == "apostrophe" else '"'
    found = split_strict(re.sub(r'\\"', '""', line) if kind == "backslash" else line, delimiter, quote)
    return split_literal(line, delimiter) if found is None else found


def _preview(cells: list[str]) -> str:
    return " | ".join(shown(cell) for cell in cells)


def requoted(text: str, *, kind: str, delimiter: str) -> str:
    """Text with the usual quoting, line by line; line ends stay as they are."""
    ended = re.split(r"(\r\n|\n|\r)", text)
    return "".join(part if i % 2 or not part else joined(_cells(part, kind, delimiter), delimiter) for i, part in enumerate(ended))


def requote(source: Path, target: Path, *, kind: str, delimiter: str) -> None:
    """Write a UTF-8 file again with the usual quoting; as many lines as before, each in its place."""
    with (
        source.open(encoding="utf-8", errors="surrogateescape", newline="") as old,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as new,
    ):
        for line in old:
            new.write(requoted(line, kind=kind, delimiter=delimiter))
