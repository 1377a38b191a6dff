"""What sheets are made of: heads, amounts, ratios as formulas, rows of retention, frames as they are."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.report.pack.book import Cell, Formula, Sheet, address
from nrr_core.report.pack.facts import Facts

__all__ = ["AMOUNTS", "PLAIN", "amount", "framed", "head", "plain", "ratio", "retained_head", "retained_row"]

AMOUNTS = ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr")


PLAIN = ("opening", "expansion", "contraction", "churn")


def head(*names: str) -> tuple[Cell, ...]:
    """A row of headings."""
    return tuple(Cell(name, "head") for name in names)


def plain(value: Any) -> Any:
    """A frame's value as a plain number or text; None where there is none."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def amount(facts: Facts, value: Any) -> Cell:
    """An amount in the pack's unit."""
    given = plain(value)
    return Cell(None if given is None else Decimal(given) * facts.factor, "money")


def ratio(part: str, whole: str, value: Any) -> Cell:
    """A ratio of cells, empty where the whole is 0; ``part`` is an expression of addresses."""
    given = plain(value)
    return Cell(Formula(f'=IF({whole}=0,"",({part})/{whole})', None if given is None else float(given)), "ratio")


def retained_row(facts: Facts, label: str, row: Any, at: int) -> tuple[Cell, ...]:
    """A label, the amounts, the closing and the ratios of one row of ``retention`` at a place of the sheet."""
    b, c, d, e = (address(at, column) for column in range(1, 5))
    kept = (row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr) * facts.factor
    accounts, stayed = address(at, 6), address(at, 7)
    return (
        Cell(label), *(amount(facts, getattr(row, name)) for name in AMOUNTS), Cell(Formula(f"={b}+{c}-{d}-{e}", kept), "money"),
        Cell(int(row.opening_accounts), "count"), Cell(int(row.retained_accounts), "count"),
        ratio(f"{b}+{c}-{d}-{e}", b, row.nrr), ratio(f"{b}-{d}-{e}", b, row.grr), ratio(stayed, accounts, row.logo_retention),
    )  # fmt: skip


def retained_head(facts: Facts, first: str) -> tuple[Cell, ...]:
    """The headings above such rows."""
    amounts = (f"{n.capitalize()} {facts.unit}" for n in (*PLAIN, "closing"))
    return head(first, *amounts, "Opening accounts", "Retained accounts", "NRR", "GRR", "Logo retention")


def framed(name: str, frame: pd.DataFrame, facts: Facts) -> Sheet:
    """A frame as it is; its amounts in the pack's unit."""
    rows = [head(*(str(c) for c in frame.columns))]
    for record in frame.to_dict("records"):
        cells = []
        for column, value in record.items():
            if str(column).endswith("mrr"):
                cells.append(amount(facts, value))
            else:
                given = plain(value)
                shown = given if isinstance(given, int | float | Decimal | None) else str(given)
                cells.append(Cell(shown, "ratio" if column == "probability" else ""))
        rows.append(tuple(cells))
    return Sheet(name, tuple(rows))
