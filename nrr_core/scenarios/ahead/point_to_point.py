"""Point to point ahead: what the opening accounts are expected to pay at the close, per unit they pay at the opening.

Returns of other accounts, where they count: of a window that opens in the data, accounts that had paid before, not at the opening, and
pay at the start; of one that opens ahead, what has left before the opening and came back, that is all of today's less the opening's own.
"""

from collections.abc import Sequence

import numpy as np

from nrr_core.engine import Integers
from nrr_core.families import Answer, Quotient, divided
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window
from nrr_core.scenarios.ahead.model import COUNT, Model, Spans, totalled
from nrr_core.scenarios.decisions import Path
from nrr_core.scenarios.standing import MEASURES

__all__ = ["added", "measure", "own", "segment_at"]


def measure(model: Model, windows: Sequence[Window]) -> Answer[Quotient]:
    """Windows that close ahead."""
    spans = model.spans(windows)
    grid = own(model, spans)
    if model.book.card.returns == "all":
        grid["reactivation_mrr"] = _back(model, spans)
        grid["closing_mrr"] = grid["closing_mrr"] + grid["reactivation_mrr"]
    grid = totalled(grid)
    return divided(grid)


def own(model: Model, spans: Spans) -> Grid:
    """The measures of the accounts that count at each opening: segments × windows, without the total."""
    grid: Grid = model.openings(spans) | {name: model.own(name, spans) for name in MEASURES}
    for path, courses in model.paths:
        for place, opened, closed, column in spans:
            segment = segment_at(path, opened, column)
            if segment < 0:
                continue
            found = dict.fromkeys((*MEASURES, "opening_mrr", "opening_accounts"), 0.0)
            for course in courses:
                opening, closing = int(path.paid[column]) if opened <= 0 else int(course.mrr[opened]), int(course.mrr[closed])
                if not opening or opening < model.book.card.min_opening_mrr:
                    continue
                if opened > 0:
                    found["opening_mrr"] += course.chance * opening
                    found["opening_accounts"] += course.chance * COUNT
                found["closing_mrr"] += course.chance * closing
                found["kept_mrr"] += course.chance * min(opening, closing)
                if closing:
                    found["paired_mrr"] += course.chance * opening
                    found["retained_accounts"] += course.chance * COUNT
            added(grid, found, segment, place)
    paired, kept = grid.pop("paired_mrr"), grid["kept_mrr"]
    return grid | {
        "expansion_mrr": grid["closing_mrr"] - kept, "contraction_mrr": paired - kept, "churn_mrr": grid["opening_mrr"] - paired,
    }  # fmt: skip


def segment_at(path: Path, opened: int, column: int) -> int:
    """The segment in which a decided account counts in a window, as one of its opening accounts."""
    return int(path.segment[column]) if opened <= 0 else path.home


def added(grid: Grid, found: dict[str, float], segment: int, place: int) -> None:
    """One account's amounts, each rounded once, added to one window."""
    for name, amount in found.items():
        grid[name][segment, place] += round(amount)


def _back(model: Model, spans: Spans) -> Integers:
    """What accounts pay at the close that had paid before the opening and not at it."""
    held = model.book.standing
    values, left = np.empty((len(held.group), len(spans.opened)), dtype=np.int64), np.empty((len(held.group), len(spans.opened)))
    for place, opened, closed, column in spans:
        if opened <= 0 and held.back is not None:
            values[:, place], left[:, place] = held.back[:, column], model.of(0).closing[held.group, closed]
        else:
            today = model.of(0).closing[held.group]
            values[:, place] = model.last("closing_mrr")
            left[:, place] = np.maximum(today[:, closed] - today[:, opened] * model.of(opened).closing[held.group, closed - opened], 0.0)
    sums = model.summed(values, left)
    for path, courses in model.paths:
        for place, opened, closed, column in spans:
            if path.home < 0 or path.first > model.book.start + min(opened, 0):
                continue
            away = [c for c in courses if not (path.paying[column] if opened <= 0 else c.mrr[opened])]
            sums[path.home, place] += round(sum(c.chance * int(c.mrr[closed]) for c in away))
    return sums
