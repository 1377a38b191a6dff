"""Pages about single accounts to come: contracts that end, and what is decided."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked
from nrr_core.report.pack.page import Chart, Column, Page, Row, Sentence, Series, Table, say
from nrr_core.report.pack.registry import page

__all__ = ["decisions", "runway"]

_MOST_ROWS = 10
_MONTHS = 12


@page(
    "runway",
    "Renewal runway",
    "Revenue whose contract ends in each coming month, the largest accounts named",
    needs="runway",
    sheets=("Runway",),
)
def runway(facts: Facts) -> Page | None:
    """What comes up for renewal, and when."""
    held, source = facts.runway, asked(facts.runway)
    if held is None or held.empty:
        return None
    months = sorted(held["contract_end"].unique().tolist())
    shown = months[:_MONTHS]
    near = held[held["contract_end"].isin(shown)]
    total, later = near["mrr"].sum(), held["mrr"].sum() - near["mrr"].sum()
    labels = tuple(words.month(m).text for m in shown)
    largest = near.sort_values(["mrr", "account_id"], ascending=[False, True], key=_sortable).head(_MOST_ROWS)
    rows = [_ending(facts, row) for row in largest.to_dict("records")]
    title = say(
        "{total} of {unit} comes up for renewal by {last}, in {accounts}",
        total=facts.money("Up for renewal", total),
        unit=words.text(facts.unit),
        last=words.month(shown[-1], label="Last contract end shown"),
        accounts=words.count("Accounts up for renewal", len(near), "account"),
        source=source,
    )
    note = say("{later} ends after that.", later=facts.money("Ends later", later), source=source) if later else None
    table = Table((Column("Largest accounts", "left"), Column("Ends"), Column(facts.unit), Column("Change in a year")), tuple(rows))
    series = _grown(facts, near, shown)
    chart = Chart("stacked", labels, series, "money", facts.prefix, f"{facts.unit} by month of contract end, {labels[0]} to {labels[-1]}")
    return Page("runway", title, None, (), chart, table, note)


def _grown(facts: Facts, near: pd.DataFrame, months: list[str]) -> tuple[Series, ...]:
    """Revenue by month of contract end: of accounts that pay more than a year before, and of the others."""
    found = []
    for name, mask, tone in (
        (f"Pays more than a year before ({facts.unit})", near["change_mrr"] > 0, "accent"),
        (f"Pays the same or less ({facts.unit})", near["change_mrr"] <= 0, "loss"),
    ):
        amounts = [_sum(near[mask & (near["contract_end"] == month)]["mrr"]) for month in months]
        figures = tuple(facts.money(f"{name}, {words.month(m).text}", amount) for m, amount in zip(months, amounts, strict=True))
        found.append(Series(name, figures, tone))
    return tuple(found)


def _ending(facts: Facts, row: Mapping[Any, Any]) -> Row:
    now, change = facts.money("Pays now", row["mrr"]), facts.money("Change in a year", row["change_mrr"], signed=True)
    return Row(
        (
            words.account_name(facts.known(row), limit=30, with_id=False),
            words.month(row["contract_end"], label="Contract ends"),
            now,
            change,
        )
    )


def _sum(values: pd.Series) -> Decimal:
    return sum((Decimal(v) for v in values), Decimal(0))


def _sortable(column: pd.Series) -> pd.Series:
    return column.astype(float) if column.name == "mrr" else column


@page(
    "decisions",
    "Decisions",
    "What is decided for single accounts, with probability and expected revenue",
    needs="projection",
    sheets=("Decisions",),
)
def decisions(facts: Facts) -> Page | None:
    """What is decided, account by account."""
    held = facts.projection.decided
    if held.empty:
        return None
    source = asked(held)
    now, expected = _sum(held["mrr"]), _sum(held["expected_mrr"])
    title = say(
        "{accounts}: {now} of {unit} today, {expected} expected",
        accounts=words.count("Accounts decided", len(held), "account decision"),
        now=facts.money("Pay today", now),
        unit=words.text(facts.unit),
        expected=facts.money("Expected", expected),
        source=source,
    )
    verb = "add" if expected >= now else "cost"
    change = facts.money("Expected change", abs(expected - now))
    told = say(
        f"Weighed by their probability the decisions {verb} {{change}} of {{unit}}",
        change=change,
        unit=words.text(facts.unit),
        source=source,
    )
    largest = sorted(held.to_dict("records"), key=lambda row: (-abs(row["expected_mrr"] - row["mrr"]), str(row["account_id"])))[:_MOST_ROWS]
    rows = [
        Row(
            (
                words.account_name(facts.known(row), limit=34),
                words.name(row["action"], label="Action"),
                words.month(row["month"]),
                words.percent("Probability", row["probability"], digits=0),
                facts.money("Pays today", row["mrr"]),
                facts.money("Expected", row["expected_mrr"]),
                facts.money("Low", row["low_mrr"]),
                facts.money("High", row["high_mrr"]),
            )
        )
        for row in largest
    ]
    names = ("Account", "Decision", "Month", "Probability", f"{facts.unit} today", "Expected", "Low", "High")
    columns = tuple(Column(n, "left" if n in {"Account", "Decision"} else "right") for n in names)
    return Page("decisions", title, None, (told,), None, Table(columns, tuple(rows)), _more(len(held), source))


def _more(rows: int, source: str) -> Sentence | None:
    if rows <= _MOST_ROWS:
        return None
    return say(
        "{more} with less effect left out; the workbook has all.",
        more=words.count("Decisions left out", rows - _MOST_ROWS, "decision"),
        source=source,
    )
