"""Months as integers (year × 12 + month), windows over them, and the fiscal calendar."""

import datetime as dt
import re
from dataclasses import dataclass

from nrr_core.errors import SelectionError, nearest

__all__ = [
    "CADENCES",
    "WINDOWS",
    "Window",
    "cadence_months",
    "current_month",
    "month_number",
    "month_text",
    "parse_month",
    "period_end",
    "period_text",
]

CADENCES = {"month": 1, "quarter": 3, "year": 12}
WINDOWS = {
    "quarter": "fiscal quarters",
    "year": "fiscal years",
    "quarter_to_date": "fiscal quarter to date",
    "year_to_date": "fiscal year to date",
}
_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")


def month_number(year: int, month: int) -> int:
    """Months on one line: ``year × 12 + month``, month from 1 to 12."""
    return year * 12 + month


def parse_month(text: str) -> int:
    """The month written ``YYYY-MM`` or ``YYYY-MM-DD``, as an integer; raises SelectionError on anything else."""
    found = _MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12:  # noqa: PLR2004 - months of a year
        raise SelectionError(f"“{text}” is not a month. Write YYYY-MM, for example 2025-12.")
    return month_number(int(found[1]), int(found[2]))


def month_text(month: int) -> str:
    """``YYYY-MM`` of a month integer."""
    return f"{(month - 1) // 12:04d}-{(month - 1) % 12 + 1:02d}"


def cadence_months(cadence: str) -> int:
    """Months of a period of that cadence; raises SelectionError on an unknown one."""
    if cadence not in CADENCES:
        raise SelectionError(f"“{cadence}” is not a cadence: {', '.join(CADENCES)}.{nearest(cadence, CADENCES)}")
    return CADENCES[cadence]


def current_month(today: dt.date | None = None) -> int:
    """The month that is running now (UTC), hence not over yet."""
    today = today or dt.datetime.now(dt.UTC).date()
    return month_number(today.year, today.month)


def period_end(month: int, *, length: int, fiscal_start: int = 1) -> int:
    """The last month of the period of ``length`` months that ``month`` lies in; the year begins in ``fiscal_start``."""
    return month + (length - 1) - (month - fiscal_start) % length


def period_text(end: int, *, length: int, fiscal_start: int = 1) -> str:
    """A period by its last month: ``2025-03``, ``2025-Q1``, ``2025``; fiscal years carry the year they end in."""
    if length == 1:
        return month_text(end)
    prefix = "" if fiscal_start == 1 else "FY"
    year_end = period_end(end, length=12, fiscal_start=fiscal_start)
    year = (year_end - 1) // 12
    if length == CADENCES["year"]:
        return f"{prefix}{year}"
    quarter = (end - (year_end - 11)) // 3 + 1
    return f"{prefix}{year}-Q{quarter}"


@dataclass(frozen=True, slots=True)
class Window:
    """``(open, close]``: from the end of month ``open`` to the end of month ``close``."""

    open: int
    close: int

    def __post_init__(self) -> None:
        if self.close <= self.open:
            raise SelectionError(f"A window must close after it opens: {month_text(self.open)} to {month_text(self.close)}.")

    @property
    def months(self) -> int:
        """Length in months."""
        return self.close - self.open
