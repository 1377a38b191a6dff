"""Several scenarios side by side: what each leads to, and what differs between two, in words and figures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.formats import month_label, percent_text, plain_text, points_text
from nrr_core.frames import to_frame
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.projection import project, unlike
from nrr_core.scenarios.scenario import Decision, Lever, Scenario
from nrr_core.scenarios.written import digest
from nrr_core.schema import ALL, UNIT

__all__ = ["changes", "compare", "difference", "what_it_says"]

_MOST: Final = 6
_RATIOS: Final = ("nrr", "grr", "logo_retention")
_WORDS: Final = {
    "horizon": "Months ahead", "months": "Baseline months", "by": "Rates by", "contracts": "Contract ends", "target": "Target NRR",
}  # fmt: skip


def compare(
    data: Dataset | Book, scenarios: Sequence[Scenario], *, where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two to six scenarios on the same data.

    Returns
    -------
    tuple of pandas.DataFrame
        First one row per scenario: scenario (its name), horizon, mrr (of today's accounts at the end), nrr, grr,
        logo_retention of its period, nrr_difference (to the first scenario; NaN where their horizons differ). Then its
        path: scenario, month, nrr (the card's window closing in the month), mrr.

    Raises
    ------
    ScenarioError
        Fewer than two or more than six.

    """
    if not 2 <= len(scenarios) <= _MOST:  # noqa: PLR2004 - nothing to compare
        raise ScenarioError(f"Compare 2 to {_MOST} scenarios, not {len(scenarios)}.")
    names = unlike([s.name or "Unnamed" for s in scenarios])
    found = [project(book_of(data, s, where=where, card=card), s) for s in scenarios]
    totals = [p.period[(p.period["path"] == "scenario") & (p.period["segment"] == ALL)].iloc[0] for p in found]
    nrr = np.array([float(row["nrr"]) for row in totals])
    alike = np.array([s.horizon == scenarios[0].horizon for s in scenarios])
    columns: dict[str, Any] = {
        "scenario": names,
        "horizon": np.array([s.horizon for s in scenarios]),
        "mrr": np.array([int(row["mrr"] * UNIT) for row in totals], dtype=np.int64),
        **{name: np.array([float(row[name]) for row in totals]) for name in _RATIOS},
        "nrr_difference": np.where(alike, nrr - nrr[0], np.nan),
    }
    named = ", ".join(f"“{plain_text(name)}” {digest(one)}" for name, one in zip(names, scenarios, strict=True))
    made = found[0].period.attrs["stamp"] | {"question": f"comparison of scenarios {named}"}
    paths = []
    for name, one in zip(names, found, strict=True):
        rows = one.months[(one.months["path"] == "scenario") & (one.months["segment"] == ALL)]
        paths.append(rows[["month", "nrr", "mrr"]].assign(scenario=name)[["scenario", "month", "nrr", "mrr"]])
    joined = pd.concat(paths, ignore_index=True)
    joined.attrs["stamp"] = made
    return to_frame(columns, order=[*columns], stamp=made), joined


def difference(table: pd.DataFrame) -> list[str]:
    """The comparison in sentences, each scenario against the first."""
    first = table.iloc[0]
    told = []
    for _, row in table.iloc[1:].iterrows():
        if np.isnan(row["nrr_difference"]):
            ends = f"{row['horizon']} months ahead, {plain_text(first['scenario'])} {first['horizon']}"
            told.append(f"{plain_text(row['scenario'])} looks {ends}: their NRRs are not compared.")
            continue
        told.append(
            f"{plain_text(row['scenario'])} ends at NRR {percent_text(row['nrr'])}, {points_text(row['nrr_difference'])} against "
            f"{plain_text(first['scenario'])} ({percent_text(first['nrr'])})."
        )
    return told


def changes(before: Scenario, after: Scenario) -> list[str]:
    """What a person changed between two scenarios, one sentence each; empty where the assumptions are the same."""
    told = [
        f"{label}: {_said(name, before)} → {_said(name, after)}"
        for name, label in _WORDS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    told += _moved("Lever", _levers(before), _levers(after))
    return told + _moved("Decision", {d.account: d for d in before.decisions}, {d.account: d for d in after.decisions})


def _moved(noun: str, before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[str]:
    told = [f"{noun} dropped: {what_it_says(held)}" for key, held in before.items() if key not in after]
    told += [f"{noun} added: {what_it_says(held)}" for key, held in after.items() if key not in before]
    told += [
        f"{noun} changed: {what_it_says(before[key])} → {what_it_says(held)}"
        for key, held in after.items()
        if key in before and before[key] != held
    ]
    return told


def _levers(scenario: Scenario) -> dict[tuple[object, ...], Lever]:
    """Levers by what they work on; further ones on the same are counted."""
    held: dict[tuple[object, ...], Lever] = {}
    for lever in scenario.levers:
        key = (lever.kind, lever.mode, lever.where)
        held[(*key, sum(known[:-1] == key for known in held))] = lever
    return held


def what_it_says(one: Lever | Decision) -> str:
    """A lever or a decision in words, with its dates."""
    if isinstance(one, Lever):
        begins = f" from {month_label(one.start)}" if one.start else ""
        ramp = f", in full after {one.ramp} months" if one.ramp > 1 else ""
        loss = f", losing {percent_text(one.loss)} of MRR" if one.loss else ""
        delay = f", {one.delay} months after leaving" if one.kind == "win_back" else ""
        return f"{plain_text(one.label)}{begins}{ramp}{loss}{delay}"
    amount = f" to {one.to / UNIT:,.2f}" if one.to is not None else ""
    chance = f", {percent_text(one.probability, digits=0)} likely" if one.probability < 1 else ""
    month = f" in {month_label(one.month)}" if one.month else ""
    return f"{plain_text(one.account)}: {one.action}{amount}{month}{chance}"


def _said(name: str, scenario: Scenario) -> str:
    value = getattr(scenario, name)
    return "none" if value in {None, ""} else percent_text(value) if name == "target" else plain_text(value)
