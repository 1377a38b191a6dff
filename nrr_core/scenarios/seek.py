"""Goal seek: how far one lever must go, or which accounts must be saved, so that NRR of the period reaches a target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.formats import month_label, percent_text
from nrr_core.frames import to_frame
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import decide
from nrr_core.scenarios.pace import factors, pace
from nrr_core.scenarios.projection import run_to
from nrr_core.scenarios.roster import roster
from nrr_core.scenarios.scenario import Decision, Lever, Scenario, allowed
from nrr_core.scenarios.written import digest
from nrr_core.schema import UNIT, money
from nrr_core.stamp import stamp

__all__ = ["Saved", "Sought", "save", "seek"]

_GRID: Final = 41
_FINE: Final = 60  # halvings: the answer is as exact as a float
_MEASURES: Final = ("nrr", "grr", "logo_retention")

Filter = Mapping[str, Sequence[str]] | None


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


@dataclass(frozen=True, eq=False)
class Saved:
    """The answer of ``save``.

    ``gap`` is the MRR at the end of the period that is missing; ``accounts`` the smallest set that closes it: account_id,
    mrr, expected_mrr (without saving it), gain_mrr, nrr (of the period, once it and those before it are saved).
    ``scenario`` has them decided to renew; None where all accounts together do not suffice.
    """

    gap: Decimal
    accounts: pd.DataFrame = field(repr=False)
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
    place, measure = _place(scenario, data, by_month), _measure(measure)
    book = book_of(data, scenario.replaced(levers=(*scenario.levers, lever)), where=where, card=card)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths
    start = max(parse_month(lever.start) - book.start, 1) if lever.start else 1
    if start - 1 > place:
        raise ScenarioError(f"The lever begins in {lever.start}, after {month_text(book.start + place + 1)}: it can't move that month.")

    def value(change: float) -> float:
        levers = (*scenario.levers, replace(lever, change=change))
        return float(metrics.compute(measure, run_to(book, levers, paths, horizon=scenario.horizon, month=place + 1)))

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
    return Sought(change, answer, reached, f"{found.label} brings {label} to {percent_text(reached)} by {close}.")


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


def save(
    data: Dataset | Book, scenario: Scenario, *, target: float, most: int = 500, where: Filter = None, card: Definition = STANDARD
) -> Saved:
    """The smallest set of accounts that, kept from leaving, brings NRR of the period to a target.

    What keeping an account gains is what it will pay at the end of the horizon if it stays, growing and shrinking as its
    segment does, less what is expected of it now. Gains add up, so the accounts with the largest gains are the smallest set.

    Parameters
    ----------
    data, scenario, where, card
        As in ``project``. A decision about an account of the set is replaced by one to renew.
    target
        NRR from the start to the end of the horizon.
    most
        Accounts in the set at most.

    Raises
    ------
    ScenarioError
        Nobody pays at the start.

    """
    book = book_of(data, scenario, where=where, card=card)
    gains = _gains(book, scenario)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths
    now = run_to(book, scenario.levers, paths, horizon=scenario.horizon, month=scenario.horizon)
    opening, closing = int(now["opening_mrr"]), int(now["closing_mrr"])
    if not opening:
        raise ScenarioError("Nobody pays at the start in this selection, so there is nothing to save. Remove a filter.")
    gap = max(int(np.ceil(round(target * opening, 6))) - closing, 0)
    running = np.cumsum(gains["gain"])
    count = int(np.searchsorted(running, gap)) + 1 if gap else 0
    enough = count <= min(most, len(running)) if gap else True
    count = min(count, most, len(running))
    question = f"the smallest set of accounts to keep for NRR of {target:g} in scenario {digest(scenario)}"
    chosen = _named(book, {name: values[:count] for name, values in gains.items()}, closing, opening, running[:count], question=question)
    end = month_label(month_text(book.start + scenario.horizon))
    reached = (closing + (int(running[count - 1]) if count else 0)) / opening
    if not enough and not count:
        text = (
            f"Nobody is expected to leave, so NRR stays at {percent_text(reached)} by {end}, whoever is kept: not {percent_text(target)}."
        )
        return Saved(money(gap), chosen, None, reached, text)
    if not enough:
        who = "the account" if count == 1 else f"the {count:,} accounts"
        most_at_stake = f"Keeping {who} with the most at stake brings NRR to {percent_text(reached)} by {end}"
        text = f"{most_at_stake}, not to {percent_text(target)}."
        return Saved(money(gap), chosen, None, reached, text)
    ids = set(chosen["account_id"])
    kept = tuple(d for d in scenario.decisions if d.account not in ids)
    answer = scenario.replaced(decisions=(*kept, *(Decision(account, "renew") for account in chosen["account_id"])))
    held = f"Keeping {count:,} {'account' if count == 1 else 'accounts'}"
    text = (
        f"{held} brings NRR to {percent_text(reached)} by {end}."
        if count
        else f"NRR reaches {percent_text(target)} by {end} without saving anybody."
    )
    return Saved(money(gap), chosen, answer, reached, text)


def _gains(book: Book, scenario: Scenario) -> dict[str, npt.NDArray[Any]]:
    """Accounts that are worth more kept than left to the scenario, the largest gain first."""
    paths = [p for p in decide(book, scenario.decisions, horizon=scenario.horizon).paths if p.now and p.paid[-1]]
    people = roster(book, without=[path.decision.account for path in paths])
    today = people.paid[:, -1]
    made = pace(book.groups, book.rates, book.scoped(scenario.levers), start=book.start, horizon=scenario.horizon)
    group, mrr = people.group[today], np.rint(people.mrr[today] * UNIT).astype(np.int64)
    kept = np.rint(mrr * np.cumprod(made.growth, axis=1)[group, -1]).astype(np.int64)
    expected = np.rint(mrr * factors(made).closing[group, -1]).astype(np.int64)
    numbers = book.data.engine.account_numbers([path.decision.account for path in paths]) if paths else {}
    account, now = people.account[today], mrr
    for path in paths:
        courses = path.courses(made, start=book.start)
        staying = int(
            max(
                course[-1] for _, course in replace(path, decision=Decision(path.decision.account, "renew")).courses(made, start=book.start)
            )
        )
        account = np.append(account, numbers[path.decision.account])
        now, kept = np.append(now, path.now), np.append(kept, staying)
        expected = np.append(expected, round(sum(chance * int(course[-1]) for chance, course in courses)))
    order = np.lexsort((account, expected - kept))
    order = order[(kept - expected)[order] > 0]
    return {"account": account[order], "now": now[order], "expected": expected[order], "gain": (kept - expected)[order]}


def _named(
    book: Book, gains: Mapping[str, npt.NDArray[Any]], closing: int, opening: int, running: npt.NDArray[Any], *, question: str
) -> pd.DataFrame:  # fmt: skip
    columns: dict[str, Any] = {
        "account_id": book.data.engine.account_ids(gains["account"]),
        "mrr": gains["now"],
        "expected_mrr": gains["expected"],
        "gain_mrr": gains["gain"],
        "nrr": metrics.ratio(closing + running, np.full(len(running), opening)),
    }
    made = stamp(book.data, card=book.card, where=book.where, question=question).as_dict()
    return to_frame(columns, order=[*columns], stamp=made)


def _place(scenario: Scenario, data: Dataset | Book, by_month: str | None) -> int:
    if by_month is None:
        return scenario.horizon - 1
    start = book_of(data, scenario).start
    place = parse_month(by_month) - start - 1
    if not 0 <= place < scenario.horizon:
        raise ScenarioError(
            f"{by_month} is not in the horizon: {month_text(start + 1)} to {month_text(start + scenario.horizon)}. Choose a month in it."
        )
    return place


def _measure(name: str) -> str:
    if name not in _MEASURES:
        raise ScenarioError(f"“{name}” can't be sought. Allowed: {', '.join(_MEASURES)}.")
    return name
