"""How a text file is laid out: delimiter, preamble, header line, width. Decided from its head, each with a reason."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from nrr_core.errors import Verdict
from nrr_core.ingest.dates import parse_day
from nrr_core.ingest.limits import COLUMNS, HEADER_BYTES
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.records import split_lenient, split_literal, split_strict
from nrr_core.ingest.values import parse_amount

__all__ = ["DELIMITERS", "Dialect", "find_dialect", "kind_of"]

DELIMITERS: Final = {
    "comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "caret": "^", "tilde": "~", "colon": ":",
    "unit": "\x1f", "ctrl_a": "\x01", "space": " ",
}  # fmt: skip
_SAMPLE: Final = 400  # lines that vote
_ENOUGH: Final = 0.2  # share of lines as wide as a header that make it one


@dataclass(frozen=True, slots=True)
class Dialect:
    """Lines ``1 … first_line − 1`` are not data; ``before`` says what they are (kind, count)."""

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    first_line: int
    width: int
    before: tuple[tuple[str, int], ...]
    sample: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...]


def kind_of(text: str) -> str:
    """``blank``, ``number``, ``date`` or ``text``."""
    if not text.strip():
        return "blank"
    if parse_amount(text).value is not None or re.fullmatch(r"[\d.,]+", text):
        return "number"
    return "date" if parse_day(text, order="dmy").rule not in {"not_a_date", "no_year"} else "text"


def _cells(line: str, delimiter: str) -> list[str]:
    """Cells of a sample line, by the most forgiving reading that works."""
    found = split_strict(line, delimiter)
    if found is None:
        found = split_lenient(line, delimiter)
    return split_literal(line, delimiter) if found is None else found


def _delimiter(lines: list[str], notes: Notes) -> str:
    """The character that splits most lines into the same number of cells, two or more."""
    given = notes.options.answer("delimiter")
    if given is not None:
        return DELIMITERS[notes.ask("delimiter", "What separates the columns?", {n: repr(c) for n, c in DELIMITERS.items()}) or "comma"]
    best, winner = (0.0, 0), ""
    for name, mark in DELIMITERS.items():
        if name == "space":
            continue
        widths = Counter(len(_cells(line, mark)) for line in lines if mark in line)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = (round(count / len(lines), 1), width)
        if name == "colon" and score[0] < 1:
            continue
        if score > best:
            best, winner = score, mark
    if winner:
        return winner
    spaced = Counter(len(line.split(" ")) for line in lines)
    if lines and spaced.most_common(1)[0][0] > 1:
        options = {"space": f"{spaced.most_common(1)[0][0]} columns", "comma": "one column"}
        taken = notes.ask("delimiter", "No comma, semicolon, tab or pipe separates columns here. Is it the space?", options)
        return DELIMITERS[taken or "comma"]
    return ","


def _logical(lines: list[str], start: int) -> tuple[str, int]:
    """The record that begins at a line, and how many lines it takes: quotes may hold line ends."""
    text = lines[start]
    for extra in range(20):
        if text.count('"') % 2 == 0:
            return text, extra + 1
        if start + extra + 1 >= len(lines):
            break
        text += "\n" + lines[start + extra + 1]
    return lines[start], 1


def _header_at(rows: list[tuple[int, int, list[str]]]) -> int:
    """Index of the row that names the columns: the first whose width many rows share and that is mostly filled."""
    widths = Counter(len(cells) for _, _, cells in rows)
    common = max(widths.values())
    for index, (_, _, cells) in enumerate(rows[:100]):
        filled = sum(bool(cell.strip()) for cell in cells)
        share = (widths[len(cells)] - 1) / max(1, len(rows) - 1)
        widened = widths.get(len(cells) + 1, 0) == common
        if cells and cells[0].startswith("#") and len(cells) == 1:
            continue
        if filled > len(cells) / 2 and (share >= _ENOUGH or widths[len(cells)] == common or (widened and filled > 1)):
            return index
    return 0


def find_dialect(head: str, *, complete: bool, notes: Notes) -> Dialect:
    """Read the layout of a text file from its first lines; ``complete`` says that the head is the whole file."""
    lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    if max(len(lines[0]), 0) > HEADER_BYTES:
        raise notes.refuse(
            f"Line 1 has {len(lines[0]):,} characters or more; a header may have {HEADER_BYTES:,}. This is not a "
            f"table with one record a line."
        )
    before: Counter[str] = Counter()
    start, mark = 0, ""
    sep = re.fullmatch(r'"?sep=(.)"?', lines[0], re.IGNORECASE)
    if sep:
        start, mark = 1, sep[1]
        before["separator line"] = 1
        notes.add("separator_line", Verdict.REPAIRED, f"Line 1 names the delimiter ({lines[0]}); it was skipped.", line=1)
    filled = [line for line in lines[start:] if line.strip()]
    if not filled:
        raise notes.refuse("The file is empty: it has no header and no data rows. Export it again.")
    delimiter = mark or _delimiter(filled[:_SAMPLE], notes)
    rows = _rows(lines, start, delimiter)
    index = _header_at(rows)
    if len(rows[index][2]) > COLUMNS:
        raise notes.refuse(f"The file has {len(rows[index][2]):,} columns; {COLUMNS:,} are allowed. Use a row per account and month.")
    _count_before(lines, start, rows[index][0], before, notes)
    return _with_header(rows, index, delimiter, before, notes)


def _rows(lines: list[str], start: int, delimiter: str) -> list[tuple[int, int, list[str]]]:
    """(line number, lines taken, cells) of the sample's records; blank lines are left out."""
    rows: list[tuple[int, int, list[str]]] = []
    at = start
    while at < len(lines) and len(rows) < _SAMPLE:
        text, taken = _logical(lines, at)
        cells = _cells(text, delimiter)
        if any(cell.strip() for cell in cells):
            rows.append((at + 1, taken, cells))
        at += taken
    return rows


