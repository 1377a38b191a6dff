"""Numbers and names as the charts write them: short, with a true minus sign, never with markup."""

import math
import numbers
import re
from typing import Final

from nrr_core.periods import parse_month

__all__ = [
    "MINUS",
    "UNKNOWN",
    "currency_sign",
    "escaped",
    "is_number",
    "measure_name",
    "money_text",
    "month_label",
    "percent_text",
    "plain_text",
    "points_text",
    "unescaped",
]

MINUS: Final = "\u2212"
UNKNOWN: Final = "\u2013"  # an undefined ratio
NAMES: Final = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logo retention"}
_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_MOST_CODE: Final = 8
_SUFFIXES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"), (1.0, ""))
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")  # what a spreadsheet runs, or what ``escaped`` made of it
_UNPRINTABLE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def is_number(value: object) -> bool:
    """Whether a cell of a frame holds a finite number, not a missing value."""
    return isinstance(value, numbers.Real) and math.isfinite(value)


def _sign(value: float, *, plus: bool) -> str:
    return MINUS if value < 0 else "+" if plus and value > 0 else ""


def money_text(amount: float, *, currency: str = "$", signed: bool = False) -> str:
    """An amount with three significant digits: ``$6.16M``, ``+$451K``, ``$0``; MINUS if negative, UNKNOWN if none."""
    if not is_number(amount):
        return UNKNOWN
    size = float(f"{abs(amount):.3g}")
    unit, suffix = next(((unit, suffix) for unit, suffix in _SUFFIXES if size >= unit), (1.0, ""))
    scaled = size / unit
    digits = f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}" if scaled >= 1 else f"{scaled:.2g}"  # noqa: PLR2004
    return f"{_sign(amount, plus=signed)}{currency}{digits}{suffix}"


def currency_sign(code: str | None) -> str:
    """What stands before an amount: a sign, the code and a space, or nothing."""
    return _SIGNS.get(code or "", f"{plain_text(code, limit=_MOST_CODE)} " if code else "")


def percent_text(ratio: float | None, *, digits: int = 1, signed: bool = False) -> str:
    """A ratio (1.0 = unchanged) as per cent: ``94.6%``, signed ``+7.3%``; UNKNOWN where it is undefined."""
    if ratio is None or not is_number(ratio):
        return UNKNOWN
    value = round(ratio * 100, digits) + 0.0
    return f"{_sign(value, plus=signed)}{abs(value):,.{digits}f}%"


def points_text(difference: float) -> str:
    """A difference of two ratios in percentage points: ``+1.3 pt``, ``−0.4 pt``; UNKNOWN where it is undefined."""
    if not is_number(difference):
        return UNKNOWN
    value = round(difference * 100, 1) + 0.0
    return f"{_sign(value, plus=True)}{abs(value):,.1f} pt"


def plain_text(text: object, *, limit: int = 60) -> str:
    """A name from the data on one line, without control or direction-changing characters, cut to ``limit``."""
    line = _UNPRINTABLE.sub(" ", str(text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def escaped(text: str) -> str:
    """A text for a CSV file: a leading ``'`` where a spreadsheet would take it for a formula, or for one that is escaped."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """The text that ``escaped`` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def month_label(month: str) -> str:
    """``2025-12`` as ``Dec 2025``."""
    number = parse_month(month)
    return f"{_MONTHS[(number - 1) % 12]} {(number - 1) // 12}"


def measure_name(measure: str) -> str:
    """What a measure is called in charts; a segment's name stays as it is."""
    return NAMES.get(measure, plain_text(measure))
