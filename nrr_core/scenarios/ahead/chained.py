"""Chained ahead: the product of monthly ratios, those of the past and those of one-month windows of the projection."""

from collections.abc import Sequence

import numpy as np

from nrr_core.families import RATIOS, Answer, Quotient
from nrr_core.periods import Window
from nrr_core.scenarios.ahead import point_to_point
from nrr_core.scenarios.ahead.model import COUNT, Model

__all__ = ["measure"]


def measure(model: Model, windows: Sequence[Window]) -> Answer[Quotient]:
    """Windows that close ahead; of amounts they have their opening alone."""
    book = model.book
    months = [Window(month, month + 1) for month in range(book.start, max(w.close for w in windows))]
    ahead, past = point_to_point.measure(model, months), book.past.months
    begins = book.start if past is None else book.since  # the opening of the first month in hand
    most = max(w.months for w in windows)
    places = np.array([[max(w.open, begins) - begins + step for w in windows] for step in range(most)])
    inside = np.array([[step < w.months for w in windows] for step in range(most)])
    places = np.where(inside, places, 0)
    ratios = {}
    for name in RATIOS:
        over, under = (
            values if past is None else np.concatenate([before, values], axis=1)
            for values, before in (
                (ahead.ratios[name].over[0], None if past is None else past.ratios[name].over[0]),
                (ahead.ratios[name].under[0], None if past is None else past.ratios[name].under[0]),
            )
        )
        ratios[name] = Quotient(*(np.where(inside[:, None], values[:, places].swapaxes(0, 1), 1) for values in (over, under)))
    grid = {}
    for name, unit in (("opening_mrr", 1), ("opening_accounts", COUNT)):
        held = ahead.grid[name] if past is None else np.concatenate([past.grid[name] * unit, ahead.grid[name]], axis=1)
        grid[name] = held[:, places[0]]
    return Answer(grid, ratios)
