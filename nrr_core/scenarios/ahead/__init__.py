"""Windows that close ahead, under any card. One module a family, as in ``nrr_core.families``; ``answer`` is the only way in."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nrr_core.engine import Integers
from nrr_core.families import Answer, Mean, Quotient, Ratio, averages
from nrr_core.families.quotient import joined
from nrr_core.periods import Window
from nrr_core.scenarios.ahead import chained, movements, point_to_point, revenue_window
from nrr_core.scenarios.ahead.model import COUNT, Model
from nrr_core.scenarios.past import plain

__all__ = ["COUNT", "FAMILIES", "Model", "answer"]

Measure = Callable[[Model, Sequence[Window]], Answer[Quotient]]

FAMILIES: Mapping[str, Measure] = {
    "point_to_point": point_to_point.measure,
    "movements": movements.measure,
    "chained": chained.measure,
    "revenue_window": revenue_window.measure,
}


def answer(model: Model, windows: Sequence[Window], *, averaged: bool = True) -> Answer[Ratio]:
    """Sums and ratios of windows that close after the start, segments × windows with the total first.

    Accounts count in ``COUNT`` parts. An average takes closes up to the start from the data, later ones from the projection;
    ``averaged`` False leaves it out, and windows may have any length. A family that has no such amounts leaves them out.
    """
    card = model.book.card
    measure = FAMILIES[plain(card).family]
    if not averaged or not averages(card):
        return measure(model, windows)
    closes = sorted({w.close - back for w in windows for back in range(card.average_months) if w.close - back > model.book.start})
    ahead = measure(model, [Window(close - card.months, close) for close in closes])
    past = model.book.past.known
    known = dict(zip(model.book.past.closes, range(len(model.book.past.closes)), strict=True))
    every = [model.book.start - back for back in range(card.average_months - 1)]
    place = {close: i for i, close in enumerate([*every, *closes])}
    grid = {name: np.concatenate([_of_past(past, name, known, every, ahead), ahead.grid[name]], axis=1) for name in _OPENING}
    places = np.array([[place[w.close - back] for back in range(card.average_months)] for w in windows], dtype=np.intp)
    own = [place[w.close] for w in windows]
    ratios: dict[str, Ratio] = {}
    for name, ratio in ahead.ratios.items():
        whole = _whole(past, name, known, every, ratio)
        weights = grid["opening_accounts" if name.startswith("logo") else "opening_mrr"] if card.average == "weighted" else None
        ratios[name] = Mean(whole, places, weights)
    return Answer({name: values[:, own] for name, values in grid.items()}, ratios)


_OPENING = ("opening_mrr", "opening_accounts")


def _of_past(past: Answer[Quotient] | None, name: str, known: Mapping[int, int], every: Sequence[int], ahead: Answer[Quotient]) -> Integers:
    """A measure of windows that have closed, in the order of ``every``; nothing where the data does not reach back."""
    made = np.zeros((len(ahead.grid[name]), len(every)), dtype=np.int64)
    for column, close in enumerate(every):
        if past is not None and close in known:
            made[:, column] = past.grid[name][:, known[close]] * (COUNT if name.endswith("accounts") else 1)
    return made


def _whole(past: Answer[Quotient] | None, name: str, known: Mapping[int, int], every: Sequence[int], ahead: Quotient) -> Quotient:
    """The ratio of every close, past and ahead; undefined where the data does not reach back."""
    reached = [column for column, close in enumerate(every) if close in known]
    lost = [column for column, close in enumerate(every) if close not in known]
    rows = ahead.over.shape[1]
    parts, places = [ahead], [list(range(len(every), len(every) + ahead.over.shape[2]))]
    if past is not None and reached:
        own = [known[every[column]] for column in reached]
        parts.append(Quotient(past.ratios[name].over[..., own], past.ratios[name].under[..., own]))
        places.append(reached)
    if lost:
        none = np.zeros((rows, len(lost)), dtype=np.int64)
        parts.append(Quotient.of(none, none))
        places.append(lost)
    return joined(parts, places)
