"""One cell at a time: months and days, read as the calendar date that is written."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nrr_core.periods import month_number

__all__ = ["DateStyle", "Day", "date_style", "parse_day"]

_FIRST_YEAR: Final = 2000
_YEARS_AHEAD: Final = 5
_TIME: Final = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{0,2})?)?"
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?" + _TIME)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_SLASHED: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _TIME)
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})")
_SERIAL: Final = re.compile(r"\d{5}(?:\.0+)?")
_QUARTER: Final = re.compile(r"(?:\d{4}\s*[-/ ]?\s*Q[1-4]|Q[1-4]\s*[-/ ]?\s*\d{2,4})", re.IGNORECASE)
_FISCAL: Final = re.compile(r"FY\s*\d{2,4}.*", re.IGNORECASE)
_WORDS: Final = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?[\s\-/]*)?([^\W\d_]{3,10})\.?[\s\-/,]*(?:(\d{1,2})(?:st|nd|rd|th)?,\s*)?['’]?(\d{4}|\d{2})" + _TIME
)
_NAMES: Final = (
    "jan january janv janvier januar enero ene gennaio gen januari jänner",
    "feb february fév févr février fev februar febrero febbraio febr februari",
    "mar march mars mär märz marzo mrz maart mrt",
    "apr april avr avril abril abr aprile",
    "may mai mayo maggio mag mei",
    "jun june juin juni junio giugno giu",
    "jul july juil juillet juli julio luglio lug",
    "aug august août aout agosto ago augustus",
    "sep sept september septembre septiembre settembre set",
    "oct october okt octobre oktober octubre ottobre ott",
    "nov november novembre noviembre",
    "dec december déc décembre dez dezember diciembre dic dicembre desember",
)
_MONTHS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_EPOCH: Final = dt.date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Day:
    """One date read: month integer and day of the month (None where only a month is written), or what was wrong."""

    month: int | None
    day: int | None = None
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DateStyle:
    """What a column's texts prove about ``01/02/2024``: ``order`` is ``dmy``, ``mdy`` or None where nothing proves it."""

    order: str | None
    proof: str = ""
    against: int = 0


def date_style(texts: Iterable[str]) -> DateStyle | None:
    """The order of day and month in a column of slashed dates; None where the column has no such dates."""
    votes = {"dmy": 0, "mdy": 0}
    proof = {"dmy": "", "mdy": ""}
    slashed = 0
    for text in texts:
        found = _SLASHED.fullmatch(text.strip())
        if not found:
            continue
        slashed += 1
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second or second > 12 >= first:  # noqa: PLR2004 - months of a year
            order = "dmy" if first > second else "mdy"
            votes[order] += 1
            proof[order] = proof[order] or text
    if not slashed:
        return None
    best = max(votes, key=lambda order: votes[order])
    if not votes[best]:
        return DateStyle(None)
    return DateStyle(best, proof[best], sum(votes.values()) - votes[best])


def _checked(year: int, month: int, day: int | None, rule: str = "", *, today: dt.date | None = None) -> Day:
    """A date inside the calendar and inside the years that revenue data can have."""
    last = (today or dt.datetime.now(dt.UTC).date()).year + _YEARS_AHEAD
    try:
        dt.date(year, month, 1 if day is None else day)
    except ValueError:
        return Day(None, rule="no_such_date", reason="is not a date of the calendar")
    if not _FIRST_YEAR <= year <= last:
        return Day(None, rule="year_out_of_range", reason=f"lies in {year}, outside {_FIRST_YEAR} to {last}")
    return Day(month_number(year, month), day, rule)


def _year(text: str) -> int:
    """A year of four digits; of two, 69 to 99 are the 1900s and 00 to 68 the 2000s."""
    number = int(text)
    if len(text) > 2:  # noqa: PLR2004 - written in full
        return number
    return number + (1900 if number > 68 else 2000)  # noqa: PLR2004 - the POSIX pivot


def parse_day(  # noqa: PLR0911 - one return for each way of writing a date
    text: str, *, order: str | None = None, label: str = "year"
) -> Day:
    """The calendar date that is written; a zone or time of day is read over, never shifted.

    Parameters
    ----------
    text
        The cell, not blank.
    order
        ``dmy`` or ``mdy`` for dates such as 01/02/2024.
    label
        What the number in ``Jan-24`` is: ``year`` or ``day``.

    """
    plain = text.strip().strip("'")
    found = _ISO.fullmatch(plain)
    if found:
        rule = "zone" if found[4] else "time" if ":" in plain else "" if len(plain) in {7, 10} and "-" in plain else "written_form"
        return _checked(int(found[1]), int(found[2]), int(found[3]) if found[3] else None, rule)
    found = _SLASHED.fullmatch(plain)
    if found:
        if order is None:
            return Day(None, rule="day_month_order", reason="could be day/month or month/day; answer “dates”")
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if order == "dmy" else (second, first)
        if month > 12 >= day:  # noqa: PLR2004 - months of a year
            return Day(None, rule="day_month_order", reason=f"is not a {order} date, unlike the rest of the column")
        return _checked(_year(found[3]), month, day, "written_form")
    found = _MONTH_YEAR.fullmatch(plain)
    if found:
        return _checked(int(found[2]), int(found[1]), None, "written_form")
    found = _COMPACT.fullmatch(plain)
    if found:
        return _checked(int(found[1]), int(found[2]), int(found[3]) if found[3] else None, "written_form")
    return _uncommon(plain, label)


def _uncommon(plain: str, label: str) -> Day:
    """Month names, spreadsheet serial numbers; quarters and fiscal periods are named as such."""
    found = _WORDS.fullmatch(plain)
    if found and found[2].lower() in _MONTHS:
        month = _MONTHS[found[2].lower()]
        day = found[1] or found[3]
        if day is None and len(found[4]) == 2 and label == "day":  # noqa: PLR2004 - Jan-24
            return Day(None, rule="no_year", reason="has no year")
        return _checked(_year(found[4]), month, int(day) if day else None, "written_form")
    if _SERIAL.fullmatch(plain):
        date = _EPOCH + dt.timedelta(days=int(float(plain)))
        return _checked(date.year, date.month, date.day, "serial")
    if _QUARTER.fullmatch(plain):
        return Day(None, rule="quarter", reason="is a quarter; net revenue retention needs months")
    if _FISCAL.fullmatch(plain):
        return Day(None, rule="fiscal", reason="is a fiscal period; write the calendar month")
    return Day(None, rule="not_a_date", reason="is not a date (expected YYYY-MM or YYYY-MM-DD)")
