"""`python -m benchmarks.whatif`: scenarios at 100k accounts, each beside the plain way to compute the same, in one run.

Rivals start from the accounts of the start month in memory: a pandas frame that is multiplied month by month and grouped,
and a simulation of every account in every draw, of which a few draws are timed and counted up.
"""

import sys
from typing import Any

import numpy as np
import pandas as pd

import nrr_core as nrr
from benchmarks.generated import measured_on
from benchmarks.timing import median_ms
from nrr_core import scenarios
from nrr_core.scenarios import Book, Decision, Lever, Scenario
from nrr_core.scenarios.roster import roster

FEW = 20  # draws of the rival
LEVERS = (
    Lever("churn", -0.3), Lever("contraction", -0.2), Lever("expansion", 0.1), Lever("price", 0.03, loss=0.01), Lever("win_back", 0.05)
)  # fmt: skip


def plain_projection(frame: pd.DataFrame, book: Book, scenario: Scenario) -> pd.Series:
    """Baseline and scenario MRR of every account, month by month, as one would in a notebook; no windows, no exactness."""
    totals = {}
    for path, levers in (("baseline", ()), ("scenario", scenario.levers)):
        made = book.pace(levers, horizon=scenario.horizon)
        factor = pd.DataFrame(made.stay * made.growth)
        table = frame.assign(closing=frame["mrr"])
        for month in range(scenario.horizon):
            table["closing"] *= table["group"].map(factor[month])
            totals[path, month] = table.groupby("segment")["closing"].sum().sum()
    return pd.Series(totals)


def plain_draws(mrr: np.ndarray, group: np.ndarray, book: Book, scenario: Scenario, draws: int) -> np.ndarray:
    """Every account in every draw."""
    made = book.pace(scenario.levers, horizon=scenario.horizon)
    luck = np.random.default_rng(7)
    sums = np.zeros(draws)
    for draw in range(draws):
        now = mrr.copy()
        for month in range(scenario.horizon):
            now *= (luck.random(len(now)) < made.stay[group, month]) * made.growth[group, month]
        sums[draw] = now.sum()
    return sums


def main() -> int:
    """Print the figures as JSON."""
    return measured_on(measured, description=__doc__)


def measured(data: nrr.Dataset, rounds: int) -> dict[str, Any]:
    """All figures of one dataset; milliseconds, and ratios against the rival of the same run."""
    by = next(axis.name for axis in data.axes if 1 < axis.count < 12)
    scenario = Scenario(levers=LEVERS, by=by, horizon=12)
    book = scenarios.open_book(data, scenario)
    people = roster(book)
    some = data.engine.account_ids(people.account[:50])
    decided = scenario.replaced(decisions=tuple(Decision(account, "lose", probability=0.5) for account in some))
    frame = pd.DataFrame({"mrr": people.mrr, "group": people.group, "segment": np.asarray(book.groups.rate)[people.group]})
    changes = iter(np.linspace(-0.9, 0.9, 10_000))

    def moved() -> Scenario:
        return decided.replaced(levers=(Lever("churn", float(next(changes))), *LEVERS[1:]))

    project = median_ms(lambda: scenarios.project(book, moved()), rounds)
    plain = median_ms(lambda: plain_projection(frame, book, scenario), max(3, rounds // 3))
    simulate = median_ms(lambda: scenarios.simulate(book, moved(), draws=2_000), max(3, rounds // 3))
    few = median_ms(lambda: plain_draws(people.mrr, people.group, book, scenario, FEW), 3)
    return {
        "accounts": data.accounts,
        "groups": len(book.groups.rate),
        "open_book_ms": median_ms(lambda: scenarios.open_book(data, scenario), rounds),
        "project_after_a_slider_ms": project,
        "pandas_accounts_ms": plain,
        "project_against_pandas": plain / project,
        "simulate_2000_draws_ms": simulate,
        "every_account_2000_draws_ms": few / FEW * 2_000,
        "simulate_against_every_account": few / FEW * 2_000 / simulate,
        "tornado_ms": median_ms(lambda: scenarios.tornado(book, moved()), max(3, rounds // 3)),
        "seek_ms": median_ms(lambda: scenarios.seek(book, moved(), Lever("expansion", 0.0), target=1.3), max(3, rounds // 3)),
        "save_ms": median_ms(lambda: scenarios.save(book, moved(), target=1.5), max(3, rounds // 3)),
        "backtest_ms": median_ms(lambda: scenarios.backtest(data, by=by), max(3, rounds // 3)),
        "runway_ms": median_ms(lambda: scenarios.runway(data), max(3, rounds // 3)),
    }


if __name__ == "__main__":
    sys.exit(main())
