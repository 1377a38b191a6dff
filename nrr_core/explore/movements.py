"""Movements: the bridge from what is paid at the opening of a window to what is paid at its close, in total and by segment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.explore.columns import By, dimensions_of, frame_columns, stamped, with_column
from nrr_core.families import by_length
from nrr_core.frames import to_frame
from nrr_core.kept import kept
from nrr_core.ledgers import each, reported, several
from nrr_core.measures.chosen import choose
from nrr_core.measures.grids import Grid
from nrr_core.measures.windows import window_grid
from nrr_core.periods import Window
from nrr_core.schema import MOVEMENT_COLUMNS
from nrr_core.selection import Filter, frozen_where, windows

__all__ = ["movements"]


def movements(
    data: Dataset,
    *,
    window: int | str = 1,
    by: By = None,
    where: Filter = None,
    close: str | None = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """The bridge of every window: opening + new + reactivation + expansion − contraction − churn (+ fx) = closing.

    Parameters are those of ``retention``, with windows of one month by default. The first window opens at 0.

    Returns
    -------
    pandas.DataFrame
        ``schema.MOVEMENT_COLUMNS``, one row per close and segment, the total as ``(all)`` first. Losses are positive.
        New and reactivation sit in their segment at close, the rest in the segment at open; ``transfer_in_mrr`` and
        ``transfer_out_mrr`` lead from a segment's closing to its next opening. ``quick_ratio`` is NaN without losses.
        Where currencies are converted at the rates of the opening there is one more column, ``fx_mrr`` (signed): what rates
        did to all that is paid at the close. ``closing_mrr`` and the transfers are then at the rates of the close.

    """
    card = card.over(window)
    dimensions, kept = dimensions_of(data, by), frozen_where(where)
    asked = windows(window, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start, before=True)
    grid, labels = _bridges(data, card, asked, by=dimensions, where=dict(kept))
    grid["closing_accounts"] = grid["retained_accounts"] + grid["new_accounts"] + grid["reactivation_accounts"]
    grid["closing_mrr"] = _paid(grid)
    if reported(data, card) is not None:
        own = _bridges(data, replace(card, fx="reported"), asked, by=dimensions, where=dict(kept))[0] if asked else grid
        _at_the_close(grid, own)
    columns = frame_columns(data, asked, labels, dimensions, grid)
    columns["quick_ratio"] = metrics.compute("quick_ratio", columns)
    said = stamped(data, card, "movements", by=dimensions, kept=kept, close=close, fiscal_start=fiscal_start)
    order = with_column(with_column(MOVEMENT_COLUMNS, columns, "segment_2", after="segment"), columns, "fx_mrr", after="churn_accounts")
    return to_frame(columns, order=order, stamp=said)


def _paid(grid: Grid) -> Integers:
    """What all accounts pay at the close: those of the opening, new ones and those that came back."""
    return grid["closing_mrr"] + grid["new_mrr"] + grid["reactivation_mrr"]


def _at_the_close(grid: Grid, own: Grid) -> None:
    """Close the bridges at each month's own rates, as ``own`` has them, with the difference as a step."""
    closing = _paid(own)
    grid["fx_mrr"] = closing - grid["closing_mrr"]
    grid |= {"closing_mrr": closing, "transfer_in_mrr": own["transfer_in_mrr"], "transfer_out_mrr": own["transfer_out_mrr"]}


def _bridges(
    data: Dataset, card: Definition, asked: Sequence[Window], *, by: tuple[str, ...], where: Mapping[str, Sequence[str]]
) -> tuple[Grid, tuple[tuple[str, ...], ...]]:
    """Movements of the windows in the order asked; kept in several currencies, where bridges need those at both kinds of rates."""
    if not several(data, replace(card, fx="constant"), [w.open for w in asked]):
        return _bridges_of_each(data, card, asked, by=by, where=where)
    grid, labels = kept(
        data, ("bridges", card, tuple(asked), by, frozen_where(where)),
        lambda: _bridges_of_each(data, card, asked, by=by, where=where), arrays=lambda found: found[0].values(),
    )  # fmt: skip
    return dict(grid), labels


def _bridges_of_each(
    data: Dataset, card: Definition, asked: Sequence[Window], *, by: tuple[str, ...], where: Mapping[str, Sequence[str]]
) -> tuple[Grid, tuple[tuple[str, ...], ...]]:
    """The same from the ledgers; windows of one length and one ledger are computed together."""
    grid: Grid = {}
    labels: tuple[tuple[str, ...], ...] = ()
    for ledger, own in each(data, card, [w.open for w in asked]):
        chosen = choose(ledger, by=by, where=where)
        labels = chosen.labels
        for places in by_length(asked, own) or [[]]:
            part = window_grid(
                ledger, chosen, months=asked[places[0]].months if places else 1, closes=[asked[i].close for i in places],
                arrivals=True, floor=card.min_opening_mrr, as_of=card.segment_as_of,
            )  # fmt: skip
            for name, values in part.items():
                grid.setdefault(name, np.zeros((len(values), len(asked)), dtype=np.int64))[:, places] = values
    return grid, labels
