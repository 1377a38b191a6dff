"""The questions: retention, movements, cohorts, accounts and history of a dataset, as stamped tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core import measures, metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError
from nrr_core.families import answer, by_length, reach
from nrr_core.frames import months_column, to_frame
from nrr_core.kept import kept
from nrr_core.ledgers import each, reported, several, under
from nrr_core.measures import Grid
from nrr_core.periods import Window, cadence_months, month_text, period_text
from nrr_core.schema import ALL, COHORT_COLUMNS, MOVEMENT_COLUMNS, RETENTION_COLUMNS
from nrr_core.selection import Where, frozen_where, windows
from nrr_core.stamp import stamp

__all__ = ["cohorts", "movements", "reached", "retention"]

By = str | Sequence[str] | None
Filter = Mapping[str, Sequence[str]] | None
_MOST_DIMENSIONS = 2


def retention(
    data: Dataset,
    *,
    window: int | str | None = None,
    by: By = None,
    where: Filter = None,
    close: str | None = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """NRR, GRR and logo retention of every window, in total and by segment as of window open.

    Parameters
    ----------
    data
        The dataset.
    window
        Months, or ``quarter``, ``year``, ``quarter_to_date``, ``year_to_date``; default: the card's ``window_months``.
    by
        A dimension, or two of them for a matrix (column ``segment_2`` then holds the second).
    where
        Segments to keep, by dimension, as of window open: ``{"region": ["EMEA"]}``.
    close
        ``YYYY-MM`` for one close, None for all.
    card
        The definition.
    fiscal_start
        Month in which the fiscal year begins.

    Returns
    -------
    pandas.DataFrame
        ``schema.RETENTION_COLUMNS``, one row per close and segment, the total as segment ``(all)`` first. Money is
        exact decimal; ratios are floats with 1.0 = unchanged, NaN where the opening is 0. ``closing_mrr`` is what the
        opening accounts pay at the close. ``partial`` marks a close whose month is not over.

    Raises
    ------
    SelectionError, DefinitionError
        An unknown dimension, segment, window or close; a card this version does not compute.

    """
    card = card.over(window)
    dimensions, kept = _dimensions(data, by), frozen_where(where)
    asked = reached(data, card, close=close, fiscal_start=fiscal_start)
    found, labels = answer(data, card, asked, by=dimensions, where=dict(kept))
    columns = _frame_columns(data, asked, labels, dimensions, found.grid)
    size = len(columns["segment"]) // max(1, len(asked))
    for name, ratio in found.ratios.items():
        columns[name] = ratio.values()[:size].T.ravel()
    order = _with_second(RETENTION_COLUMNS, columns)
    missing = np.full(len(columns["segment"]), np.nan)
    for name in order:
        columns.setdefault(name, None if name.endswith("_mrr") else missing)
    order = [*order, *(name for name in ("reactivation_mrr", *found.ratios) if name in columns and name not in order)]
    return to_frame(
        columns, order=order, stamp=_stamped(data, card, "retention", by=dimensions, kept=kept, close=close, fiscal_start=fiscal_start)
    )


def reached(data: Dataset, card: Definition, *, close: str | None = None, fiscal_start: int = 1) -> tuple[Window, ...]:
    """The windows of a card that the data reaches back far enough for; all closes when ``close`` is None.

    Raises
    ------
    SelectionError
        The close does not end such a window, or the card looks back beyond the first month.

    """
    asked = windows(card.window_months, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start)
    found = tuple(w for w in asked if w.open - reach(card, w) >= data.first)
    if close is not None and not found:
        back = asked[0].months + reach(card, asked[0])
        raise SelectionError(
            f"This definition looks back {back} months from {close}, and the data begins in {month_text(data.first)}. "
            "Choose a later close, a shorter window or another definition."
        )
    return found


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
    dimensions, kept = _dimensions(data, by), frozen_where(where)
    asked = windows(window, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start, before=True)
    grid, labels = _bridges(data, card, asked, by=dimensions, where=dict(kept))
    grid["closing_accounts"] = grid["retained_accounts"] + grid["new_accounts"] + grid["reactivation_accounts"]
    grid["closing_mrr"] = _paid(grid)
    if reported(data, card) is not None:
        own = _bridges(data, replace(card, fx="reported"), asked, by=dimensions, where=dict(kept))[0] if asked else grid
        _at_the_close(grid, own)
    columns = _frame_columns(data, asked, labels, dimensions, grid)
    columns["quick_ratio"] = metrics.compute("quick_ratio", columns)
    stamped = _stamped(data, card, "movements", by=dimensions, kept=kept, close=close, fiscal_start=fiscal_start)
    return to_frame(columns, order=_with_rates(_with_second(MOVEMENT_COLUMNS, columns), columns), stamp=stamped)


def _paid(grid: Grid) -> npt.NDArray[np.int64]:
    """What all accounts pay at the close: those of the opening, new ones and those that came back."""
    return grid["closing_mrr"] + grid["new_mrr"] + grid["reactivation_mrr"]


def _at_the_close(grid: Grid, own: Grid) -> None:
    """Close the bridges at each month's own rates, as ``own`` has them, with the difference as a step."""
    closing = _paid(own)
    grid["fx_mrr"] = closing - grid["closing_mrr"]
    grid |= {"closing_mrr": closing, "transfer_in_mrr": own["transfer_in_mrr"], "transfer_out_mrr": own["transfer_out_mrr"]}


