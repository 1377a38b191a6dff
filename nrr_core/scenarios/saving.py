"""Which accounts to keep: the smallest set that brings NRR of the period to a target."""

from collections.abc import Mapping, Sequence
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
from nrr_core.scenarios.ahead import Model, single
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import Path, decide
from nrr_core.scenarios.outcome import End
from nrr_core.scenarios.projection import run_to
from nrr_core.scenarios.roster import roster
from nrr_core.scenarios.scenario import Decision, Scenario
from nrr_core.scenarios.seek import month_place, reaching
from nrr_core.scenarios.written import digest
from nrr_core.schema import UNIT, money
from nrr_core.selection import Filter
from nrr_core.stamp import stamp

__all__ = ["Saved", "save"]

_CLOSE = 1e-12  # a product of ratios is no exact number


@dataclass(frozen=True, eq=False)
class Saved:
    """The answer of ``save``.

    ``gap`` is what is missing above the line of the period's NRR: MRR at its end, or, where ``revenue`` says so, revenue of its months.
    ``accounts`` is the smallest set that closes it: account_id,
    mrr, expected_mrr (without saving it), gain_mrr, nrr (of the period, once it and those before it are saved).
    ``scenario`` has them decided to renew; None where all accounts together do not suffice.
    """

    gap: Decimal
    accounts: pd.DataFrame = field(repr=False)
    scenario: Scenario | None
    reached: float
    text: str
    revenue: bool = False


