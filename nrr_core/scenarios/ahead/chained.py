"""Chained ahead: the product of monthly ratios, those of the past and those of one-month windows of the projection."""

from collections.abc import Sequence

import numpy as np

from nrr_core.engine import Integers
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
    places = np.where(inside, np.minimum(places, book.start + ahead.grid["opening_mrr"].shape[1] - begins - 1), 0)
    ratios = {}
    for name in RATIOS:
        sides = [(ahead.ratios[name].over[0], "over"), (ahead.ratios[name].under[0], "under")]
        every = [_after(None if past is None else getattr(past.ratios[name], side)[0], values) for values, side in sides]
        ratios[name] = Quotient(*(np.where(inside[:, None], values[:, places].swapaxes(0, 1), 1) for values in every))
    units = {"opening_mrr": 1, "opening_accounts": COUNT}
    grid = {name: _after(None if past is None else past.grid[name] * unit, ahead.grid[name]) for name, unit in units.items()}
    return Answer({name: values[:, places[0]] for name, values in grid.items()}, ratios)


def _after(past: Integers | None, ahead: Integers) -> Integers:
    """Months ahead after those of the past."""
    return ahead if past is None else np.concatenate([past, ahead], axis=1)
