"""The workbook's sheets: amounts as numbers, and every ratio as a formula over them that anybody can follow."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.metrics import METRICS
from nrr_core.report.pack import words
from nrr_core.report.pack.book import Cell, Formula, Sheet, address
from nrr_core.report.pack.facts import Facts, rows_of
from nrr_core.report.pack.target_pages import drivers
from nrr_core.schema import ALL

__all__ = ["made_sheets"]

Maker = Callable[[Facts], Sheet | None]
_AMOUNTS = ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr")
_PLAIN = ("opening", "expansion", "contraction", "churn")


def made_sheets(facts: Facts, names: Sequence[str]) -> list[Sheet]:
    """The sheets of some names in their order; the stamp is the last."""
    order = [n for n in names if n != "Stamp"] + ["Stamp"]
    return [sheet for name in order if (sheet := _SHEETS[name](facts)) is not None]


def _head(*names: str) -> tuple[Cell, ...]:
    return tuple(Cell(name, "head") for name in names)


def _plain(value: Any) -> Any:
    """A frame's value as a plain number or text; None where there is none."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _amount(facts: Facts, value: Any) -> Cell:
    plain = _plain(value)
    return Cell(None if plain is None else Decimal(plain) * facts.factor, "money")


def _ratio(part: str, whole: str, value: Any) -> Cell:
    """A ratio of cells, empty where the whole is 0; ``part`` is an expression of addresses."""
    plain = _plain(value)
    return Cell(Formula(f'=IF({whole}=0,"",({part})/{whole})', None if plain is None else float(plain)), "ratio")


def _bridge(facts: Facts) -> Sheet:
    row = facts.bridge.iloc[0]
    kept = row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr
    counts = {name: Cell(int(row[f"{name}_accounts"]), "count") for name in (*_PLAIN, "reactivation", "new", "closing")}
    given = [(n.capitalize(), _amount(facts, row[f"{n}_mrr"]), counts[n]) for n in _PLAIN]
    closing = Formula("=B6+B7+B8", row.closing_mrr * facts.factor)
    rows = [
        *given,
        (
            "Retained",
            Cell(Formula("=B2+B3-B4-B5", kept * facts.factor), "money"),
            Cell(Formula("=C2-C5", int(row.opening_accounts - row.churn_accounts)), "count"),
        ),
        ("Reactivation", _amount(facts, row.reactivation_mrr), counts["reactivation"]),
        ("New", _amount(facts, row.new_mrr), counts["new"]),
        ("Closing", Cell(closing, "money"), Cell(Formula("=C6+C7+C8", int(row.closing_accounts)), "count")),
    ]
    opening = row.opening_mrr
    shares = (*(row[f"{n}_mrr"] for n in _PLAIN), kept, row.reactivation_mrr, row.new_mrr, row.closing_mrr)
    body = [
        (Cell(name), amount, accounts, _ratio(address(at, 1), "B2", share / opening if opening else None))
        for at, ((name, amount, accounts), share) in enumerate(zip(rows, shares, strict=True), start=1)
    ]
    now = facts.now.iloc[0]
    ratios = (
        (Cell("NRR"), _ratio("B2+B3-B4-B5", "B2", now.nrr)),
        (Cell("GRR"), _ratio("B2-B4-B5", "B2", now.grr)),
        (Cell("Logo retention"), _ratio("C2-C5", "C2", now.logo_retention)),
    )
    window = (Cell("Window"), Cell(f"{row.open} to {row.close}"))
    return Sheet("Bridge", (_head("Step", facts.unit, "Accounts", "Share of opening"), *body, (), *ratios, (), window))


def _retained_row(facts: Facts, label: str, row: Any, at: int) -> tuple[Cell, ...]:
    """A label, the amounts, the closing and the ratios of one row of ``retention`` at a place of the sheet."""
    b, c, d, e = (address(at, column) for column in range(1, 5))
    kept = (row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr) * facts.factor
    accounts, stayed = address(at, 6), address(at, 7)
    return (
        Cell(label), *(_amount(facts, getattr(row, name)) for name in _AMOUNTS), Cell(Formula(f"={b}+{c}-{d}-{e}", kept), "money"),
        Cell(int(row.opening_accounts), "count"), Cell(int(row.retained_accounts), "count"),
        _ratio(f"{b}+{c}-{d}-{e}", b, row.nrr), _ratio(f"{b}-{d}-{e}", b, row.grr), _ratio(stayed, accounts, row.logo_retention),
    )  # fmt: skip


def _retained_head(facts: Facts, first: str) -> tuple[Cell, ...]:
    amounts = (f"{n.capitalize()} {facts.unit}" for n in (*_PLAIN, "closing"))
    return _head(first, *amounts, "Opening accounts", "Retained accounts", "NRR", "GRR", "Logo retention")


def _segments(facts: Facts) -> Sheet | None:
    if facts.segments is None or facts.dimension is None:
        return None
    rows = [_retained_row(facts, row.segment, row, at) for at, row in enumerate(rows_of(facts.segments), start=1)]
    return Sheet("Segments", (_retained_head(facts, facts.dimension), *rows))


def _trend(facts: Facts) -> Sheet:
    rows = [_retained_row(facts, row.close, row, at) for at, row in enumerate(rows_of(facts.trend), start=1)]
    return Sheet("Trend", (_retained_head(facts, "Close"), *rows), 12)


