"""Retention: NRR, GRR and logo retention of windows, in total and by segment."""

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.explore.columns import By, dimensions_of, frame_columns, stamped, with_column
from nrr_core.families import answer, reached
from nrr_core.frames import to_frame
from nrr_core.schema import RETENTION_COLUMNS
from nrr_core.selection import Filter, frozen_where

__all__ = ["retention"]


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
    dimensions, kept = dimensions_of(data, by), frozen_where(where)
    asked = reached(data, card, close=close, fiscal_start=fiscal_start)
    found, labels = answer(data, card, asked, by=dimensions, where=dict(kept))
    columns = frame_columns(data, asked, labels, dimensions, found.grid)
    size = len(columns["segment"]) // max(1, len(asked))
    for name, ratio in found.ratios.items():
        columns[name] = ratio.values()[:size].T.ravel()
    order = with_column(RETENTION_COLUMNS, columns, "segment_2", after="segment")
    missing = np.full(len(columns["segment"]), np.nan)
    for name in order:
        columns.setdefault(name, None if name.endswith("_mrr") else missing)
    order = [*order, *(name for name in ("reactivation_mrr", *found.ratios) if name in columns and name not in order)]
    said = stamped(data, card, "retention", by=dimensions, kept=kept, close=close, fiscal_start=fiscal_start)
    return to_frame(columns, order=order, stamp=said)
