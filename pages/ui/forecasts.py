"""What the library answers about a scenario on the data in view, each computed once."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nrr_core import STANDARD, Definition, scenarios
from nrr_core.scenarios import Backtest, Book, Lever, Projection, Saved, Scenario, Simulation, Sought, to_body
from pages.ui import cache
from pages.ui.view import View

__all__ = ["Forecasts"]

DRAWS = 2_000


@dataclass(frozen=True, eq=False)
class Forecasts:
    """One view's answers. Methods are the library's functions of the same names."""

    view: View

    def _asked(self, question: str, scenario: Scenario, **more: Any) -> str:
        body = to_body(scenario)
        for name in ("name", "description"):
            body.pop(name)
        return json.dumps([question, body, self.view.selection.where, self._card.short_hash, more], sort_keys=True, default=str)

    @property
    def _card(self) -> Definition:
        """The definition in force, over twelve months, whatever the filter row says; never a renewal rate."""
        return self.view.selection.card.over(STANDARD.window_months).as_nrr()

    def _book(self, scenario: Scenario) -> Book:
        """Levers' amounts and decisions change nothing in a book, so that a slider finds it open."""
        shape = scenario.replaced(
            levers=tuple(Lever("churn", 0.0, where=lever.where) for lever in scenario.levers), decisions=(), target=None
        )
        where = dict(self.view.selection.where)
        return cache.book(
            self.view.data, self._asked("book", shape), lambda: scenarios.open_book(self.view.data, scenario, where=where, card=self._card)
        )

    def baseline(self, scenario: Scenario) -> pd.DataFrame:
        """The rates a scenario starts from."""
        shape = Scenario(months=scenario.months, by=scenario.by)
        made: pd.DataFrame = cache.answer(
            self.view.data, self._asked("baseline", shape),
            lambda: scenarios.baseline(self.view.data, scenario, where=dict(self.view.selection.where), card=self._card),
        )  # fmt: skip
        return made

    def project(self, scenario: Scenario) -> Projection:
        """Baseline and scenario."""
        plain = scenario.replaced(target=None)
        made: Projection = cache.answer(
            self.view.data, self._asked("project", plain), lambda: scenarios.project(self._book(scenario), scenario)
        )
        return made

    def simulate(self, scenario: Scenario, *, target: float | None) -> Simulation:
        """How far outcomes spread."""
        made: Simulation = cache.answer(
            self.view.data, self._asked("simulate", scenario, target=target),
            lambda: scenarios.simulate(self._book(scenario), scenario, draws=DRAWS, target=target),
        )  # fmt: skip
        return made

    def tornado(self, scenario: Scenario, *, step: float, by_segment: bool) -> pd.DataFrame:
        """Each lever a step either way."""
        made: pd.DataFrame = cache.answer(
            self.view.data, self._asked("tornado", scenario, step=step, by_segment=by_segment),
            lambda: scenarios.tornado(self._book(scenario), scenario, step=step, by_segment=by_segment),
        )  # fmt: skip
        return made

    def seek(self, scenario: Scenario, lever: Lever, *, target: float, by_month: str | None) -> Sought:
        """How far one lever must go."""
        made: Sought = cache.answer(
            self.view.data, self._asked("seek", scenario, lever=repr(lever), target=target, by_month=by_month),
            lambda: scenarios.seek(self._book(scenario), scenario, lever, target=target, by_month=by_month),
        )  # fmt: skip
        return made

    def save(self, scenario: Scenario, *, target: float, by_month: str | None) -> Saved:
        """Which accounts must be kept."""
        made: Saved = cache.answer(
            self.view.data, self._asked("save", scenario, target=target, by_month=by_month),
            lambda: scenarios.save(self._book(scenario), scenario, target=target, by_month=by_month),
        )  # fmt: skip
        return made

    def backtest(self, scenario: Scenario) -> Backtest:
        """How good the baseline was in the past."""
        shape = Scenario(months=scenario.months, by=scenario.by)
        made: Backtest = cache.answer(
            self.view.data, self._asked("backtest", shape),
            lambda: scenarios.backtest(
                self.view.data, months=scenario.months, by=scenario.by, where=dict(self.view.selection.where), card=self._card
            ),
        )  # fmt: skip
        return made

    def compare(self, chosen: tuple[Scenario, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Several scenarios side by side."""
        question = json.dumps([[to_body(one) for one in chosen], self.view.selection.where, self._card.short_hash], sort_keys=True)
        made: tuple[pd.DataFrame, pd.DataFrame] = cache.answer(
            self.view.data, f"compare {question}",
            lambda: scenarios.compare(self.view.data, chosen, where=dict(self.view.selection.where), card=self._card),
        )  # fmt: skip
        return made

    def runway(self, *, months: int, dimension: str) -> pd.DataFrame:
        """Whose contract ends when."""
        made: pd.DataFrame = cache.answer(
            self.view.data, f"runway {months} {dimension!r} {self.view.selection.where} {self._card.short_hash}",
            lambda: scenarios.runway(
                self.view.data, months=months, dimension=dimension, where=dict(self.view.selection.where), card=self._card
            ),
        )  # fmt: skip
        return made
