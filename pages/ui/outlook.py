"""What a scenario leads to: headline, cards, the fan, what each lever does, and how good such forecasts were."""

import math
from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import METRICS, charts, explain
from nrr_core.errors import NrrError
from nrr_core.formats import month_label, percent_text
from nrr_core.scenarios import Projection, Scenario, Simulation, side_by_side
from pages.ui import cache, desk, present, state
from pages.ui.forecasts import Forecasts
from pages.ui.view import MEASURES, View

__all__ = ["answered", "notes", "result", "told"]

_PAST = 24
_PATHS = {"NRR": "nrr", "MRR": "mrr"}


def answered(view: View, scenario: Scenario) -> tuple[Scenario, Projection]:
    """The scenario and where it leads; where it can't be computed, why, and the last one of this session that could."""
    try:
        found = Forecasts(view).project(scenario)
    except NrrError as error:
        present.refused(error)
        last = _last(view)
        if last is None:
            st.stop()
        st.caption("Below is the last scenario that could be computed.")
        return last
    state.remember("worked", scenario)
    return scenario, found


def _last(view: View) -> tuple[Scenario, Projection] | None:
    """The last scenario that could be computed, if it can be on the data and the filter on screen."""
    last: Scenario | None = state.recall("worked")
    try:
        return None if last is None else (last, Forecasts(view).project(last))
    except NrrError:
        return None


def told(view: View, found: Projection) -> str:
    """The headline."""
    return explain.scenario_finding(found, currency=view.currency, factor=view.factor)


def notes(found: Projection) -> None:
    """What did not work as written."""
    for note in found.notes:
        st.warning(present.safe_text(note), icon=":material/info:")


def result(view: View, scenario: Scenario, found: Projection) -> Scenario:
    """Cards, fan and effects; the scenario with the target that is typed here."""
    _cards(view, found)
    if note := explain.ahead_note(view.selection.card):
        st.caption(f":material/info: {note}")
    with st.container(horizontal=True, vertical_alignment="center"):
        path = st.segmented_control("Show", list(_PATHS), default="NRR", required=True, key="path", bind="query-params")
        ranged = st.toggle("Range of outcomes", key="range", bind="query-params", help="2,000 simulated outcomes, account by account")
        target = _target(scenario)
    simulated = Forecasts(view).simulate(scenario, target=target) if ranged else None
    _fan(view, found, simulated, measure=_PATHS[path], target=target)
    if found.contract_share:
        share = percent_text(found.contract_share, digits=0)
        st.caption(f":material/event: Contract ends are known for {share} of MRR; after its end a contract runs on for another term.")
    _worth(view, scenario, found)
    if simulated is not None and simulated.chance is not None:
        chance = f"{percent_text(simulated.chance, digits=0)} of {simulated.draws:,} simulated outcomes"
        text = f"NRR reaches {percent_text(target)} by {_end(found)} in {chance}."
        st.markdown(f":material/casino: {present.safe_text(text)}")
    if len(found.effects) > 2:  # noqa: PLR2004 - baseline and scenario alone have nothing between them
        st.header("What each lever does", anchor=False)
        made = cache.drawn(found.effects, view, lambda: charts.effects(explain.effect_steps(found.effects)), "effects")
        present.chart(made, key="effects", name="levers")
        present.table(_renamed(found.effects), view, name="levers", key="effects_table")
    present.table(side_by_side(found), view, name="scenario", key="months_table", title="Month by month")
    if scenario.by is not None:
        present.table(
            _renamed(found.period.drop(columns="month")),
            view,
            name="scenario_by_segment",
            key="period_table",
            title="By segment, whole period",
        )
    return scenario.replaced(target=target)


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"mrr": "todays_mrr"})


def _target(scenario: Scenario) -> float | None:
    """The NRR to reach, kept with the scenario."""
    held = None if scenario.target is None else scenario.target * 100
    typed = st.number_input(
        "Target NRR, %", 1.0, 1_000.0, held, step=1.0, key=f"sc_{desk.now().turn}_target", width=140,
        placeholder="none", help="For the whole period: what today's accounts pay at its end, per unit they pay now.",
    )  # fmt: skip
    return scenario.target if typed == held else None if typed is None else typed / 100


def _end(found: Projection) -> str:
    return month_label(found.period["close"].iloc[0])


def _cards(view: View, found: Projection) -> None:
    total = found.period[found.period["segment"] == "(all)"].set_index("path")
    base, last = total.loc["baseline"], total.loc["scenario"]
    with st.grid(4, min_column_width=125):
        for name, label in MEASURES.items():
            present.card(label, float(last[name]), before=float(base[name]), meaning=_meaning(name, found))
        change = float(last["mrr"] - base["mrr"])
        delta = present.money(view, change, signed=True) if change else None
        present.card(
            f"{view.unit} at the end", None, text=present.money(view, last["mrr"]), delta=delta,
            meaning=f"What today's accounts will pay in {_end(found)}, without new customers; the change is against the baseline.",
        )  # fmt: skip


def _meaning(name: str, found: Projection) -> str:
    return f"{METRICS[name].meaning} From {month_label(found.start)} to {_end(found)}, as expected; the change is against the baseline."


def _fan(view: View, found: Projection, simulated: Simulation | None, *, measure: str, target: float | None) -> None:
    past = _history(view, measure)
    points = partial(explain.fan_points, found.months, past, measure=measure, factor=view.factor, last=_PAST)
    bands = partial(explain.fan_bands, simulated.bands if simulated else None, measure=measure, factor=view.factor)
    unit = "ratio" if measure == "nrr" else "money"
    aim = target if measure == "nrr" else None

    def draw() -> charts.Chart:
        label = "NRR" if measure == "nrr" else view.unit
        return charts.fan(points(), bands(), measure=label, unit=unit, currency=view.currency, target=aim, start=found.start)

    made = cache.drawn(found.months, view, draw, "fan", measure, aim, simulated is not None)
    present.chart(made, key="fan", name="scenario")
    st.caption(
        "Each point is the NRR of the twelve months that end there, so history and forecast join in one window. Growth that came in one "
        "month, such as a yearly price rise, is spread evenly in the forecast."
        if measure == "nrr"
        else "History is everybody's; the forecast is what today's accounts will pay, without new customers."
    )


def _history(view: View, measure: str) -> pd.DataFrame:
    if measure == "nrr":
        return cache.retention(view.data, view.selection, every_close=True)
    return cache.every_month(view.data, view.selection)


def _worth(view: View, scenario: Scenario, found: Projection) -> None:
    """What such forecasts were worth in the past, in one sentence and a table."""
    tested = Forecasts(view).backtest(scenario)
    sentence = explain.backtest_finding(tested.summary)
    if tested.summary.attrs["stamp"]["definition_hash"] != found.period.attrs["stamp"]["definition_hash"]:
        sentence += " The test compares both ends of the window, whatever the definition."
    st.caption(f":material/history: {present.safe_text(sentence)}")
    if not math.isnan(float(tested.summary["nrr_error"].max())):
        present.table(tested.summary, view, name="back_test", key="backtest_table", title="Back-test", note=_HOW)


_HOW = (
    "From every past month the baseline was carried forward with what was known then, and compared with what happened. Naive: the last "
    "NRR of the same length carried forward, or MRR unchanged. Contract ends take no part in the test."
)
