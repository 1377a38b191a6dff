"""Tables as XLSX: text is text, money and ratios are numbers with a format, the stamp is a sheet of its own."""

import io
import math
from decimal import Decimal
from typing import Any

import pandas as pd

from nrr_core.schema import RATIOS
from nrr_core.stamp import Stamp

__all__ = ["to_xlsx"]

_MOST_ROWS = 1_048_575
_MOST_TEXT = 32_767


def to_xlsx(frame: pd.DataFrame, *, title: str) -> bytes:
    """A workbook with the table on the first sheet and its stamp on the second.

    Raises
    ------
    ValueError
        More rows than a sheet holds.

    """
    import xlsxwriter  # noqa: PLC0415 - only who downloads a workbook pays for it

    if len(frame) > _MOST_ROWS:
        raise ValueError(f"A sheet holds {_MOST_ROWS:,} rows; this table has {len(frame):,}. Download CSV instead.")
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "Table")
        bold = book.add_format({"bold": True})
        formats = {
            "money": book.add_format({"num_format": "#,##0.00"}),
            "ratio": book.add_format({"num_format": "0.0%"}),
        }
        for place, name in enumerate(frame.columns):
            sheet.write_string(0, place, str(name)[:_MOST_TEXT], bold)
            kind = "ratio" if name in RATIOS else "money" if str(name).endswith("mrr") else None
            for row, value in enumerate(frame.iloc[:, place].tolist(), start=1):
                _write(sheet, row, place, value, formats.get(kind or ""))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(frame), max(len(frame.columns) - 1, 0))
        sheet.set_column(0, max(len(frame.columns) - 1, 0), 16)
        if "stamp" in frame.attrs:
            stamped = book.add_worksheet("Stamp")
            entries = [(label, text[at : at + _MOST_TEXT]) for label, text in Stamp(**frame.attrs["stamp"]).footer()
                       for at in range(0, max(len(text), 1) if label == "Recipe" else 1, _MOST_TEXT)]  # fmt: skip
            for row, (label, text) in enumerate(entries):
                stamped.write_string(row, 0, label, bold)
                stamped.write_string(row, 1, text)
            stamped.set_column(0, 0, 14)
            stamped.set_column(1, 1, 90)
    return target.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, float(value), form)
    else:
        sheet.write_string(row, column, str(value)[:_MOST_TEXT])
