"""Tornado: how much each lever moves NRR of the period when it is turned a step either way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.formats import MINUS
from nrr_core.frames import to_frame
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import decide
from nrr_core.scenarios.projection import run_to, unlike
from nrr_core.scenarios.scenario import LEVERS, Lever, Scenario, allowed
from nrr_core.scenarios.written import digest
from nrr_core.selection import frozen_where
from nrr_core.stamp import stamp

__all__ = ["STEPS", "tornado"]

STEPS: Final = {"churn": 0.1, "contraction": 0.1, "expansion": 0.1, "price": 0.01, "win_back": 0.05}
_MOST_SEGMENTS: Final = 12


def tornado(
    data: Dataset | Book, scenario: Scenario | None = None, *, step: float = 1.0, by_segment: bool = False,
    where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD,
) -> pd.DataFrame:  # fmt: skip
    """NRR of the period with one thing changed at a time, on top of the scenario.

    Parameters
    ----------
    data, scenario, where, card
        As in ``project``.
    step
        Multiple of the steps: 10 % of each rate (churn, contraction, expansion), 1 % of prices, 5 points of win-back.
    by_segment
        Rates of each segment of ``scenario.by`` by themselves.

    Returns
    -------
    pandas.DataFrame
        lever (in words), low and high (NRR with the step down and up), low_text and high_text (the steps), swing (the
        distance of both), widest first; then the scenario's own levers, each a tenth weaker and stronger. ``attrs["base"]``
        is the scenario's NRR. NaN where nothing is paid at the start.

    Raises
    ------
    ScenarioError
        ``step`` is not above 0 and at most 5.

    """
    if not 0 < step <= 5:  # noqa: PLR2004 - five times the stated steps
        raise ScenarioError(f"The step is {step!r}: it must be above 0 and at most 5.")
    scenario = scenario or Scenario()
    segments: list[tuple[str, dict[str, list[str]]]] = [("", {})]
    if by_segment and scenario.by:
        labels = book_of(data, scenario, where=where, card=card).labels[:_MOST_SEGMENTS]
        segments = [(label, {scenario.by: [label]}) for label in labels]
    turned = [(label, Lever(kind, 0.0, where=frozen_where(place)), STEPS[kind] * step) for label, place in segments for kind in LEVERS]
    wide = scenario.replaced(levers=(*scenario.levers, *(lever for _, lever, _ in turned)))
    book = book_of(data, wide, where=where, card=card)
    paths = decide(book, scenario.decisions, horizon=scenario.horizon).paths

    def value(levers: Sequence[Lever]) -> float:
        return run_to(book, levers, paths, horizon=scenario.horizon, month=scenario.horizon).ratios["nrr"]

    rows = [_added(value, scenario, lever, size, label) for label, lever, size in turned]
    rows += [_own(value, scenario, place, 0.1 * step) for place in range(len(scenario.levers))]
    frame = _frame(rows)
    question = f"tornado of scenario {digest(scenario)}, steps × {step:g}"
    made = to_frame(frame, order=[*frame], stamp=stamp(book.data, card=book.card, where=book.where, question=question).as_dict())
    shown = made.sort_values("swing", ascending=False, kind="stable").reset_index(drop=True)
    shown.attrs["base"] = value(scenario.levers)
    return shown


def _frame(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in ("lever", "low", "high", "low_text", "high_text")}
    columns["lever"] = unlike(columns["lever"])
    columns["swing"] = np.abs(np.array(columns["high"]) - np.array(columns["low"]))
    return columns


def _added(value: Any, scenario: Scenario, lever: Lever, size: float, label: str) -> dict[str, Any]:
    """A lever of its own, a step down and a step up."""
    low, high = (value((*scenario.levers, replace(lever, change=way * size))) for way in (-1, 1))
    name = LEVERS[lever.kind] + (f", {label}" if label else "")
    unit = " pt" if lever.kind == "win_back" else "%"
    return {"lever": name, "low": low, "high": high, "low_text": f"{MINUS}{size * 100:.3g}{unit}", "high_text": f"+{size * 100:.3g}{unit}"}


def _own(value: Any, scenario: Scenario, place: int, share: float) -> dict[str, Any]:
    """One of the scenario's levers, weaker and stronger; a change never leaves what its kind allows."""
    lever, others = scenario.levers[place], list(scenario.levers)
    least, most = allowed(lever)
    found = []
    for way in (-1, 1):
        others[place] = replace(lever, change=min(max(lever.change * (1 + way * share), least), most))
        found.append(value(tuple(others)))
    return {
        "lever": f"This lever: {lever.label}",
        "low": found[0],
        "high": found[1],
        "low_text": f"{share:.0%} weaker",
        "high_text": f"{share:.0%} stronger",
    }
