"""Revenue window ahead: what the accounts of the first month were and will be billed in its second half, against its first.

What is billed ahead is what they are expected to pay, month by month. GRR needs the smaller of both halves of each single account, which
expected values don't tell: it has no value. Logo retention is the chance to be billed at all in the second half.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from nrr_core.engine import Integers
from nrr_core.families import Answer, Quotient
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window
from nrr_core.scenarios.ahead.model import COUNT, Course, Floats, Model, totalled
from nrr_core.scenarios.decisions import Path
from nrr_core.scenarios.pace import paying

__all__ = ["measure"]


def measure(model: Model, windows: Sequence[Window]) -> Answer[Quotient]:
    """Windows that close ahead."""
    parts = [_one(model, window) for window in windows]
    grid = totalled({name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]})
    none = np.zeros_like(grid["opening_mrr"])
    return Answer(
        grid,
        {
            "nrr": Quotient.of(grid["closing_mrr"], grid["opening_mrr"]),
            "grr": Quotient.of(none, none),
            "logo_retention": Quotient.of(grid["retained_accounts"], grid["opening_accounts"]),
        },
    )


def _one(model: Model, window: Window) -> Grid:
    """One window's sums by segment. Months count from the start: first … middle is its first half, then … closed its second."""
    book = model.book
    middle, closed = window.open - book.start, window.close - book.start
    first = max(middle - window.months + 1, book.since - book.start)
    rows, logos = _rows(model, first), _logos(model, first, middle, closed)
    past = (book.past.revenues or {}).get((window.open, window.close), {})
    nothing = np.zeros(len(book.labels), dtype=np.int64)
    sums: Grid = {
        "opening_mrr": past.get("earlier", nothing) + _billed(model, rows, first, after=first - 1, until=middle),
        "closing_mrr": past.get("later", nothing) + _billed(model, rows, first, after=middle, until=closed),
        "opening_accounts": past.get("accounts", nothing) * COUNT,
        "retained_accounts": past.get("retained", nothing) * COUNT if middle < 0 else logos,
    }
    if first > 0:
        held = model.book.standing.group
        sums["opening_accounts"] = model.summed(model.last("retained_accounts")[:, None], model.of(0).logos[held, first][:, None])[:, 0]
    _add_decided(sums, model, first=first, middle=middle, closed=closed)
    return sums


def _rows(model: Model, first: int) -> Integers:
    """What the rows' accounts that count in the first month pay at the start."""
    column = min(first, 0) + model.book.start - model.book.since
    return model.book.standing.own["closing_mrr"][:, column]


def _billed(model: Model, rows: Integers, first: int, *, after: int, until: int) -> Integers:
    """What is billed ahead, in the months after ``after`` up to ``until``."""
    begun, group = max(first, 0), model.book.standing.group
    months = range(max(after + 1, begun + (first <= 0)), until + 1)
    left = model.of(begun).closing[:, [month - begun for month in months]].sum(axis=1)[group]
    reached = model.of(0).closing[group, begun] if first > 0 else 1.0
    return model.summed(rows[:, None], (reached * left)[:, None])[:, 0]


def _logos(model: Model, first: int, middle: int, closed: int) -> Integers:
    """Accounts that are expected to be billed at all in the second half, of windows whose second half lies ahead."""
    if middle < 0:
        return np.zeros(len(model.book.labels), dtype=np.int64)
    held, begun = model.book.standing, max(first, 0)
    chance = paying(model.pace, opened=begun, after=middle - begun, until=closed - begun)
    reached: Floats = model.of(0).logos[:, begun] if first > 0 else np.ones(len(chance))
    column = min(first, 0) + model.book.start - model.book.since
    accounts = held.own["retained_accounts"][:, column] * COUNT
    return model.summed(accounts[:, None], (reached * chance)[held.group][:, None])[:, 0]


def _add_decided(sums: Grid, model: Model, *, first: int, middle: int, closed: int) -> None:
    """Decided accounts along their courses, each outcome by its probability, rounded once."""
    column = min(first, 0) + model.book.start - model.book.since
    for path, courses in model.paths:
        segment = int(path.segment[column]) if first <= 0 else path.home
        if segment < 0 or (first <= 0 and not path.paid[column]):
            continue
        found = dict.fromkeys(sums, 0.0)
        for course in courses:
            if first > 0 and course.mrr[first] < max(model.book.card.min_opening_mrr, 1):
                continue
            for name, amount in _course(path, course, model, first=first, middle=middle, closed=closed).items():
                found[name] += course.chance * amount
        for name, value in found.items():
            sums[name][segment] += round(value)


def _course(path: Path, course: Course, model: Model, *, first: int, middle: int, closed: int) -> Mapping[str, int]:
    """What one outcome adds to what was billed up to the start."""
    begins = max(first, 1)
    found = {
        "opening_mrr": int(course.mrr[begins : middle + 1].sum()) if middle >= begins else 0,
        "closing_mrr": int(course.mrr[max(middle + 1, 1) : closed + 1].sum()),
        "opening_accounts": COUNT if first > 0 else 0,
    }
    ahead = course.mrr[max(middle + 1, 1) : closed + 1].any()
    before = middle < 0 and path.paying[middle + 1 + model.book.start - model.book.since :].any()
    return found | {"retained_accounts": COUNT if ahead and not before else 0}
