"""Cohorts: what accounts pay at every age, by segment as of their first payment and the period in which it fell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.engine import Integers, Table
from nrr_core.measures.chosen import Chosen, by_profile, segment_of_cells
from nrr_core.rollups import added, running

__all__ = ["CohortMeasures", "cohort_grid"]


@dataclass(frozen=True, eq=False)
class CohortMeasures:
    """Exact sums of cohorts by age: one row per segment × cohort, one column per age, and which cells exist."""

    segment: Integers
    cohort: Integers  # last month of the cohort's calendar period
    accounts: Integers
    opening_mrr: Integers
    mrr: Integers
    capped_mrr: Integers
    active_accounts: Integers
    exists: npt.NDArray[np.bool_]


def cohort_grid(data: Dataset, chosen: Chosen, *, length: int, fiscal_start: int = 1) -> CohortMeasures:
    """Every cohort of ``length``-month periods at every age whose period has ended within the data."""
    sizes, steps = _cohort_steps(data, chosen, length=length, fiscal_start=fiscal_start)
    order = np.lexsort((sizes["cohort"], sizes["segment"]))
    segment, cohort = sizes["segment"][order].astype(np.int64), sizes["cohort"][order].astype(np.int64)
    located = np.searchsorted(_key(segment, cohort), _key(steps["segment"], steps["cohort"]))
    located = np.where(steps["segment"] >= 0, located, -1)
    ages = max(0, (data.last - int(cohort.min())) // length + 1) if len(cohort) else 0
    months = cohort[:, None] + np.arange(ages)[None, :] * length
    exists = months <= data.last
    columns = np.where(exists, months - data.first + 1, 0)

    def at(name: str) -> Integers:
        sums = running(steps, name, place=located, size=len(cohort), first=data.first, last=data.last)
        return np.take_along_axis(sums, columns, axis=1)

    return CohortMeasures(
        segment=segment,
        cohort=cohort,
        accounts=sizes["accounts"][order].astype(np.int64),
        opening_mrr=sizes["opening_mrr"][order].astype(np.int64),
        mrr=at("mrr"),
        capped_mrr=at("capped_mrr"),
        active_accounts=at("active_accounts"),
        exists=exists,
    )


def _cohort_steps(data: Dataset, chosen: Chosen, *, length: int, fiscal_start: int) -> tuple[Table, Table]:
    """Sizes and signed steps of cohorts by segment; steps of a segment below 0 are filtered out."""
    if length == 1 and chosen.rolled and chosen.everything:
        return data.rollups.whole("cohort_sizes"), data.rollups.whole("cohorts")
    if length == 1 and chosen.rolled:
        segment_of = segment_of_cells(data, chosen)
        sizes, steps = (data.rollups.rows(name, None) for name in ("cohort_sizes", "cohorts"))
        own = segment_of[sizes["segment"]]
        return _summed(own, sizes), {**steps, "segment": segment_of[steps["segment"]]}
    place = {"length": length, "start": fiscal_start, "last": data.last}
    members = data.engine.query("members", parameters=place)
    inputs: dict[str, Table] = {
        "members": {name: np.asarray(column) for name, column in members.items()},
        "chosen": by_profile(data, chosen),
    }
    return data.engine.query("cohort_sizes", inputs=inputs), data.engine.query("cohorts", inputs=inputs)


def _summed(segment: Integers, sizes: Table) -> Table:
    """Cohort sizes of cells added up by segment."""
    inside = segment >= 0
    keys, place = np.unique(_key(segment[inside], sizes["cohort"][inside]), return_inverse=True)
    summed: dict[str, Integers] = {"segment": keys >> 32, "cohort": keys & 0xFFFFFFFF}
    for name in ("accounts", "opening_mrr"):
        summed[name] = added(sizes[name][inside].astype(np.int64), place, size=len(keys))
    return summed


def _key(segment: npt.NDArray[Any], cohort: npt.NDArray[Any]) -> Integers:
    return segment.astype(np.int64) * (1 << 32) + cohort.astype(np.int64)
