"""Decisions as a table: what is typed into a grid, pasted from a spreadsheet, or read from a CSV file."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from nrr_core.errors import ScenarioError
from nrr_core.formats import plain_text, unescaped
from nrr_core.ingest.dates import parse_day
from nrr_core.periods import month_text
from nrr_core.scenarios.scenario import ACTIONS, Decision
from nrr_core.scenarios.written import amount
from nrr_core.schema import money

__all__ = ["COLUMNS", "from_csv", "from_rows", "to_table"]

COLUMNS: Final = ("account", "action", "to", "probability", "month", "note")
_ALIKE: Final = {
    "account": ("account", "account_id", "accountid", "id", "customer", "customer_id"),
    "action": ("action", "decision", "outcome"),
    "to": ("to", "to_mrr", "mrr_after", "new_mrr", "amount"),
    "probability": ("probability", "chance", "likelihood", "p"),
    "month": ("month", "date", "when", "renewal_date", "contract_end"),
    "note": ("note", "notes", "comment", "why"),
}
_MOST: Final = 5_000
_MOST_BYTES: Final = 4_000_000


def to_table(decisions: Sequence[Decision]) -> pd.DataFrame:
    """Decisions as a frame with ``COLUMNS``: amounts in currency units, probability from 0 to 1, months as text."""
    rows = [(d.account, d.action, None if d.to is None else float(money(d.to)), d.probability, d.month or "", d.note) for d in decisions]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"to": "float64", "probability": "float64"})


def from_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Decision, ...], list[str]]:
    """Decisions from rows of a grid, and a sentence for every row that is none; the good ones count all the same.

    Rows without an action are passed over: nothing was decided. Probability may be written 0.8, 80 % or 80.
    """
    found: dict[str, Decision] = {}
    wrong: list[str] = []
    for number, row in enumerate(rows[:_MOST], 1):
        action = _text(row.get("action")).casefold()
        if not action:
            continue
        account = _text(row.get("account"))
        try:
            made = Decision(
                account=account, action=action, to=_amount(row.get("to"), action, f"row {number}"),
                probability=_probability(row.get("probability")), month=_month(row.get("month")), note=_text(row.get("note"))[:1_000],
            )  # fmt: skip
        except ScenarioError as error:
            wrong.append(f"Row {number}: {error}")
            continue
        if account in found:
            wrong.append(f"Row {number}: “{plain_text(account)}” is decided about twice. The first row counts.")
            continue
        found[account] = made
    if len(rows) > _MOST:
        wrong.append(f"Only the first {_MOST:,} rows are read.")
    return tuple(found.values()), wrong


def from_csv(content: bytes) -> tuple[tuple[Decision, ...], list[str]]:
    """Decisions from a CSV file with a header: comma, semicolon or tab, UTF-8; lines that begin with ``#`` and decide nothing are remarks.

    Raises
    ------
    ScenarioError
        Not text, not CSV, too large, or without a column for the account and for the action.

    """
    if len(content) > _MOST_BYTES:
        raise ScenarioError(f"A file of decisions has at most {_MOST_BYTES // 1_000_000} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError("This file is not UTF-8 text. Save it as CSV UTF-8 and try again.") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = [cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ScenarioError(f"This file can't be read as CSV: {error}.") from error
    header = [unescaped(cell).strip().casefold().replace(" ", "_") for cell in (lines or [[]])[0]]
    place = {name: next((header.index(alike) for alike in names if alike in header), None) for name, names in _ALIKE.items()}
    for name in ("account", "action"):
        if place[name] is None:
            raise ScenarioError(f"The file has no column “{name}”. Its columns are: {', '.join(map(plain_text, header))}.")
    rows = [
        (cells[0], {name: unescaped(cells[at]) if at is not None and at < len(cells) else None for name, at in place.items()})
        for cells in lines[1:]
    ]
    return from_rows([row for begins, row in rows if not begins.startswith("#") or _text(row["action"]).casefold() in ACTIONS])


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else str(value).strip()


def _amount(value: Any, action: str, what: str) -> int | None:
    """The amount of a shrink or grow; the others need none, so what stands there is passed over."""
    text = _text(value)
    return amount(text.replace(",", ""), what) if text and action in {"shrink", "grow"} else None


def _probability(value: Any) -> float:
    text = _text(value).removesuffix("%").strip()
    if not text:
        return 1.0
    try:
        number = float(text)
    except ValueError as error:
        raise ScenarioError(f"The probability “{plain_text(text)}” is not a number. Write 0.8 or 80%.") from error
    return number / 100 if number > 1 or "%" in _text(value) else number


def _month(value: Any) -> str | None:
    text = _text(value)
    if not text:
        return None
    day = parse_day(text)
    if day.month is None:
        raise ScenarioError(f"“{plain_text(text)}” is not a month. Write YYYY-MM, for example 2026-03.")
    return month_text(day.month)
