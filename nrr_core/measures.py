"""Measures: exact sums by segment and month, from the roll-ups or from the model's signed steps.

Everything here is an integer: money in ten-thousandths (``nrr_core.schema.UNIT``), counts of accounts. Rows of the
arrays are segments, columns are months. Ratios are made in ``nrr_core.metrics``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Axis, Dataset
from nrr_core.engine import Table
from nrr_core.engines.ends import Asked, at_ends
from nrr_core.model.statements import parameters
from nrr_core.rollups import added, running

__all__ = [
    "Chosen",
    "CohortMeasures",
    "Grid",
    "asked_of_runs",
    "by_cell",
    "by_mask",
    "by_profile",
    "choose",
    "cohort_grid",
    "stepped",
    "window_grid",
]

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]  # profiles that a filter keeps
Grid = dict[str, Integers]  # measure → segments × windows


@dataclass(frozen=True, eq=False)
class Chosen:
    """Profiles (or cells of the roll-ups) that a question is about, with the segment each belongs to, by segment."""

    labels: tuple[tuple[str, ...], ...]  # one tuple of names per segment, as many names as dimensions asked for
    table: Table
    rolled: bool
    everything: bool = False  # no filter, no segments


def choose(data: Dataset, *, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None) -> Chosen:
    """The profiles a filter selects, numbered by segment.

    Without ``by`` there is one segment, the total. Segments that no selected profile has are left out. Where every
    dimension involved is carried by the roll-ups, cells stand for profiles and the roll-ups answer.
    """
    where = {name: tuple(wanted) for name, wanted in (where or {}).items() if wanted}
    axes = [data.axis(name) for name in by]
    rolled = all(data.axis(name).rolled for name in (*by, *where))
    mask = data.mask(where, cells=rolled)
    keys = np.zeros(len(mask), dtype=np.int64)
    for axis in axes:
        keys = keys * axis.count + axis.place(cells=rolled)
    present, segment = np.unique(keys[mask], return_inverse=True)
    order = np.argsort(segment, kind="stable")
    table = {"profile": np.flatnonzero(mask)[order].astype(np.int32), "segment": segment[order].astype(np.int32)}
    return Chosen(labels=_labels(present, axes), table=table, rolled=rolled, everything=not (by or where))


def by_mask(mask: Mask) -> Chosen:
    """The profiles of a mask as one segment, the total."""
    profiles = np.flatnonzero(mask).astype(np.int32)
    table = {"profile": profiles, "segment": np.zeros(len(profiles), dtype=np.int32)}
    return Chosen(labels=((),), table=table, rolled=False)


def _labels(keys: Integers, axes: Sequence[Axis]) -> tuple[tuple[str, ...], ...]:
    columns: list[list[str]] = []
    for axis in reversed(axes):
        keys, codes = np.divmod(keys, axis.count)
        columns.append([axis.segments[c] for c in codes])
    return tuple(zip(*reversed(columns), strict=True)) if axes else ((),)


def window_grid(
    data: Dataset,
    chosen: Chosen,
    *,
    months: int,
    closes: Sequence[int],
    arrivals: bool = False,
    floor: int = 0,
    as_of: str = "open",
) -> Grid:
    """The measures of windows of one length: row 0 is the total, then one row per segment; one column per close.

    Opening, expansion, contraction and churn belong to the segment at open; new and reactivation to the segment at
    close. ``closing_mrr`` is what the opening accounts pay at the close.

    Parameters
    ----------
    data, chosen
        The dataset and the selected profiles.
    months
        Length of the windows.
    closes
        Months in which they close; a window may open before the first month, where nothing is paid.
    arrivals
        Also new, reactivation, and what was transferred between segments.
    floor
        Smallest opening MRR that counts; accounts that open below it are left out.
    as_of
        ``open``, or ``close``: opening accounts belong to their segment at the close, or to the last one before it.

    """
    settled = as_of == "close"
    if data.engine.runs:
        return _grid_of_runs(data, chosen, months=months, closes=closes, arrivals=arrivals, floor=floor, settled=settled)
    shut = np.asarray(closes, dtype=np.int64) - data.first + 1
    opened = np.maximum(shut - months, 0)
    if chosen.rolled and not data.rollups.pays_off(months):
        chosen = replace(chosen, rolled=False, table=by_profile(data, chosen))
    ask = _Asking(data, chosen, months, floor=floor)
    base, kept = (ask(f"settled_{name}" if settled else name) for name in ("base", "kept"))
    opening, paired = base("mrr", opened), kept("paired_mrr", opened)
    closing, kept_mrr = kept("closing_mrr", opened), kept("kept_mrr", opened)
    accounts, retained = base("accounts", opened), kept("retained_accounts", opened)
    grid: Grid = {
        "opening_mrr": opening,
        "opening_accounts": accounts,
        "retained_accounts": retained,
        "expansion_mrr": closing - kept_mrr,
        "expansion_accounts": kept("expansion_accounts", opened),
        "contraction_mrr": paired - kept_mrr,
        "contraction_accounts": kept("contraction_accounts", opened),
        "churn_mrr": opening - paired,
        "churn_accounts": accounts - retained,
        "closing_mrr": closing,
        "kept_mrr": kept_mrr,
    }
    if arrivals:
        came = ask("arrivals")
        for name in ("new_mrr", "new_accounts", "reactivation_mrr", "reactivation_accounts"):
            grid[name] = came(name, shut)
        grid |= _transfers(ask, shut)
    return grid


def asked_of_runs(data: Dataset, chosen: Chosen, *, floor: int, settled: bool, arrivals: bool = False) -> Asked:
    """A choice as runs in memory are asked for it."""
    table, segment = by_profile(data, chosen), np.full(len(data.cells), -1, dtype=np.int64)
    segment[table["profile"]] = table["segment"]
    return Asked(segment, len(chosen.labels), floor=floor, settled=settled, arrivals=arrivals)


def _grid_of_runs(data: Dataset, chosen: Chosen, *, months: int, closes: Sequence[int], arrivals: bool, floor: int, settled: bool) -> Grid:
    """The grid of windows from runs in memory."""
    asked = asked_of_runs(data, chosen, floor=floor, settled=settled, arrivals=arrivals)
    sums = at_ends(data.engine.runs, asked, opens=[close - months for close in closes], closes=closes)
    paired, closing, kept = (sums.pop("paired_mrr"), sums["closing_mrr"], sums["kept_mrr"])
    opening, accounts, retained = sums["opening_mrr"], sums["opening_accounts"], sums["retained_accounts"]
    return sums | {
        "expansion_mrr": closing - kept, "contraction_mrr": paired - kept, "churn_mrr": opening - paired,
        "churn_accounts": accounts - retained,
    }  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Asking:
    """Statements about one choice and one window length, as running sums by segment with the total in row 0."""

    data: Dataset
    chosen: Chosen
    months: int
    floor: int = 0

    def __call__(self, name: str) -> Callable[[str, Integers], Integers]:
        window = None if name == "base" else self.months
        if self.chosen.rolled and not (self.floor and name in {"base", "kept"}) and not name.startswith("settled"):
            return lambda measure, columns: self._from_cells(name, window, measure, columns)
        rows = self.rows(name)
        place = rows["segment"].astype(np.int64)
        return lambda measure, columns: _with_total(self.running(rows, measure, place)[:, columns])

    def rows(self, name: str) -> Table:
        """The steps of a statement by segment, from positions and pairs."""
        window = None if name in {"base", "settled_base"} else self.months
        return by_cell(self.data, self.chosen, name, self._parameters(name), window=window)

    def _parameters(self, name: str) -> dict[str, int]:
        given = {"months": self.months, "floor": self.floor, "beyond": self.data.last + self.months + 2}
        return {parameter: given[parameter] for parameter in parameters(name)}

    def running(self, rows: Table, measure: str, place: Integers, *, size: int | None = None) -> Integers:
        """Running sums of a measure, one row per segment."""
        size = len(self.chosen.labels) if size is None else size
        return running(rows, measure, place=place, size=size, first=self.data.first, last=self.data.last)

    def _from_cells(self, name: str, window: int | None, measure: str, columns: Integers) -> Integers:
        """The roll-ups' cells added up by segment, in the months asked for."""
        if self.chosen.everything:
            return np.repeat(self.data.rollups.total(name, window, measure)[None, columns], 2, axis=0)
        state = self.data.rollups.state(name, window, measure)
        chosen, segment = self.chosen.table["profile"], self.chosen.table["segment"]
        if not len(chosen):
            return np.zeros((len(self.chosen.labels) + 1, len(columns)), dtype=np.int64)
        picked = state[np.ix_(chosen, columns)]
        return _with_total(np.add.reduceat(picked, np.searchsorted(segment, np.arange(len(self.chosen.labels))), axis=0))


