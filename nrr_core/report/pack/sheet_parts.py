"""What sheets are made of: heads, amounts, ratios as formulas, rows of retention, frames as they are."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.report.pack.book import Cell, Formula, Sheet, address
from nrr_core.report.pack.facts import Facts

__all__ = ["PLAIN", "amount", "bridged", "framed", "head", "plain", "ratio", "retained_head", "retained_row"]

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


def bridged(facts: Facts, row: Any, at: int) -> tuple[tuple[Cell, ...], Cell, Cell, Cell]:
    """The amounts of one row from its second cell on, their sum at the close, and NRR and GRR as formulas over them.

    Under a card whose ratio is no ratio of amounts (a chain, a mean) there is nothing to add up: its values stand by themselves.
    """
    names = facts.amounts
    cells = tuple(amount(facts, getattr(row, name)) for name in names)
    if plain(row.closing_mrr) is None:
        return cells, Cell(None), Cell(plain(row.nrr), "ratio"), Cell(plain(row.grr), "ratio")
    signs = {name: "-" if name in _LOSSES else "+" for name in names}
    places = {name: address(at, column) for column, name in enumerate(names, start=1)}
    opening = places["opening_mrr"]
    closing = "".join(signs[name] + place for name, place in places.items()).removeprefix("+")
    kept = f"{opening}-{places['contraction_mrr']}-{places['churn_mrr']}"
    if plain(row.expansion_mrr) is None:  # amounts at both ends, none between: a revenue window ahead
        return cells, amount(facts, row.closing_mrr), ratio(address(at, len(names) + 1), opening, row.nrr), Cell(plain(row.grr), "ratio")
    total = sum((getattr(row, name) * (-1 if name in _LOSSES else 1) for name in names), Decimal(0)) * facts.factor
    return cells, Cell(Formula(f"={closing}", total), "money"), ratio(closing, opening, row.nrr), ratio(kept, opening, row.grr)


_LOSSES = {"contraction_mrr", "churn_mrr"}


def _counted(value: Any) -> Cell:
    given = plain(value)
    return Cell(None if given is None else int(given), "count")


def retained_row(facts: Facts, label: str, row: Any, at: int) -> tuple[Cell, ...]:
    """A label, the amounts, the closing and the ratios of one row of ``retention`` at a place of the sheet."""
    amounts, closing, nrr, grr = bridged(facts, row, at)
    accounts, stayed = (_counted(value) for value in (row.opening_accounts, row.retained_accounts))
    opened, kept = address(at, len(amounts) + 2), address(at, len(amounts) + 3)
    logo = ratio(kept, opened, row.logo_retention) if stayed.value is not None else Cell(plain(row.logo_retention), "ratio")
    return (Cell(label), *amounts, closing, accounts, stayed, nrr, grr, logo)


def retained_head(facts: Facts, first: str) -> tuple[Cell, ...]:
    """The headings above such rows."""
    amounts = (f"{n.removesuffix('_mrr').capitalize()} {facts.unit}" for n in (*facts.amounts, "closing_mrr"))
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
