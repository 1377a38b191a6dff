"""Two tables cell by cell: the one in a file, and the one that the same question gives now."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

__all__ = ["Difference", "difference"]

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a file and the answer part: ``row`` counts the table's rows from 1, 0 is the header."""

    kind: str
    text: str
    row: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None


def difference(found: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]], *, numeric: Sequence[bool]) -> Difference | None:
    """The first difference, or None. Both begin with the header; ``numeric`` says which columns hold numbers."""
    if not found:
        return Difference("rows", "The file holds no table.")
    header = [str(name) for name in expected[0]]
    if list(found[0]) != header:
        return _header([str(name) for name in found[0]], header)
    first = _first(found, expected, numeric, header)
    if len(found) == len(expected):
        if first is not None and sorted(map(repr, found)) == sorted(map(repr, expected)):
            return Difference(
                "order", f"The rows are the right ones in another order. The first that moved is row {first.row}.", row=first.row
            )
        return first
    count = f"The file has {len(found) - 1:,} rows, the answer {len(expected) - 1:,}."
    return Difference("rows", f"{count} {first.text}" if first else count, *(first.row, first.column) if first else (None, None))


def _header(found: Sequence[str], expected: Sequence[str]) -> Difference:
    missing = [name for name in expected if name not in found]
    added = [name for name in found if name not in expected]
    parts = []
    if missing:
        parts.append(f"the file lacks {_named(missing)}")
    if added:
        parts.append(f"the answer has no {_named(added)}")
    text = " and ".join(parts) or "they stand in another order"
    return Difference("columns", f"The columns differ: {text}.", row=0)


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"“{_short(name)}”" for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004


def _first(
    found: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]], numeric: Sequence[bool], header: Sequence[str]
) -> Difference | None:
    for number, (there, right) in enumerate(zip(found[1:], expected[1:], strict=False), start=1):
        if list(there) == list(right) and [type(cell) for cell in there] == [type(cell) for cell in right]:
            continue
        if len(there) > len(right):
            return Difference(
                "cells", f"Row {number} of the file has cells beyond its last column.", row=number, found=_short(there[len(right)])
            )
        for name, cell, answer, number_column in zip(header, there, right, numeric, strict=True):
            if not _same(cell, answer, numeric=number_column):
                text = f"Row {number}, column “{_short(name)}”: the file says {_said(cell)}, the answer is {_said(answer)}."
                return Difference("cells", text + _hint(cell, answer), number, name, _short(cell), _short(answer))
    return None


def _same(cell: Any, answer: Any, *, numeric: bool) -> bool:
    """Whether two cells say the same; a number may be written in another way, but must be the same number."""
    if isinstance(cell, bool) or isinstance(answer, bool):
        return cell is answer
    if isinstance(cell, str) and isinstance(answer, str):
        if cell == answer or not numeric:
            return cell == answer
        left, right = _number(cell), _number(answer)
        if left is None or right is None:
            return answer in {"True", "False"} and cell.upper() == answer.upper()  # as spreadsheets write them
        return left == right or float(left) == float(right)
    return not isinstance(cell, str) and not isinstance(answer, str) and bool(cell == answer)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _hint(cell: Any, answer: Any) -> str:
    left, right = _number(str(cell)), _number(str(answer))
    if left is None or right is None or abs(left - right) > abs(right) * Decimal("1e-9"):
        return ""
    return " They agree to nine digits: a spreadsheet that saved the file may have cut the rest."


def _said(cell: Any) -> str:
    return "nothing" if cell == "" else f"“{_short(cell)}”"


def _short(cell: Any) -> str:
    if isinstance(cell, tuple):
        return f"{'a formula' if cell[0] == 'f' else 'an error'}: {cell[1]}"[:_SHOWN]
    text = str(cell)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