def save(
    data: Dataset | Book, scenario: Scenario, *, target: float, by_month: str | None = None, most: int = 500, where: Filter = None,
    card: Definition = STANDARD,
) -> Saved:  # fmt: skip
    """The smallest set of accounts that, kept from leaving, brings NRR of the period to a target.

    What keeping an account gains is what it will pay at the end of the period if it stays, growing and shrinking as its
    segment does, less what is expected of it now. What accounts add to NRR above the line adds up, so those that add most are the
    smallest set; under a chain they are ranked by their gain.

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
    model = Model(book, book.pace(scenario.levers, horizon=scenario.horizon))
    gains = _gains(model, scenario, month)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths
    now = reaching(book, run_to(book, scenario.levers, paths, horizon=scenario.horizon, month=month))
    if not all(under for _, under in now.factors):
        raise ScenarioError("Nobody pays at the start in this selection, so there is nothing to save. Remove a filter.")
    gap, path = _gap(now, target), _path(now, gains)
    single_factor = len(now.factors) == 1
    enough = np.flatnonzero(np.cumsum(gains["over"][:most, 0]) >= gap if single_factor else path[:most] >= target - _CLOSE)
    count = 0 if not gap else int(enough[0]) + 1 if len(enough) else min(most, len(path))
    end = month_label(month_text(book.start + month))
    question = f"the smallest set of accounts to keep for NRR of {target:g} by {end} in scenario {digest(scenario)}"
    chosen = _named(book, {name: values[:count] for name, values in gains.items()}, path[:count], question=question)
    reached = float(path[count - 1]) if count else now.ratios["nrr"]
    said = _said(count, reached, target, end, enough=bool(len(enough)) or not gap)
    revenue = book.card.family == "revenue_window"
    if gap and not len(enough):
        return Saved(money(gap), chosen, None, reached, said, revenue)
    ids = set(chosen["account_id"])
    kept = tuple(d for d in scenario.decisions if d.account not in ids)
    answer = scenario.replaced(decisions=(*kept, *(Decision(account, "renew") for account in chosen["account_id"])))
    return Saved(money(gap), chosen, answer, reached, said, revenue)


def _gap(now: End, target: float) -> int:
    """What is missing above the line; of a chain, what would be missing at its end."""
    over, under = now.factors[0]
    closing = over if len(now.factors) == 1 else round(now.ratios["nrr"] * under)
    return max(int(np.ceil(round(target * under, 6))) - closing, 0)


def _path(now: End, gains: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """NRR of the period once the first account is kept, the first two, and so on."""
    over, under = (np.array(side)[None] for side in zip(*now.factors, strict=True))
    over, under = over + np.cumsum(gains["over"], axis=0), under + np.cumsum(gains["under"], axis=0)
    path: npt.NDArray[np.float64] = metrics.ratio(over, under).prod(axis=1)
    return path


def _said(count: int, reached: float, target: float, end: str, *, enough: bool) -> str:
    if not enough and not count:
        stays = f"Nobody is expected to leave, so NRR stays at {percent_text(reached)} by {end}, whoever is kept"
        return f"{stays}: not {percent_text(target)}."
    if not enough:
        who = "the account" if count == 1 else f"the {count:,} accounts"
        return f"Keeping {who} with the most at stake brings NRR to {percent_text(reached)} by {end}, not to {percent_text(target)}."
    if not count:
        return f"NRR reaches {percent_text(target)} by {end} without saving anybody."
    return f"Keeping {count:,} {'account' if count == 1 else 'accounts'} brings NRR to {percent_text(reached)} by {end}."


def _gains(model: Model, scenario: Scenario, month: int) -> dict[str, npt.NDArray[Any]]:
    """Accounts that are worth more kept than left to the scenario, the largest gain first.

    ``gain`` is MRR at the close; ``over`` and ``under`` what keeping the account adds to each factor of NRR.
    """
    book, column = model.book, single.counts(model, month)
    paths = [p for p in decide(book, scenario.decisions, horizon=scenario.horizon).paths if p.now and p.paid[column]]
    people = roster(book, without=[path.decision.account for path in paths])
    inside = people.paid[:, column]
    group, mrr = people.group[inside], np.rint(people.mrr[inside] * UNIT).astype(np.int64)
    kept_over, kept_under, kept = single.staying(model, group, mrr, month)
    over, under = (np.rint(mrr[:, None] * of_unit[group]) for of_unit in single.expected(model, month))
    expected = np.rint(mrr * model.of(0).closing[group, month]).astype(np.int64)
    parts = [
        {
            "account": people.account[inside], "now": mrr, "expected": expected, "gain": kept - expected,
            "over": kept_over - over, "under": kept_under - under,
        },
        *_of_decided(model, paths, month),
    ]  # fmt: skip
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ranked = found["over"][:, 0] if found["over"].shape[1] == 1 else found["gain"]
    order = np.lexsort((found["account"], -ranked))
    order = order[ranked[order] > 0]
    return {name: values[order] for name, values in found.items()}


def _of_decided(model: Model, paths: Sequence[Path], month: int) -> list[dict[str, npt.NDArray[Any]]]:
    """The same of accounts that were decided about, one by one: what they would pay renewed, less what is expected of the decision."""
    numbers = model.book.data.engine.account_numbers([path.decision.account for path in paths]) if paths else {}
    found = []
    for path in paths:
        (_, stays), _ = replace(path, decision=Decision(path.decision.account, "renew")).courses(model.pace, start=model.book.start)
        courses = path.courses(model.pace, start=model.book.start)
        kept = single.along(model, stays[None].astype(np.float64), month)
        sides = [(chance, single.along(model, course[None].astype(np.float64), month)) for chance, course in courses]
        left = [np.rint(sum(chance * side[i] for chance, side in sides)) for i in range(2)]
        expected = round(sum(chance * int(course[month]) for chance, course in courses))
        found.append(
            {
                "account": np.array([numbers[path.decision.account]]), "now": np.array([path.now]), "expected": np.array([expected]),
                "gain": np.array([int(stays[month]) - expected]), "over": kept[0] - left[0], "under": kept[1] - left[1],
            }
        )  # fmt: skip
    return found


def _named(book: Book, gains: Mapping[str, npt.NDArray[Any]], path: npt.NDArray[np.float64], *, question: str) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "account_id": book.data.engine.account_ids(gains["account"]),
        "mrr": gains["now"],
        "expected_mrr": gains["expected"],
        "gain_mrr": gains["gain"],
        "nrr": path,
    }
    made = stamp(book.data, card=book.card, where=book.where, question=question).as_dict()
    return to_frame(columns, order=[*columns], stamp=made)
