"""Cohorts: retention of accounts by the period of their first payment, and by age."""

from typing import Any

import numpy as np
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.explore.columns import dimensions_of
from nrr_core.frames import to_frame
from nrr_core.ledgers import under
from nrr_core.measures.chosen import choose
from nrr_core.measures.cohorts import CohortMeasures, cohort_grid
from nrr_core.periods import cadence_months, period_text
from nrr_core.schema import ALL, COHORT_COLUMNS
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["cohorts"]


def cohorts(
    data: Dataset,
    *,
    cadence: str = "month",
    by: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """Retention of acquisition cohorts by age.

    Parameters
    ----------
    data
        The dataset.
    cadence
        ``month``, ``quarter`` or ``year``: the calendar period of the first payment, and the unit of age.
    by
        None: one cohort per period. A dimension: one cohort per segment as of first payment, its periods added up.
    where
        Segments to keep, by dimension, as of first payment.
    card, fiscal_start
        As in ``retention``.

    Returns
    -------
    pandas.DataFrame
        ``schema.COHORT_COLUMNS``, one row per cohort and age, then the opening-weighted average of all as cohort
        ``(all)``; ``cohorts`` says how many period cohorts a row rests on. Age 0 is the end of the cohort's first
        period. Ages whose period lies after the data are absent. Accounts that left before that first period end are
        members: they count in ``accounts`` with an opening MRR of 0. NaN ratio where the opening is 0.

    """
    kept, length = frozen_where(where), cadence_months(cadence)
    asked, data = data, under(data, card)
    chosen = choose(data, by=dimensions_of(data, by), where=dict(kept))
    found = cohort_grid(data, chosen, length=length, fiscal_start=fiscal_start)
    if by is None:
        labels = [period_text(c, length=length, fiscal_start=fiscal_start) for c in found.cohort.tolist()]
        groups = np.arange(len(labels))
    else:
        labels = [label[0] for label in chosen.labels]
        groups = found.segment
    rows = _by_age(found, groups, size=len(labels), length=length)
    total = _by_age(found, np.zeros(len(found.cohort), dtype=np.int64), size=1, length=length)
    columns: dict[str, Any] = {name: np.concatenate([rows[name], total[name]]) for name in rows}
    columns["cohort"] = [labels[i] for i in rows["group"]] + [ALL] * len(total["group"])
    as_window = {
        "opening_mrr": columns["opening_mrr"],
        "closing_mrr": columns["mrr"],
        "kept_mrr": columns["capped_mrr"],
        "opening_accounts": columns["accounts"],
        "retained_accounts": columns["active_accounts"],
    }
    for name in ("nrr", "grr", "logo_retention"):
        columns[name] = metrics.compute(name, as_window)
    columns["partial"] = (columns["latest"] == data.last) & data.is_partial(data.last)
    text = f"cohorts, cadence {cadence}, by {by or 'first payment'}, fiscal year from month {fiscal_start}"
    recipe = {"function": "cohorts", "cadence": cadence, "by": by, "fiscal_start": fiscal_start}
    made = stamp(asked, card=card, where=kept, question=text, recipe=recipe).as_dict()
    return to_frame(columns, order=COHORT_COLUMNS, stamp=made)


def _by_age(found: CohortMeasures, groups: Any, *, size: int, length: int) -> dict[str, Any]:
    """Cohorts added up by group, age by age, over those that have reached the age."""
    exists = found.exists
    ages = exists.shape[1]
    wide = {
        "accounts": np.where(exists, found.accounts[:, None], 0),
        "opening_mrr": np.where(exists, found.opening_mrr[:, None], 0),
        "active_accounts": np.where(exists, found.active_accounts, 0),
        "mrr": np.where(exists, found.mrr, 0),
        "capped_mrr": np.where(exists, found.capped_mrr, 0),
        "cohorts": exists.astype(np.int64),
    }
    summed = {}
    for name, values in wide.items():
        summed[name] = np.zeros((size, ages), dtype=np.int64)
        np.add.at(summed[name], groups, values)
    summed["latest"] = np.zeros((size, ages), dtype=np.int64)
    months = found.cohort[:, None] + np.arange(ages) * length
    np.maximum.at(summed["latest"], groups, np.where(exists, months, 0))
    present = summed["cohorts"] > 0
    rows = {name: values[present] for name, values in summed.items()}
    rows["group"], rows["age"] = np.nonzero(present)
    return rows