def _stamped(
    data: Dataset, card: Definition, question: str, *, by: tuple[str, ...], kept: Where, close: str | None, fiscal_start: int
) -> dict[str, Any]:
    said = f"{question}, window {card.window_months}, by {', '.join(by) or 'nothing'}"
    text = f"{said}, close {close or 'every'}, fiscal year from month {fiscal_start}"
    recipe = {"function": question, "window": card.window_months, "by": list(by), "close": close, "fiscal_start": fiscal_start}
    return stamp(data, card=card, where=kept, question=text, recipe=recipe).as_dict()


def _frame_columns(
    data: Dataset, asked: Sequence[Window], labels: tuple[tuple[str, ...], ...], dimensions: tuple[str, ...], grid: Grid
) -> dict[str, Any]:
    """Columns of every window × segment with the total first."""
    named = [(ALL, ALL), *labels] if dimensions else [(ALL,)]
    size = len(named)
    columns: dict[str, Any] = {name: values[:size].T.ravel() for name, values in grid.items()}
    opened, shut = np.array([w.open for w in asked]), np.array([w.close for w in asked])
    columns["window"] = np.repeat(shut - opened, size)
    columns["open"] = months_column(np.repeat(opened, size))
    columns["close"] = months_column(np.repeat(shut, size))
    columns["partial"] = np.repeat(np.array([data.is_partial(w.close) for w in asked], dtype=bool), size)
    for i, name in enumerate(("segment", "segment_2")[: max(1, len(dimensions))]):
        columns[name] = [label[i] for label in named] * len(asked)
    return columns


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
        chosen = measures.choose(ledger, by=by, where=where)
        labels = chosen.labels
        for places in by_length(asked, own) or [[]]:
            part = measures.window_grid(
                ledger, chosen, months=asked[places[0]].months if places else 1, closes=[asked[i].close for i in places],
                arrivals=True, floor=card.min_opening_mrr, as_of=card.segment_as_of,
            )  # fmt: skip
            for name, values in part.items():
                grid.setdefault(name, np.zeros((len(values), len(asked)), dtype=np.int64))[:, places] = values
    return grid, labels


def _dimensions(data: Dataset, by: By) -> tuple[str, ...]:
    dimensions = () if by is None else ((by,) if isinstance(by, str) else tuple(by))
    if len(dimensions) > _MOST_DIMENSIONS:
        raise SelectionError(f"A table has at most {_MOST_DIMENSIONS} dimensions, not {len(dimensions)}.")
    for name in dimensions:
        data.axis(name)
    return dimensions


def _with_second(order: Sequence[str], columns: Mapping[str, Any]) -> list[str]:
    if "segment_2" not in columns:
        return list(order)
    place = order.index("segment") + 1
    return [*order[:place], "segment_2", *order[place:]]


def _with_rates(order: Sequence[str], columns: Mapping[str, Any]) -> list[str]:
    place = order.index("closing_mrr")
    return [*order[:place], *(["fx_mrr"] if "fx_mrr" in columns else []), *order[place:]]


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
    chosen = measures.choose(data, by=_dimensions(data, by), where=dict(kept))
    found = measures.cohort_grid(data, chosen, length=length, fiscal_start=fiscal_start)
    if by is None:
        labels = [period_text(c, length=length, fiscal_start=fiscal_start) for c in found.cohort.tolist()]
        groups = np.arange(len(labels))
    else:
        labels = [label[0] for label in chosen.labels]
        groups = found.segment
    rows = _cohort_rows(found, groups, size=len(labels), length=length)
    total = _cohort_rows(found, np.zeros(len(found.cohort), dtype=np.int64), size=1, length=length)
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


def _cohort_rows(found: measures.CohortMeasures, groups: Any, *, size: int, length: int) -> dict[str, Any]:
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
