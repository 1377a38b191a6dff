"""Movements ahead: what happened from the opening to the start, and the movements that the rates make after it.

Of one unit that pays before a month: churn is what leaves, contraction what staying accounts pay less, expansion what they pay more, and
returned what comes back. Levels are summed and rounded, movements are their differences, so that they add up to the last digit:
closing + churn + contraction = before + returned + expansion. With the returns of opening accounts NRR is point to point's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from nrr_core.engine import Integers
from nrr_core.families import Answer, Quotient, divided
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window
from nrr_core.scenarios.ahead import point_to_point
from nrr_core.scenarios.ahead.model import Course, Floats, Model, Spans, totalled
from nrr_core.scenarios.decisions import Path
from nrr_core.scenarios.past import FLOWS

__all__ = ["measure"]

_LEVELS: Final = ("closing", "churned", "lost", "back", "before")
Levels = dict[str, Floats]


def measure(model: Model, windows: Sequence[Window]) -> Answer[Quotient]:
    """Windows that close ahead."""
    spans, card = model.spans(windows), model.book.card
    paid = point_to_point.own(model, spans)
    own, others = _own(model, spans), dict.fromkeys(FLOWS, np.zeros_like(paid["opening_mrr"]))
    if card.population == "all" or card.returns == "all":
        others = _others(model, spans, own)
    counted = dict(own)
    if card.population == "all":
        counted |= {name: own[name] + others[name] for name in FLOWS[:3]}
    returned = own["returned_mrr"] if card.returns != "separate" else np.zeros_like(own["returned_mrr"])
    if card.returns == "all":
        returned = returned + others["returned_mrr"]
    opening, lost = paid["opening_mrr"], counted["contraction_mrr"] + counted["churn_mrr"]
    grid = totalled(
        {name: paid[name] for name in ("opening_mrr", "opening_accounts", "retained_accounts")}
        | {name: counted[name] for name in FLOWS[:3]}
        | {
            "reactivation_mrr": returned,
            "closing_mrr": opening + counted["expansion_mrr"] + returned - lost,
            "kept_mrr": opening - lost,
        }
    )
    return divided(grid)


def _own(model: Model, spans: Spans) -> Grid:
    """Movements of the accounts that count at each opening."""
    held = model.book.standing

    def cells(opened: int, column: int) -> tuple[Integers, Floats | None]:
        if opened <= 0:
            return held.own["closing_mrr"][:, column], None
        return model.last("closing_mrr"), model.of(0).closing[held.group, opened]

    grid = _flowed(model, spans, cells, _from_opening)
    _add_past(grid, model.book.past.own, spans)
    _add_decided(grid, model, spans, own=True)
    return grid


def _others(model: Model, spans: Spans, own: Grid) -> Grid:
    """Movements of accounts that do not pay at the opening; ahead, all that today's accounts make, less the opening's own."""
    held = model.book.standing
    past, ahead = (model.spans([Window(model.book.start + o, model.book.start + c) for _, o, c, _ in part]) for part in _split(spans))

    def away(_: int, column: int) -> tuple[Integers, None]:
        return (held.today[:] if held.others is None else held.others[:, column]), None

    def everybody(_: int, __: int) -> tuple[Integers, None]:
        return model.last("closing_mrr"), None

    before, after = _flowed(model, past, away, _from_opening), _flowed(model, ahead, everybody, _between)
    alone = _flowed(model, ahead, lambda o, _: (model.last("closing_mrr"), model.of(0).closing[held.group, o]), _from_opening)
    grid = {name: np.zeros_like(own[name]) for name in FLOWS}
    for name in FLOWS:
        grid[name][:, np.flatnonzero(spans.opened <= 0)] = before[name]
        grid[name][:, spans.ahead] = np.maximum(after[name] - alone[name], 0)
    _add_past(grid, model.book.past.others, spans)
    _add_decided(grid, model, spans, own=False)
    return grid


def _split(spans: Spans) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]:
    """Windows that open in the data, and those that open ahead."""
    return [span for span in spans if span[1] <= 0], [span for span in spans if span[1] > 0]


def _from_opening(model: Model, opened: int, closed: int) -> Levels:
    """Levels of one unit that pays at the opening; of a window that opens in the data, at the start."""
    begun = max(opened, 0)
    made, at = model.flows(begun), closed - begun
    one = np.ones(len(made.closing))
    return _levels(one, made.closing[:, at], made.churn[:, at], made.contraction[:, at], made.returned[:, at])


def _between(model: Model, opened: int, closed: int) -> Levels:
    """Levels of one unit that pays at the start, from an opening ahead to a close."""
    made = model.flows(0)
    churn, contraction, returned = (values[:, closed] - values[:, opened] for values in (made.churn, made.contraction, made.returned))
    return _levels(made.closing[:, opened], made.closing[:, closed], churn, contraction, returned)


def _levels(before: Floats, closing: Floats, churn: Floats, contraction: Floats, returned: Floats) -> Levels:
    churned, back = closing + churn, before + returned
    return {
        "closing": closing, "churned": churned, "back": back, "before": before,
        "lost": np.maximum(churned + contraction, back),  # the same but for the last bits of floats; expansion is never below 0
    }  # fmt: skip


def _flowed(
    model: Model, spans: Spans, cells: Callable[[int, int], tuple[Integers, Floats | None]], levels: Callable[[Model, int, int], Levels]
) -> Grid:
    """Movements by segment: levels of every row, added up and rounded, and their differences."""
    group = model.book.standing.group
    shape = (len(group), len(spans.opened))
    values = np.empty(shape, dtype=np.int64)
    left = {name: np.empty(shape) for name in _LEVELS}
    for place, opened, closed, column in spans:
        amounts, reached = cells(opened, column)
        values[:, place] = amounts
        for name, of_unit in levels(model, opened, closed).items():
            left[name][:, place] = of_unit[group] if reached is None else reached * of_unit[group]
    return _differences({name: model.summed(values, left[name]) for name in _LEVELS})


def _differences(levels: dict[str, Integers]) -> Grid:
    return {
        "expansion_mrr": levels["lost"] - levels["back"],
        "contraction_mrr": levels["lost"] - levels["churned"],
        "churn_mrr": levels["churned"] - levels["closing"],
        "returned_mrr": levels["back"] - levels["before"],
    }


def _add_past(grid: Grid, past: Mapping[str, Integers] | None, spans: Spans) -> None:
    """What moved from each opening in the data to the start."""
    inside = np.flatnonzero(spans.opened <= 0)
    for name, values in (past or {}).items():
        grid[name][:, inside] += values[:, spans.column[inside]]


def _add_decided(grid: Grid, model: Model, spans: Spans, *, own: bool) -> None:
    """Decided accounts, month by month along their courses, each outcome by its probability."""
    floor = model.book.card.min_opening_mrr
    for path, courses in model.paths:
        for place, opened, closed, column in spans:
            segment = point_to_point.segment_at(path, opened, column) if own else path.home
            if segment < 0:
                continue
            counted = [one for one in courses if _counts(path, one, opened, column, floor=floor) is own]
            levels = {name: np.array(0.0) for name in _LEVELS}
            for course in counted:
                for name, amount in _course_levels(path, course, opened, closed, start=model.book.start).items():
                    levels[name] = levels[name] + course.chance * amount
            rounded = {name: np.array(round(float(value)), dtype=np.int64) for name, value in levels.items()}
            for name, moved in _differences(rounded).items():
                grid[name][segment, place] += moved


def _counts(path: Path, course: Course, opened: int, column: int, *, floor: int) -> bool | None:
    """Whether the account is one of the opening's (True), one of the others (False), or below the smallest opening or filtered out."""
    if opened <= 0:
        return True if path.paid[column] else None if path.paying[column] else False
    opening = int(course.mrr[opened])
    return opening >= floor if opening and opening >= floor else None if opening else False


def _course_levels(path: Path, course: Course, opened: int, closed: int, *, start: int) -> dict[str, int]:
    """The levels of one outcome; a first payment ever is no return."""
    begun = max(opened, 0)
    before, closing = int(course.mrr[begun]), int(course.mrr[closed])
    churn, contraction, returned = (int(v[closed] - v[begun]) for v in (course.churn, course.contraction, course.returned))
    first = 0 if path.first <= start else int(course.mrr[np.flatnonzero(course.mrr)[0]]) if course.mrr.any() else 0
    arrived = first if first and returned else 0
    churned = closing + churn
    return {
        "before": before + arrived, "back": before + returned, "closing": closing, "churned": churned, "lost": churned + contraction,
    }  # fmt: skip
