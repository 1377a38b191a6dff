"""The baseline: what happened each month in the last months, per unit of MRR, segment by segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.frames import to_frame
from nrr_core.ledgers import under
from nrr_core.measures.chosen import Chosen, choose
from nrr_core.measures.grids import Grid
from nrr_core.measures.windows import window_grid
from nrr_core.metrics import ratio
from nrr_core.periods import month_text
from nrr_core.scenarios.runway import last_full_month
from nrr_core.scenarios.scenario import Scenario
from nrr_core.schema import ALL
from nrr_core.selection import frozen_where
from nrr_core.stamp import stamp

__all__ = ["Rates", "baseline", "monthly_grid", "pooled", "rates"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rates:
    """Monthly rates, row 0 for all accounts, then one row per segment; a segment that paid nothing has those of all accounts.

    ``churn`` is a share of opening MRR; ``contraction`` and ``expansion`` are shares of the MRR that stays, so that
    one month's NRR is (1 − churn) × (1 − contraction + expansion); ``returns`` is the share of churned MRR that comes back;
    ``logo_churn`` is a share of accounts; ``shrinking`` and ``growing`` are the shares of staying accounts that do so.
    """

    churn: Floats
    contraction: Floats
    expansion: Floats
    returns: Floats
    logo_churn: Floats
    shrinking: Floats
    growing: Floats


def rates(grid: Grid, *, start: int) -> Rates:
    """The pooled rates of the months of ``monthly_grid`` up to ``start``.

    Raises
    ------
    ScenarioError
        Nobody paid in any of these months.

    """
    if not grid["opening_mrr"][0].sum():
        raise ScenarioError(
            f"Nobody paid before {month_text(start)} in this selection, so there are no rates to carry forward. "
            "Remove a filter, or upload more months."
        )
    return pooled(grid)


def monthly_grid(data: Dataset, chosen: Chosen, *, start: int, months: int) -> Grid:
    """One-month windows of the last ``months`` up to ``start``, as many as the data has."""
    first = max(start - months + 1, data.first + 1)
    return window_grid(data, chosen, months=1, closes=range(first, start + 1), arrivals=True)


def pooled(grid: Grid) -> Rates:
    """Rates of several months together: their sums divided, hence weighted by what was paid at each opening."""
    sums = {name: values.sum(axis=1) for name, values in grid.items()}
    opening, churned = sums["opening_mrr"], sums["churn_mrr"]
    stayed, accounts = opening - churned, sums["opening_accounts"]
    staying = accounts - sums["churn_accounts"]
    found = {
        "churn": ratio(churned, opening),
        "contraction": ratio(sums["contraction_mrr"], stayed),
        "expansion": ratio(sums["expansion_mrr"], stayed),
        "returns": np.minimum(ratio(sums["reactivation_mrr"], churned), 1.0),
        "logo_churn": ratio(sums["churn_accounts"], accounts),
        "shrinking": ratio(sums["contraction_accounts"], staying),
        "growing": ratio(sums["expansion_accounts"], staying),
    }
    without = opening == 0
    return Rates(**{name: _filled(values, without) for name, values in found.items()})


def _filled(values: Floats, without: npt.NDArray[np.bool_]) -> Floats:
    """A rate whose own denominator is 0 is 0; a segment that never paid takes that of all accounts."""
    known = np.nan_to_num(values, nan=0.0)
    return np.where(without, known[0], known)


def baseline(
    data: Dataset, scenario: Scenario | None = None, *, where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD
) -> pd.DataFrame:
    """The monthly rates that a scenario starts from.

    Returns
    -------
    pandas.DataFrame
        segment (the total as ``(all)`` first), opening_accounts and opening_mrr added over the months, then the rates of
        ``Rates``: churn, contraction, expansion, returns, logo_churn, shrinking, growing.

    Raises
    ------
    ScenarioError
        Nobody paid in any of these months.

    """
    card.require_nrr()
    data = under(data, card)
    scenario, kept = scenario or Scenario(), frozen_where(where)
    chosen = choose(data, by=(scenario.by,) if scenario.by else (), where=dict(kept))
    start = last_full_month(data)
    grid = monthly_grid(data, chosen, start=start, months=scenario.months)
    found = rates(grid, start=start)
    labels = [ALL, *(label[0] for label in chosen.labels)] if scenario.by else [ALL]
    size = len(labels)
    columns: dict[str, Any] = {
        "segment": labels,
        "opening_accounts": grid["opening_accounts"].sum(axis=1)[:size],
        "opening_mrr": grid["opening_mrr"].sum(axis=1)[:size],
    }
    columns |= {f.name: getattr(found, f.name)[:size] for f in fields(found)}
    question = f"baseline of {scenario.months} months up to {month_text(start)}, by {scenario.by or 'nothing'}"
    return to_frame(columns, order=[*columns], stamp=stamp(data, card=card, where=kept, question=question).as_dict())