def _count_before(lines: list[str], start: int, header_line: int, before: Counter[str], notes: Notes) -> None:
    """Say which lines above the header were skipped."""
    above = lines[start : header_line - 1]
    comments = [line for line in above if line.startswith("#")]
    titles = [line for line in above if line.strip() and not line.startswith("#")]
    for kind, found in (("comment", comments), ("preamble", titles)):
        if found:
            before[kind] += len(found)
            notes.add(
                kind,
                Verdict.REPAIRED,
                f"{len(found)} line(s) above the header (line {header_line}) were skipped: “{shown(found[0])}”.",
                line=lines.index(found[0]) + 1,
                value=found[0],
                count=len(found),
            )
    if len(above) > len(comments) + len(titles):
        before["blank"] += len(above) - len(comments) - len(titles)


def _same_kinds(first: list[str], body: list[list[str]]) -> tuple[bool, list[int]]:
    """Whether a row has numbers and dates where the rows below have them, and the columns that hold them."""
    typed = {}
    for index in range(len(first)):
        kinds = Counter(kind_of(row[index]) for row in body if index < len(row) and row[index].strip())
        if kinds and kinds.most_common(1)[0][0] in {"number", "date"} and kinds.most_common(1)[0][1] >= 0.8 * kinds.total():
            typed[index] = kinds.most_common(1)[0][0]
    kinds_above = [kind_of(first[index]) for index in typed]
    alike = sum(above == typed[index] for index, above in zip(typed, kinds_above, strict=True))
    texts = kinds_above.count("text")
    return bool(typed) and alike > 0 and not texts, list(typed)


def _with_header(rows: list[tuple[int, int, list[str]]], index: int, delimiter: str, before: Counter[str], notes: Notes) -> Dialect:
    """Decide which row names the columns, asking where the file does not say."""
    line, taken, cells = rows[index]
    body = [row for _, _, row in rows[index + 1 :]]
    headless, numeric = _same_kinds(cells, body[:100])
    counted = all(cell.strip() == str(number) for number, cell in enumerate(cells, int(cells[0] or 0) if cells[0].isdigit() else 1))
    names, used, first_line = list(cells), line, line + taken
    wide_body = Counter(len(row) for row in body)
    if (
        wide_body
        and wide_body.most_common(1)[0][0] == len(cells) + 1
        and all(not row[-1].strip() for row in body if len(row) == len(cells) + 1)
    ):
        names.append("")
        notes.add(
            "trailing_delimiter",
            Verdict.REPAIRED,
            "Every row ends with an extra delimiter; the empty last column was dropped.",
        )
    if (headless or (counted and len(cells) > 1)) and body:
        text = f"The first row (line {line}: {shown(delimiter.join(cells))}) looks like data or bare numbers, not column names."
        taken_answer = notes.ask(
            "header",
            text,
            {"none": "it is data; columns are called column 1, column 2, …", "first": "it names the columns"},
        )
        if taken_answer == "none":
            names, used, first_line = [f"column {number}" for number in range(1, len(names) + 1)], 0, line
    elif len(body) > 1 and numeric and not _wide_names(cells):
        second = [kind_of(body[0][column]) if column < len(body[0]) else "blank" for column in numeric]
        alike = len(body[0]) == len(cells) and all(kind == "text" for kind in second)
        if alike and parse_amount(body[0][numeric[-1]]).rule == "not_a_number":
            taken_answer = notes.ask(
                "header",
                f"Lines {line} and {line + taken} both look like column names.",
                {
                    "first": f"line {line} names the columns",
                    "second": f"line {line + taken} does",
                    "both": "names joined",
                },
            )
            before["second header"] += 1
            first_line = rows[index + 1][0] + rows[index + 1][1]
            if taken_answer == "second":
                names = body[0]
            elif taken_answer == "both":
                names = [f"{above} {below}".strip() for above, below in zip(cells, body[0], strict=True)]
            body = body[1:]
    if used:
        before["header"] += taken
    width = len(names)
    sample = tuple(tuple(row) for row in (body if used else [cells, *body]) if len(row) == width)
    return Dialect(delimiter, tuple(names), used, first_line, width, tuple(before.items()), sample, tuple(numeric))


def _wide_names(cells: list[str]) -> bool:
    """Whether the names themselves are months."""
    return sum(kind_of(cell) == "date" for cell in cells) > 1