def _accounts(facts: Facts) -> Sheet:
    rows = []
    for at, row in enumerate(facts.movers.to_dict("records"), start=1):
        opening, closing = address(at, 4), address(at, 5)
        change = Formula(f"={closing}-{opening}", row["change_mrr"] * facts.factor)
        rows.append(
            (
                Cell(row["account_id"]),
                Cell(words.account_name(row, limit=120).text),
                Cell(str(row["state"])),
                Cell(row["first_paid"]),
                _amount(facts, row["opening_mrr"]),
                _amount(facts, row["closing_mrr"]),
                Cell(change, "money"),
                _ratio(closing, opening, row["nrr"]),
            )
        )
    head = _head("Account", "Name", "State", "First paid", f"Opening {facts.unit}", f"Closing {facts.unit}", "Change", "NRR")
    return Sheet("Accounts", (head, *rows))


def _targets(facts: Facts) -> Sheet:
    found = drivers(facts.now.iloc[0], facts.bridge.iloc[0])
    rows = []
    for at, (name, value) in enumerate(found.items(), start=1):
        target, form = facts.targets.get(name), "number" if METRICS[name].kind == "number" else "ratio"
        gap = None if value is None or target is None else Formula(f"={address(at, 1)}-{address(at, 2)}", value - target)
        rows.append((Cell(METRICS[name].label), Cell(value, form), Cell(target, form), Cell(gap, "points" if form == "ratio" else form)))
    return Sheet("Targets", (_head("Metric", "Value", "Target", "Gap"), *rows))


def _scenario(facts: Facts) -> Sheet | None:
    if facts.projection is None:
        return None
    effects = facts.projection.effects.to_dict("records")
    block = [_head("Step", f"Effect on {facts.unit}", "NRR", "GRR", "Logo retention")]
    for at, row in enumerate(effects, start=1):
        last = at == len(effects) and at > 1
        amount = _plain(row["mrr"]) * facts.factor
        cells = [Cell(str(row["step"]))]
        for column, (name, value, form) in enumerate(
            (("mrr", amount, "money"), *((n, _plain(row[n]), "ratio") for n in ("nrr", "grr", "logo_retention"))), start=1
        ):
            total = Formula(f"=SUM({address(1, column)}:{address(at - 1, column)})", value)
            cells.append(
                Cell(total if last and value is not None else value, form if name == "mrr" or row["kind"] == "total" else "points")
            )
        block.append(tuple(cells))
    months = facts.projection.months
    held = months[months["segment"] == ALL].sort_values(["path", "month"])
    block += [
        (),
        _head(
            "Path",
            *(f"{n.capitalize()} {facts.unit}" for n in (*_PLAIN, "closing")),
            "Month",
            f"{facts.unit} of today’s accounts",
            "NRR",
            "GRR",
            "Logo retention",
        ),
    ]
    for at, row in enumerate(rows_of(held), start=len(block)):
        b, c, d, e = (address(at, column) for column in range(1, 5))
        closing = Formula(f"={b}+{c}-{d}-{e}", (row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr) * facts.factor)
        block.append(
            (
                Cell(str(row.path).capitalize()),
                *(_amount(facts, getattr(row, n)) for n in _AMOUNTS),
                Cell(closing, "money"),
                Cell(str(row.month)),
                _amount(facts, row.mrr),
                _ratio(f"{b}+{c}-{d}-{e}", b, row.nrr),
                _ratio(f"{b}-{d}-{e}", b, row.grr),
                Cell(_plain(row.logo_retention), "ratio"),
            )
        )
    return Sheet("Scenario", tuple(block))


def _decisions(facts: Facts) -> Sheet | None:
    if facts.projection is None or facts.projection.decided.empty:
        return None
    return _frame("Decisions", facts.projection.decided, facts)


def _runway(facts: Facts) -> Sheet | None:
    return None if facts.runway is None else _frame("Runway", facts.runway, facts)


def _frame(name: str, frame: pd.DataFrame, facts: Facts) -> Sheet:
    """A frame as it is; its amounts in the pack's unit."""
    rows = [_head(*(str(c) for c in frame.columns))]
    for record in frame.to_dict("records"):
        cells = []
        for column, value in record.items():
            if str(column).endswith("mrr"):
                cells.append(_amount(facts, value))
            else:
                plain = _plain(value)
                cells.append(
                    Cell(
                        plain if isinstance(plain, int | float | Decimal | None) else str(plain), "ratio" if column == "probability" else ""
                    )
                )
        rows.append(tuple(cells))
    return Sheet(name, tuple(rows))


def _fragility(facts: Facts) -> Sheet:
    rows = []
    for at, row in enumerate(rows_of(facts.fragility), start=1):
        opening, closing = address(at, 3), address(at, 4)
        live = row.measure == "nrr" or row.measure.startswith("nrr_without_top")
        value = _ratio(closing, opening, row.value) if live else Cell(_plain(row.value), "ratio")
        rows.append(
            (
                Cell(row.measure.replace("_", " ")),
                value,
                Cell(int(row.accounts), "count"),
                _amount(facts, row.opening_mrr),
                _amount(facts, row.closing_mrr),
            )
        )
    return Sheet("Fragility", (_head("Measure", "Value", "Accounts", f"Opening {facts.unit}", f"Closing {facts.unit}"), *rows), 34)


def _stamp(facts: Facts) -> Sheet:
    lines = [(Cell(label, "head"), Cell(text)) for label, text in facts.stamp.lines()]
    formulas = [(Cell(m.label), Cell(m.formula)) for m in METRICS.values()]
    return Sheet("Stamp", (*lines, (), _head("Metric", "Formula"), *formulas), 16)


_SHEETS: dict[str, Maker] = {
    "Bridge": _bridge, "Segments": _segments, "Accounts": _accounts, "Trend": _trend, "Targets": _targets, "Scenario": _scenario,
    "Decisions": _decisions, "Runway": _runway, "Fragility": _fragility, "Stamp": _stamp,
}  # fmt: skip