def by_cell(
    data: Dataset,
    chosen: Chosen,
    name: str,
    parameters: Mapping[str, int],
    *,
    inputs: Mapping[str, Table] | None = None,
    window: int | None = None,
) -> Table:
    """Rows of a statement whose ``segment`` are the chosen segments, −1 where a row is not chosen.

    Where the roll-ups carry every dimension involved, the rows are made once for all cells, and another filter finds them.
    """
    if not chosen.rolled:
        return data.engine.query(name, inputs={**(inputs or {}), "chosen": chosen.table}, parameters=parameters, window=window)
    rows = data.rollups.made(name, parameters, inputs, window=window)
    return {**rows, "segment": _segment_of_cells(data, chosen)[rows["segment"]]}


def stepped(data: Dataset, chosen: Chosen, name: str, measured: Sequence[str], *, parameters: Mapping[str, int], at: Integers) -> Grid:
    """Running sums of a statement's steps at some months: row 0 is the total, then one row per segment."""
    rows = by_cell(data, chosen, name, parameters)
    place, columns = rows["segment"].astype(np.int64), at - data.first + 1
    sums = {
        measure: running(rows, measure, place=place, size=len(chosen.labels), first=data.first, last=data.last)[:, columns]
        for measure in measured
    }
    return {measure: _with_total(values) for measure, values in sums.items()}


