"""Goal seek: how far one lever must go, so that a measure of the period reaches a target."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.formats import month_label, percent_text
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import decide
from nrr_core.scenarios.outcome import End
from nrr_core.scenarios.projection import run_to
from nrr_core.scenarios.runway import last_full_month
from nrr_core.scenarios.scenario import Lever, Scenario, allowed
from nrr_core.selection import Filter

__all__ = ["Sought", "month_place", "reaching", "seek"]

_GRID: Final = 41
_FINE: Final = 60  # halvings: the answer is as exact as a float
_MEASURES: Final = ("nrr", "grr", "logo_retention")


@dataclass(frozen=True, eq=False)
class Sought:
    """The answer of ``seek``.

    ``change`` is the lever's value and ``scenario`` the scenario with it; both None where the target can't be reached.
    ``reached`` is the measure under the answer, or the best this lever can do; ``text`` says it in a sentence.
    """

    change: float | None
    scenario: Scenario | None
    reached: float
    text: str


def seek(
    data: Dataset | Book, scenario: Scenario, lever: Lever, *, target: float, by_month: str | None = None, measure: str = "nrr",
    where: Filter = None, card: Definition = STANDARD,
) -> Sought:  # fmt: skip
    """The smallest change of one lever that brings a measure of the period to a target.

    Parameters
    ----------
    data, where, card
        As in ``project``.
    scenario
        What else is assumed; ``lever`` is added to it.
    lever
        Kind, mode, place, start and ramp; its ``change`` is what is sought, within what the kind allows.
    target
        A ratio.
    by_month
        ``YYYY-MM``: the month in which the period from the start closes; default: the end of the horizon.
    measure
        ``nrr``, ``grr`` or ``logo_retention``.

    Returns
    -------
    Sought
        Where several changes reach it, the one nearest to none.

    Raises
    ------
    ScenarioError
        An unknown measure, a month outside the horizon, nobody paying.

    """
    place, measure = month_place(scenario, data, by_month), _measure(measure)
    book = book_of(data, scenario.replaced(levers=(*scenario.levers, lever)), where=where, card=card)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths
    start = max(parse_month(lever.start) - book.start, 1) if lever.start else 1
    if start - 1 > place:
        raise ScenarioError(f"The lever begins in {lever.start}, after {month_text(book.start + place + 1)}: it can't move that month.")

    def value(change: float) -> float:
        levers = (*scenario.levers, replace(lever, change=change))
        return run_to(book, levers, paths, horizon=scenario.horizon, month=place + 1).ratios[measure]

    reaching(book, run_to(book, scenario.levers, paths, horizon=scenario.horizon, month=place + 1))
    low, high = allowed(lever)
    change = _nearest(value, target, low=low, high=high)
    close = month_label(month_text(book.start + place + 1))
    label = metrics.METRICS[measure].label
    if change is None:
        best = max((value(x) for x in np.linspace(low, high, _GRID)), default=np.nan)
        text = f"This lever alone can't bring {label} to {percent_text(target)} by {close}: the most it reaches is {percent_text(best)}."
        return Sought(None, None, best, text)
    found = replace(lever, change=change)
    answer = scenario.replaced(levers=(*scenario.levers, found))
    reached = value(change)
    said = f"{found.label} brings {label} to" if change else f"Without any change of this lever {label} is"
    return Sought(change, answer, reached, f"{said} {percent_text(reached)} by {close}.")


def _nearest(value: Any, target: float, *, low: float, high: float) -> float | None:
    """The change nearest to 0 at which the value reaches the target, on the side that does."""
    if value(0.0) >= target:
        return 0.0
    sides = [x for x in np.linspace(low, high, _GRID).tolist() if value(x) >= target]
    if not sides:
        return None
    good = min(sides, key=abs)
    bad = 0.0
    for _ in range(_FINE):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if value(middle) >= target else (good, middle)
    return float(good)


def month_place(scenario: Scenario, data: Dataset | Book, by_month: str | None) -> int:
    """The place of a month in the horizon, 0 the first projected one; by default the last. Raises ScenarioError outside it."""
    if by_month is None:
        return scenario.horizon - 1
    start = data.start if isinstance(data, Book) else last_full_month(data)
    place = parse_month(by_month) - start - 1
    if not 0 <= place < scenario.horizon:
        span = f"{month_text(start + 1)} to {month_text(start + scenario.horizon)}"
        raise ScenarioError(f"{by_month} is not in the horizon: {span}. Choose a month in it.")
    return place


def reaching(book: Book, end: End) -> End:
    """The end of a period, where the data reaches back as far as the card looks; raises ScenarioError otherwise."""
    if not end.known:
        raise ScenarioError(
            "This definition sets the months to come against as many before them, and the data begins in "
            f"{month_text(book.data.first)}. Choose an earlier month, a shorter horizon or another definition."
        )
    return end


def _measure(name: str) -> str:
    if name not in _MEASURES:
        raise ScenarioError(f"“{name}” can't be sought. Allowed: {', '.join(_MEASURES)}.")
    return name
