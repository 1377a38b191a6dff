"""A file of exchange rates: units of one base currency for a unit of each currency, by month."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.cells import Loaded, bulk_insert
from nrr_core.ingest.dates import parse_day
from nrr_core.ingest.formats import find_format
from nrr_core.ingest.mapping import normal, read_header
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.report import Options
from nrr_core.periods import month_text
from nrr_core.schema import ALL_MONTHS, RATE_UNIT

__all__ = ["Rates", "note_missing", "read_rates"]

_NAMES: Final = {
    "currency": ("currency", "currency_code", "iso_currency", "code", "from_currency", "from"),
    "month": ("month", "date", "period", "month_end", "rate_date", "as_of"),
    "rate": ("rate", "exchange_rate", "fx_rate", "value"),
}
_NUMBER: Final = re.compile(r"\d{1,9}([.,]\d{1,20})?")
_CODE: Final = re.compile(r"[A-Z]{3,5}")
_MOST: Final = 200_000  # rows
_LISTED: Final = 6  # months that a problem names


@dataclass(frozen=True)
class Rates:
    """Rates as whole hundred-millionths, by currency and month."""

    by_currency: dict[str, dict[int, int]]

    @property
    def highest(self) -> int:
        """The highest of all rates."""
        return max(rate for rates in self.by_currency.values() for rate in rates.values())

    def base(self, found: dict[str, int], notes: Notes) -> str:
        """The currency that all are converted to: the one whose rate is 1 throughout, or the person's answer."""
        ones = [code for code, rates in self.by_currency.items() if set(rates.values()) == {RATE_UNIT}]
        if len(ones) == 1:
            return ones[0]
        why = "several currencies have a rate of 1 throughout" if ones else "no currency has a rate of 1 throughout"
        options = {code.lower(): f"amounts are converted to {code}" for code in (ones or sorted({*found, *self.by_currency}))}
        taken = notes.ask("base_currency", f"Rates file: {why}. What are the rates in units of?", options)
        notes.stop_if_open()
        return (taken or "").upper()

    def write(self, con: Any, found: dict[str, int], notes: Notes) -> str:
        """The table ``rates`` (currency, f, t, rate) of the currencies in use; returns the base currency.

        A month without a rate takes the last one before, months before the first take the first.
        """
        base = self.base(found, notes)
        if set(self.by_currency.get(base, {0: RATE_UNIT}).values()) != {RATE_UNIT}:
            raise notes.refuse(f"Rates file: {base} is the currency that the others are converted to, so its rates must be 1.")
        missing = [code for code in found if code != base and code not in self.by_currency]
        if missing:
            names = ", ".join(f"{code} ({found[code]:,} row(s))" for code in sorted(missing))
            raise notes.refuse(f"The rates file has no rate for {names}. Add rows for it, one a month, and read the files again.")
        rows: list[tuple[str, int, int, int]] = []
        for code in sorted({*found, base}):
            rows += _stretches(code, self.by_currency[code] if code != base else {0: RATE_UNIT})
        con.execute("create or replace table rates (currency varchar, f integer, t integer, rate bigint)")
        bulk_insert(con, "rates", [list(column) for column in zip(*rows, strict=True)])
        return base


def _stretches(code: str, rates: dict[int, int]) -> list[tuple[str, int, int, int]]:
    """Currency, first month, month after the last, rate: all months, each in one stretch."""
    rows: list[tuple[str, int, int, int]] = []
    for month in sorted(rates):
        if not rows:
            rows.append((code, 0, ALL_MONTHS, rates[month]))
        elif rows[-1][3] != rates[month]:
            rows[-1] = (code, rows[-1][1], month, rows[-1][3])
            rows.append((code, month, ALL_MONTHS, rates[month]))
    return rows


def read_rates(con: Any, source: Path, *, options: Options, work: Path) -> tuple[Rates, Notes]:
    """Read the file, and what it raised. Refused where a cell is no currency, month or rate: a guessed rate moves every figure."""
    notes = Notes(options, of="rates")
    module, head = find_format(source, notes=notes)
    opened = module.open_file(source, head, work=work, notes=notes)
    columns = read_header(opened.header, opened.sample, notes=notes)
    known = {normal(columns.names[index]): index for index in reversed(columns.usable())}
    places = {field: next((known[name] for name in names if name in known), None) for field, names in _NAMES.items()}
    lacking = [field for field, index in places.items() if index is None]
    if lacking:
        names = ", ".join(f"“{shown(name)}”" for name in columns.names[:30])
        raise notes.refuse(f"It needs the columns currency, month and rate; {', '.join(lacking)} is missing. It has {names}.")
    notes.stop_if_open()
    loaded = opened.load(con, table="rate_cells", progress=lambda _share: None)
    if loaded.broken or not 0 < loaded.records <= _MOST:
        raise notes.refuse(f"It must have 1 to {_MOST:,} rows, all of the width of its header.")
    picked = ", ".join(f"coalesce(trim(c{places[field]}), '')" for field in _NAMES)
    cells = con.execute(f"select rowid, {picked} from rate_cells order by rowid").fetchall()
    con.execute("drop table rate_cells")
    return _checked(cells, loaded, notes), notes


def _checked(cells: list[tuple[int, str, str, str]], loaded: Loaded, notes: Notes) -> Rates:
    """Every cell read, or the first that can't be."""
    found: dict[str, dict[int, int]] = {}
    for ordinal, name, written, number in cells:
        if not (name or written or number):
            continue
        row, line = loaded.where(ordinal)
        place, code = f"row {row:,} (line {line:,})", name.upper()
        if not _CODE.fullmatch(code):
            raise notes.refuse(f"{place}: “{shown(code)}” is not a currency. Write its ISO code, for example EUR.")
        month = parse_day(written).month
        if month is None:
            raise notes.refuse(f"{place}: “{shown(written)}” is not a month. Write YYYY-MM, for example 2025-12.")
        rate = _rate(number)
        if not rate:
            raise notes.refuse(f"{place}: “{shown(number)}” is not a rate. Write a number above 0, for example 1.0825.")
        if found.setdefault(code, {}).setdefault(month, rate) != rate:
            raise notes.refuse(f"{place}: {code} has two different rates for {month_text(month)}. Keep one of them.")
    if not found:
        raise notes.refuse("It has no rates.")
    return Rates(found)


def _rate(text: str) -> int:
    """A rate in hundred-millionths, half to even; 0 where it is none."""
    if not _NUMBER.fullmatch(text):
        return 0
    return int((Decimal(text.replace(",", ".")) * RATE_UNIT).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def note_missing(con: Any, rates: Rates, base: str, *, until: int, notes: Notes) -> None:
    """Say which months of the revenue had no rate of their own, and which one they took."""
    spans = con.execute(
        "select currency, min(f), max(coalesce(t - 1, f)), bool_or(t is null) from revenue group by currency order by currency"
    ).fetchall()
    for code, low, high, running in spans:
        known = rates.by_currency.get(code, {})
        months = [] if code == base else [m for m in range(low, min(until, until if running else high) + 1) if m not in known]
        early = [m for m in months if m < min(known)]
        for rule, lacking, which in (
            ("rates_early", early, "the first one there is"),
            ("rates_missing", [m for m in months if m not in early], "the last one before"),
        ):
            if lacking:
                named = ", ".join(month_text(m) for m in lacking[:_LISTED]) + (" …" if len(lacking) > _LISTED else "")
                text = f"Rates file: {code} has no rate for {len(lacking):,} month(s) ({named}); each takes {which}."
                notes.add(rule, Verdict.WARNING, text, value=code, count=len(lacking))