def _with_total(by_segment: Integers) -> Integers:
    return np.concatenate([by_segment.sum(axis=0, keepdims=True), by_segment])


def _transfers(ask: _Asking, shut: Integers) -> Grid:
    """MRR whose account changed segment inside the window; in the total, what crossed the filter's border."""
    rows, left, entered = _moved(ask)
    moved: Grid = {}
    for name, side, other in (("transfer_in_mrr", entered, left), ("transfer_out_mrr", left, entered)):
        changed = np.where(left != entered, side, -1)
        by_segment = ask.running(rows, "mrr", changed)
        border = ask.running(rows, "mrr", np.where((side >= 0) & (other < 0), 0, -1), size=1)
        moved[name] = np.concatenate([border, by_segment])[:, shut]
    return moved


def _moved(ask: _Asking) -> tuple[Table, Integers, Integers]:
    """Steps of transfers with the segment left and the segment entered, −1 where that side is filtered out."""
    if not ask.chosen.rolled:
        rows = ask.rows("transfers")
        left, entered = (np.ma.filled(rows[s], -1).astype(np.int64) for s in ("from_segment", "to_segment"))
        return rows, left, entered
    rows = ask.data.rollups.rows("transfers", ask.months)
    segment_of = _segment_of_cells(ask.data, ask.chosen)
    return rows, segment_of[np.asarray(rows["from_segment"])], segment_of[np.asarray(rows["to_segment"])]


def _segment_of_cells(data: Dataset, chosen: Chosen) -> Integers:
    segment_of = np.full(data.cell_count, -1, dtype=np.int64)
    segment_of[chosen.table["profile"]] = chosen.table["segment"]
    return segment_of


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
        segment_of = _segment_of_cells(data, chosen)
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


def by_profile(data: Dataset, chosen: Chosen) -> Table:
    """The chosen cells spelled out as profiles, for statements that read positions."""
    if not chosen.rolled:
        return chosen.table
    segment = _segment_of_cells(data, chosen)[data.cells]
    selected = segment >= 0
    return {"profile": np.flatnonzero(selected).astype(np.int32), "segment": segment[selected].astype(np.int32)}
