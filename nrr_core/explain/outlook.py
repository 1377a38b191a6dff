"""Scenarios in sentences and in the shape the charts draw."""

import math
from collections.abc import Collection
from typing import Any

import pandas as pd

from nrr_core.definition import Definition
from nrr_core.families import averages
from nrr_core.formats import money_text, month_label, percent_text, points_text
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios import Projection, Saved
from nrr_core.schema import ALL

__all__ = [
    "ahead_note", "backtest_finding", "decisions_finding", "effect_steps", "fan_bands", "fan_points", "runway_months", "saving_finding",
    "scenario_finding",
]  # fmt: skip

_STEADY = 0.0005  # less than a tenth of a point rounds to no change


def scenario_finding(found: Projection, *, currency: str, factor: int = 1) -> str:
    """The headline: where NRR of the period ends, and what the scenario changes about it."""
    rows: list[dict[Any, Any]] = found.period[found.period["segment"] == ALL].to_dict("records")
    base, last = ({row["path"]: row for row in rows}[path] for path in ("baseline", "scenario"))
    end = month_label(last["close"])
    if math.isnan(last["nrr"]) and last["mrr"]:
        return f"This definition looks back further than the data, so NRR by {end} has no value"
    if math.isnan(last["nrr"]):
        return f"Nobody pays in {month_label(found.start)}, so there is no NRR to look forward to"
    if not (found.scenario.levers or found.scenario.decisions):
        return f"If the last {found.scenario.months} months go on, NRR is {percent_text(last['nrr'])} by {end}"
    change = last["nrr"] - base["nrr"]
    amount = money_text(float(last["mrr"] - base["mrr"]) * factor, currency=currency, signed=True)
    if abs(change) < _STEADY:
        return f"The scenario leaves NRR at {percent_text(last['nrr'])} by {end}"
    way = "lifts" if change > 0 else "lowers"
    texts = f"from {percent_text(base['nrr'])} to {percent_text(last['nrr'])} by {end}"
    return f"The scenario {way} NRR {texts}: {points_text(change)}, {amount} a {'month' if factor == 1 else 'year'}"


def ahead_note(card: Definition) -> str:
    """What the definition does not say about the months to come, in sentences; empty where there is nothing to say."""
    said = []
    if averages(card):
        said.append("The whole period is one window: the definition's average is left out of it.")
    if card.family == "revenue_window":
        said.append("The period's revenue is set against that of as many months before it. GRR needs each account's own revenue: no value.")
    return " ".join(said)


def backtest_finding(summary: pd.DataFrame) -> str:
    """How good such forecasts were, at the longest horizon that could be tested."""
    tested = summary[summary["starts"] > 0]
    if tested.empty:
        return "There is too little history to test forecasts like this one on it."
    row = tested.iloc[-1]
    starts = "1 start" if row["starts"] == 1 else f"{int(row['starts'])} starts"
    ahead = f"{int(row['months_ahead'])} months ahead, over {starts}"
    return (
        f"Tested on the past, {ahead}: this baseline missed NRR by {points_text(row['nrr_error']).lstrip('+')} on average, the last NRR "
        f"carried forward by {points_text(row['nrr_naive']).lstrip('+')}."
    )


def decisions_finding(decided: pd.DataFrame, *, currency: str, factor: int = 1) -> str:
    """What the decided accounts pay now, are expected to pay, and pay at worst and at best."""
    now, expected, low, high = (float(decided[name].sum()) * factor for name in ("mrr", "expected_mrr", "low_mrr", "high_mrr"))
    count = len(decided)
    said = [money_text(amount, currency=currency) for amount in (now, expected, low, high)]
    noun = "account pays" if count == 1 else "accounts pay"
    return f"{count:,} decided {noun} {said[0]} now and {said[1]} as expected afterwards, between {said[2]} and {said[3]}."


def saving_finding(saved: Saved, *, currency: str, factor: int = 1) -> str:
    """How much is missing for the target."""
    if not saved.gap:
        return "Nothing is missing for this target."
    if saved.revenue:
        return f"{money_text(float(saved.gap), currency=currency)} of revenue is missing in these months."
    unit = "MRR" if factor == 1 else "ARR"
    return f"{money_text(float(saved.gap) * factor, currency=currency)} of {unit} is missing at the end of the period."


def effect_steps(effects: pd.DataFrame, *, measure: str = "nrr") -> pd.DataFrame:
    """Effects as the steps of a bridge: step, kind, value."""
    return pd.DataFrame({"step": effects["step"], "kind": _kinds(effects, measure), "value": effects[measure]})


def _kinds(effects: pd.DataFrame, measure: str) -> list[str]:
    """Gains and losses of this measure; its own sign may differ from that of MRR."""
    signs = ["gain" if value > 0 else "loss" if value < 0 else "none" for value in effects[measure]]
    return [kind if kind == "total" else sign for kind, sign in zip(effects["kind"], signs, strict=True)]


def fan_points(months: pd.DataFrame, past: pd.DataFrame, *, measure: str, factor: int = 1, last: int = 24) -> pd.DataFrame:
    """History and both paths on one axis: month, series, value.

    Parameters
    ----------
    months
        ``Projection.months``.
    past
        ``retention`` of every close (``measure`` nrr), or ``movements`` of every month (``mrr``).
    measure
        ``nrr`` or ``mrr``.
    factor
        12 shows ARR.
    last
        Months of history.

    """
    total = months[months["segment"] == ALL]
    start = month_text(parse_month(total["month"].min()) - 1)
    column = "nrr" if measure == "nrr" else "closing_mrr"
    times = 1 if measure == "nrr" else factor
    before = past[(past["segment"] == ALL) & (past["close"].astype(str) <= start)].tail(last)
    rows: dict[str, list[Any]] = {
        "month": before["close"].tolist(),
        "series": ["history"] * len(before),
        "value": [float(v) * times for v in before[column]],
    }
    for path in ("baseline", "scenario"):
        own = total[total["path"] == path]
        rows["month"] += own["month"].tolist()
        rows["series"] += [path] * len(own)
        rows["value"] += [float(v) * times for v in own[measure]]
    return pd.DataFrame(rows)


def fan_bands(bands: pd.DataFrame | None, *, measure: str, factor: int = 1) -> pd.DataFrame:
    """Simulated bands of a measure: month, share, low, high; empty without a simulation."""
    if bands is None:
        return pd.DataFrame({"month": [], "share": [], "low": [], "high": []})
    own = bands[(bands["measure"] == measure) & (bands["share"] > 0) & bands["low"].notna()].drop(columns="measure")
    times = 1 if measure == "nrr" else factor
    shown: pd.DataFrame = own.assign(low=own["low"] * times, high=own["high"] * times).reset_index(drop=True)
    return shown


def runway_months(runway: pd.DataFrame, decided: Collection[str], *, factor: int = 1) -> pd.DataFrame:
    """MRR up for renewal by month: month, state (``decided`` or ``open``), amount, accounts."""
    state = ["decided" if account in decided else "open" for account in runway["account_id"]]
    rows = pd.DataFrame({"month": runway["contract_end"], "state": state, "amount": runway["mrr"].astype(float) * factor})
    summed = rows.groupby(["month", "state"], sort=True)["amount"].agg(["sum", "count"]).reset_index()
    return summed.rename(columns={"sum": "amount", "count": "accounts"})
