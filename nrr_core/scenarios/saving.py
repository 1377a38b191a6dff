"""Which accounts to keep: the smallest set that brings NRR of the period to a target."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.formats import month_label, percent_text
from nrr_core.frames import to_frame
from nrr_core.periods import month_text
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import decide
from nrr_core.scenarios.pace import factors
from nrr_core.scenarios.projection import run_to
from nrr_core.scenarios.roster import roster
from nrr_core.scenarios.scenario import Decision, Scenario
from nrr_core.scenarios.seek import Filter, month_place
from nrr_core.scenarios.written import digest
from nrr_core.schema import UNIT, money
from nrr_core.stamp import stamp

__all__ = ["Saved", "save"]


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


def save(
    data: Dataset | Book, scenario: Scenario, *, target: float, by_month: str | None = None, most: int = 500, where: Filter = None,
    card: Definition = STANDARD,
) -> Saved:  # fmt: skip
    """The smallest set of accounts that, kept from leaving, brings NRR of the period to a target.

    What keeping an account gains is what it will pay at the end of the period if it stays, growing and shrinking as its
    segment does, less what is expected of it now. Gains add up, so the accounts with the largest gains are the smallest set.

    Parameters
    ----------
    data, scenario, where, card
        As in ``project``. A decision about an account of the set is replaced by one to renew.
    target
        NRR of the period, which opens at the start.
    by_month
        ``YYYY-MM`` in which the period closes; default: the end of the horizon.
    most
        Accounts in the set at most.

    Raises
    ------
    ScenarioError
        Nobody pays at the start; a month outside the horizon.

    """
    book = book_of(data, scenario, where=where, card=card)
    month = month_place(scenario, book, by_month) + 1
    gains = _gains(book, scenario, month)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths
    now = run_to(book, scenario.levers, paths, horizon=scenario.horizon, month=month)
    opening, closing = int(now["opening_mrr"]), int(now["closing_mrr"])
    if not opening:
        raise ScenarioError("Nobody pays at the start in this selection, so there is nothing to save. Remove a filter.")
    gap = max(int(np.ceil(round(target * opening, 6))) - closing, 0)
    running = np.cumsum(gains["gain"])
    count = int(np.searchsorted(running, gap)) + 1 if gap else 0
    enough = count <= min(most, len(running)) if gap else True
    count = min(count, most, len(running))
    end = month_label(month_text(book.start + month))
    question = f"the smallest set of accounts to keep for NRR of {target:g} by {end} in scenario {digest(scenario)}"
    chosen = _named(book, {name: values[:count] for name, values in gains.items()}, closing, opening, running[:count], question=question)
    reached = (closing + (int(running[count - 1]) if count else 0)) / opening
    if not enough and not count:
        stays = f"Nobody is expected to leave, so NRR stays at {percent_text(reached)} by {end}, whoever is kept"
        return Saved(money(gap), chosen, None, reached, f"{stays}: not {percent_text(target)}.")
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


def _gains(book: Book, scenario: Scenario, month: int) -> dict[str, npt.NDArray[Any]]:
    """Accounts that are worth more kept than left to the scenario, the largest gain first."""
    paths = [p for p in decide(book, scenario.decisions, horizon=scenario.horizon).paths if p.now and p.paid[-1]]
    people = roster(book, without=[path.decision.account for path in paths])
    today = people.paid[:, -1]
    made = book.pace(scenario.levers, horizon=scenario.horizon)
    group, mrr = people.group[today], np.rint(people.mrr[today] * UNIT).astype(np.int64)
    kept = np.rint(mrr * np.cumprod(made.growth, axis=1)[group, month - 1]).astype(np.int64)
    expected = np.rint(mrr * factors(made).closing[group, month]).astype(np.int64)
    numbers = book.data.engine.account_numbers([path.decision.account for path in paths]) if paths else {}
    account, now = people.account[today], mrr
    for path in paths:
        courses = path.courses(made, start=book.start)
        renewed = replace(path, decision=Decision(path.decision.account, "renew"))
        (_, staying), _ = renewed.courses(made, start=book.start)
        account = np.append(account, numbers[path.decision.account])
        now, kept = np.append(now, path.now), np.append(kept, staying[month])
        expected = np.append(expected, round(sum(chance * int(course[month]) for chance, course in courses)))
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
