"""Grids: running sums of signed steps by segment, read off at months, with the total as row 0."""

from collections.abc import Mapping, Sequence

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.engine import Integers, Table
from nrr_core.measures.chosen import Chosen, segment_of_cells
from nrr_core.rollups import running

__all__ = ["Grid", "by_cell", "rolled", "stepped"]

Grid = dict[str, Integers]  # measure → segments × windows


def rolled(data: Dataset, chosen: Chosen, name: str, measured: Sequence[str], *, at: Integers, window: int | None) -> Grid:
    """Measures of a roll-up at some months, its cells added up by segment."""
    columns = at - data.first + 1
    if chosen.everything:
        return {measure: np.repeat(data.rollups.total(name, window, measure)[None, columns], 2, axis=0) for measure in measured}
    cells, size = chosen.table["profile"], len(chosen.labels)
    if not len(cells):
        return {measure: np.zeros((size + 1, len(columns)), dtype=np.int64) for measure in measured}
    picked, starts = np.ix_(cells, columns), np.searchsorted(chosen.table["segment"], np.arange(size))
    return {
        measure: _with_total(np.add.reduceat(data.rollups.state(name, window, measure)[picked], starts, axis=0)) for measure in measured
    }


def stepped(
    data: Dataset, chosen: Chosen, name: str, measured: Sequence[str], *,
    parameters: Mapping[str, int], at: Integers, window: int | None = None,
) -> Grid:  # fmt: skip
    """Measures of a statement's steps at some months."""
    rows = by_cell(data, chosen, name, parameters, window=window)
    place, columns = rows["segment"].astype(np.int64), at - data.first + 1
    sums = {
        measure: running(rows, measure, place=place, size=len(chosen.labels), first=data.first, last=data.last)[:, columns]
        for measure in measured
    }
    return {measure: _with_total(values) for measure, values in sums.items()}


def by_cell(data: Dataset, chosen: Chosen, name: str, parameters: Mapping[str, int], *, window: int | None = None) -> Table:
    """Rows of a statement whose ``segment`` are the chosen segments, −1 where a row is not chosen.

    Where the roll-ups carry every dimension involved, the rows are made once for all cells, and another filter finds them.
    """
    if not chosen.rolled:
        return data.engine.query(name, inputs={"chosen": chosen.table}, parameters=parameters, window=window)
    rows = data.rollups.made(name, parameters, window=window)
    return {**rows, "segment": segment_of_cells(data, chosen)[rows["segment"]]}


def _with_total(by_segment: Integers) -> Integers:
    return np.concatenate([by_segment.sum(axis=0, keepdims=True), by_segment])
