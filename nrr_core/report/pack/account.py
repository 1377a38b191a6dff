"""The brief of one account: what it pays, what moved, what is known about it, on one slide."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nrr_core import ledger
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError
from nrr_core.formats import currency_sign
from nrr_core.frames import MONEY
from nrr_core.report.pack import words
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.facts import asked
from nrr_core.report.pack.make import footer_text
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, say
from nrr_core.report.pack.slides import deck
from nrr_core.schema import ACCOUNT_NAMES
from nrr_core.stamp import Stamp

__all__ = ["brief", "brief_page"]

_MONTHS = 24
_MOST_MOVES = 3
_MOST_ROWS = 9
_OF_HISTORY = ("month", "mrr", "change_mrr", "movement")
_VERBS = {"new": "started with", "expansion": "added", "contraction": "gave up", "churn": "left with", "reactivation": "came back with"}


def brief(
    data: Dataset,
    account_id: str,
    *,
    window: int = 12,
    close: str | None = None,
    card: Definition = STANDARD,
    runway: pd.DataFrame | None = None,
    projection: Any = None,
    brand: Brand | None = None,
    factor: int = 1,
) -> bytes:
    """A one-slide deck about one account.

    Parameters
    ----------
    data, card
        As in ``retention``.
    account_id
        The account.
    window
        Months that “now” is compared with.
    close
        ``YYYY-MM``; default: the last month of the data.
    runway, projection
        Answers of the scenario model: when the contract ends, and what is decided.
    brand, factor
        As in ``build``.

    Raises
    ------
    SelectionError
        No account of that id ever paid, or the close lies outside its history.

    """
    page, stamp = brief_page(data, account_id, window=window, close=close, card=card, runway=runway, projection=projection, factor=factor)
    return deck([page], brand=brand or Brand(), footer=footer_text(stamp), stamp=stamp.lines())


def brief_page(
    data: Dataset,
    account_id: str,
    *,
    window: int,
    close: str | None,
    card: Definition,
    runway: pd.DataFrame | None,
    projection: Any,
    factor: int,
) -> tuple[Page, Stamp]:
    """The page of a brief and its stamp."""
    whole = ledger.history(data, account_id, card=card)
    close = close or data.months[-1]
    months = whole[whole["month"] <= close]
    if months.empty or close > data.months[-1]:
        raise SelectionError(f"The account’s history goes from {whole['month'].iloc[0]} to {data.months[-1]}; {close} lies outside.")
    source, prefix = asked(whole), currency_sign(data.currency)

    def money(label: str, amount: Any, *, signed: bool = False) -> Figure:
        return words.money(label, amount, prefix=prefix, factor=factor, signed=signed)

    unit = "MRR" if factor == 1 else "ARR"
    account = words.account_name({"account_id": account_id, **_attributes(months)}, limit=70)
    shown = months.tail(_MONTHS)
    paid = tuple(money(f"{unit}, {m}", v) for m, v in zip(shown["month"], shown["mrr"], strict=True))
    labels = tuple(words.month(m).text for m in shown["month"])
    chart = Chart("stacked", labels, (Series(unit, paid, "accent"),), "money", prefix, f"{unit} by month, {labels[0]} to {labels[-1]}")
    moves = months[months["movement"] != ""].iloc[::-1].head(_MOST_MOVES).to_dict("records")
    bullets = tuple(_move(move, money, source) for move in moves)
    rows = [*_coming(account_id, runway, projection, money), *_known(months)][:_MOST_ROWS]
    table = Table((Column("What is known", "left"), Column("", "left")), tuple(rows)) if rows else None
    title = _title(account, months, window, money, source)
    subtitle = say(
        "{unit}, {months} to {close}",
        unit=words.text(unit),
        months=words.month(shown["month"].iloc[0], label="From"),
        close=words.month(close, label="Close"),
        source=source,
    )
    return Page("brief", title, subtitle, bullets, chart, table), Stamp(**whole.attrs["stamp"])


def _title(account: Figure, months: pd.DataFrame, window: int, money: Any, source: str) -> Sentence:
    now = months["mrr"].iloc[-1]
    before = months["mrr"].iloc[-1 - window] if len(months) > window else None
    close = words.month(months["month"].iloc[-1], label="Close")
    if not now:
        paying = months[months["mrr"] != 0].iloc[-1]
        last = words.month(paying["month"], label="Last paid")
        return say(
            "{account} left after {last}, when it paid {paid}",
            account=account,
            last=last,
            paid=money("Last paid", paying["mrr"]),
            source=source,
        )
    if not before:
        return say("{account} pays {now} a month in {close}", account=account, now=money("Pays", now), close=close, source=source)
    open_ = words.month(months["month"].iloc[-1 - window], label="Open")
    figures = {"account": account, "now": money("Pays", now), "open": open_}
    if now == before:
        return say("{account} pays {now}, as in {open}", source=source, **figures)
    word = "more" if now > before else "less"
    nrr = words.percent("NRR of the account", float(now / before))
    return say(
        f"{{account}} pays {{now}}, {{change}} {word} than in {{open}} (NRR {{nrr}})",
        change=money("Change", abs(now - before)),
        nrr=nrr,
        source=source,
        **figures,
    )


def _move(move: Mapping[Any, Any], money: Any, source: str) -> Sentence:
    change = money(f"{move['movement'].capitalize()}, {move['month']}", abs(move["change_mrr"]))
    return say(f"{{month}}: {_VERBS[move['movement']]} {{change}}", month=words.month(move["month"]), change=change, source=source)


def _attributes(months: pd.DataFrame) -> dict[str, str]:
    """Each attribute as it was when the account last paid."""
    paid = months[months["mrr"].astype(MONEY) != 0]
    last = (paid if len(paid) else months).iloc[-1]
    return {str(name): str(last[name]) for name in months.columns if name not in _OF_HISTORY}


def _known(months: pd.DataFrame) -> list[Row]:
    found = {name: value for name, value in _attributes(months).items() if value not in {"", "(none)"} and name not in ACCOUNT_NAMES}
    return [
        Row((words.name(name.replace("_", " ").capitalize(), label="Attribute"), words.name(value, label=name)))
        for name, value in found.items()
    ]


def _coming(account_id: str, runway: pd.DataFrame | None, projection: Any, money: Any) -> list[Row]:
    """When the contract ends, and what is decided."""
    rows = []
    if runway is not None:
        ends = runway[runway["account_id"] == account_id]["contract_end"]
        rows += [Row((words.text("Contract ends"), words.month(end, label="Contract ends")), "total") for end in ends]
    if projection is not None:
        for row in projection.decided[projection.decided["account_id"] == account_id].to_dict("records"):
            told = say(
                "{action} in {month} at {chance}, {expected} expected",
                action=words.name(row["action"]),
                month=words.month(row["month"]),
                chance=words.percent("Probability", row["probability"], digits=0),
                expected=money("Expected", row["expected_mrr"]),
            )
            rows.append(Row((words.text("Decided"), Figure("Expected", told.text, row["expected_mrr"], "money")), "total"))
    return rows
