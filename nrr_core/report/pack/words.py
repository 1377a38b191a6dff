"""Figures as a pack writes them: one way for money, ratios, points, counts, months and names."""

import math
from decimal import Decimal
from typing import Any

from nrr_core.explain.findings import points_text
from nrr_core.formats import UNKNOWN, is_number, money_text, month_label, percent_text, plain_text
from nrr_core.report.pack.page import Figure
from nrr_core.schema import ACCOUNT_NAMES

__all__ = ["account_name", "count", "defined", "money", "month", "moved", "name", "number", "percent", "points", "text"]


def defined(value: Any) -> bool:
    """Whether a ratio has a value."""
    return value is not None and is_number(value)


def money(label: str, amount: Any, *, prefix: str, factor: int = 1, signed: bool = False) -> Figure:
    """An amount in the display unit, kept as an exact decimal; no value where the frame has none."""
    if not isinstance(amount, Decimal | int):
        return Figure(label, UNKNOWN, None, "money")
    value = Decimal(amount) * factor
    return Figure(label, money_text(float(value), currency=prefix, signed=signed), value, "money")


def percent(label: str, ratio: float | None, *, digits: int = 1) -> Figure:
    """A ratio as per cent; ``–`` where it is undefined."""
    value = float(ratio) if ratio is not None and defined(ratio) else None
    return Figure(label, percent_text(value, digits=digits), value, "ratio")


def points(label: str, difference: float | None) -> Figure:
    """A difference of two ratios with its sign; ``–`` where one of them is undefined."""
    if difference is None or not math.isfinite(difference):
        return Figure(label, UNKNOWN, None, "points")
    return Figure(label, points_text(difference), float(difference), "points")


def moved(label: str, difference: float) -> tuple[str, Figure]:
    """The word and the size of a change: ``("rose", 1.3 pt)``; the figure's value keeps its sign."""
    figure = points(label, difference)
    size = Figure(label, figure.text.lstrip("+\u2212"), figure.value, "points")
    return ("rose" if difference > 0 else "fell") if points_text(difference) != "0.0 pt" else "held", size


def count(label: str, value: Any, noun: str = "") -> Figure:
    """A whole number, with its noun in singular or plural: ``1 account``, ``34 accounts``."""
    shown = f"{int(value):,}"
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return Figure(label, f"{shown} {noun if int(value) == 1 else many}" if noun else shown, int(value), "count")


def number(label: str, value: float | None) -> Figure:
    """A plain number with two decimals, such as the quick ratio."""
    return (
        Figure(label, f"{value:,.2f}", float(value), "number")
        if value is not None and defined(value)
        else Figure(label, UNKNOWN, None, "number")
    )


def month(text_: str, *, label: str = "Month") -> Figure:
    """A month, ``2025-12`` as ``Dec 2025``."""
    return Figure(label, month_label(text_), text_, "month")


def name(value: object, *, label: str = "Name", limit: int = 40) -> Figure:
    """A name from the data, on one line and cut to a length."""
    shown = plain_text(value, limit=limit)
    return Figure(label, shown, shown, "name")


def text(value: str, *, label: str = "Text", limit: int = 400) -> Figure:
    """Words of the card, the stamp or the registry; numbers in them are settings, not results."""
    shown = plain_text(value, limit=limit)
    return Figure(label, shown, shown, "text")


def account_name(row: Any, *, limit: int = 40, with_id: bool = True) -> Figure:
    """An account as people know it: its name where the data has one, with its id where there is room."""
    known = next((str(row[column]) for column in ACCOUNT_NAMES if column in row and str(row[column]) not in {"", "(none)", "nan"}), "")
    account = str(row["account_id"])
    both = f"{known} ({account})" if with_id and known != account else known
    return name((both if len(both) <= limit else known) if known else account, label="Account", limit=limit)
