"""Sheets as a workbook: numbers, formulas made of cell addresses only, and text that is always text."""

import io
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

__all__ = ["WHEN", "Cell", "Formula", "Sheet", "address", "workbook"]

_FORMULA: Final = re.compile(r'=[A-Z0-9:()+\-*/,<>="]+')  # addresses, numbers, IF, SUM, MIN, ABS; never a name from the data
_MOST_TEXT: Final = 32_767
_FORMS: Final = {"money": "#,##0.00", "ratio": "0.0%", "points": "+0.0%;-0.0%;0.0%", "count": "#,##0", "number": "0.00"}
WHEN: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same figures give the same bytes


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula over cells, and its value for viewers that do not calculate; no value where it is undefined."""

    text: str
    value: Decimal | float | int | None

    def __post_init__(self) -> None:
        if not _FORMULA.fullmatch(self.text):
            raise ValueError(f"A formula holds cells and functions only, not {self.text!r}.")


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, a number, a formula or nothing; ``form`` is a unit of figures, ``head`` or empty."""

    value: Formula | Decimal | float | int | str | None
    form: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name and its rows of cells; ``wide`` is the width of its first column in characters."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    wide: int = 28


def address(row: int, column: int) -> str:
    """A cell's address, both counted from 0: ``address(1, 2)`` is ``C2``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def workbook(sheets: list[Sheet]) -> bytes:
    """The workbook's bytes."""
    import xlsxwriter  # noqa: PLC0415 - only who downloads a workbook pays for it

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": WHEN})
        forms = {name: book.add_format({"num_format": form}) for name, form in _FORMS.items()}
        forms["head"] = book.add_format({"bold": True, "bottom": 1})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for row, cells in enumerate(sheet.rows):
                for column, cell in enumerate(cells):
                    _write(page, row, column, cell.value, forms.get(cell.form))
            page.set_column(0, 0, sheet.wide)
            page.set_column(1, 20, 16)
            page.freeze_panes(1, 1)
    return target.getvalue()


def _write(page: Any, row: int, column: int, value: Any, form: Any) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, Formula):
        shown = "" if value.value is None else float(value.value)
        page.write_formula(row, column, value.text, form, shown)
    elif isinstance(value, int | float | Decimal):
        page.write_number(row, column, float(value), form)
    else:
        page.write_string(row, column, str(value)[:_MOST_TEXT], form)
