"""Goal seek: what one lever, or which accounts, would have to do for a target; and the tornado."""

import math
from functools import partial

import streamlit as st

from nrr_core import charts, explain
from nrr_core.formats import month_label
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios import LEVERS, Lever, Projection, Scenario
from pages.ui import cache, desk, levers, naming, present
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["goal", "sensitivity"]


def goal(view: View, scenario: Scenario, found: Projection) -> None:
    """A target, and two ways to it."""
    base = float(found.effects["nrr"].iloc[-1])
    if math.isnan(base):
        why = "Nobody pays at the start" if found.contract_share is None else "This definition looks back further than the data"
        st.info(f"{why}, so there is no NRR to aim at. Remove a filter, or choose another definition.", icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        default = round((scenario.target or min(max(base + 0.02, 0.01), 10.0)) * 100, 1)
        target = st.number_input("Bring NRR to, %", 1.0, 1_000.0, default, step=0.5, key="goal", width=140) / 100
        kind = st.selectbox("With", list(LEVERS), format_func=LEVERS.__getitem__, key="goal_with", width=160)
        places = {"All accounts": (), **_segments(view, scenario)}
        place = st.selectbox("On", list(places), key="goal_on", format_func=naming.names(tuple(places)), width=220)
        first = parse_month(found.start) + 1
        months = [month_text(first + k) for k in range(scenario.horizon)][::-1]
        month = st.selectbox("By", months, key="goal_by", format_func=month_label, width=140)
    sought = Forecasts(view).seek(scenario, Lever(kind, 0.0, where=places[place]), target=target, by_month=month)
    _answer(sought.text, sought.scenario if sought.change else None, key="seek")
    st.header("Which accounts to keep", anchor=False)
    saved = Forecasts(view).save(scenario, target=target, by_month=month)
    st.markdown(present.safe_text(explain.saving_finding(saved, currency=view.currency, factor=view.factor)))
    _answer(saved.text, saved.scenario if len(saved.accounts) else None, key="save")
    if len(saved.accounts):
        present.table(saved.accounts, view, name="accounts_to_keep", key="saved_table", title="Accounts to keep", expanded=True)


def _answer(text: str, answer: Scenario | None, *, key: str) -> None:
    icon = ":material/check_circle:" if answer is not None else ":material/info:"
    st.info(present.safe_text(text), icon=icon)
    if answer is not None:
        st.button("Put it into the scenario", key=f"{key}_apply", icon=":material/add_task:", on_click=_apply, args=(answer,))


def _apply(answer: Scenario) -> None:
    desk.put(answer, document=desk.now().document, whole=True)


def _segments(view: View, scenario: Scenario) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """The segments that have rates of their own, or those of the first dimension."""
    offered = levers.axes(view)
    chosen = next((axis for axis in offered if axis.name == scenario.by), offered[0] if offered else None)
    return {} if chosen is None else {f"{chosen.name}: {segment}": ((chosen.name, (segment,)),) for segment in chosen.segments}


def sensitivity(view: View, scenario: Scenario) -> None:
    """Each lever a step either way, on top of the scenario."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        steps = {"Half": 0.5, "Normal": 1.0, "Double": 2.0}
        label = st.segmented_control("Step", list(steps), default="Normal", required=True, key="tornado_step", bind="query-params")
        apart = scenario.by is not None and st.toggle("Segment by segment", key="tornado_apart", bind="query-params")
    frame = Forecasts(view).tornado(scenario, step=steps[label], by_segment=bool(apart))
    st.caption("A normal step is 10 % of a rate, 1 % of prices, 5 points of win-back. One thing is changed at a time.")
    draw = partial(charts.tornado, frame, base=frame.attrs["base"])
    present.chart(cache.drawn(frame, view, draw), key="tornado", name="tornado")
    present.table(frame, view, name="tornado", key="tornado_table")
