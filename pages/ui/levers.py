"""The levers' controls: a slider and a typed number each, where and from when it works, and what the baseline rests on."""

import math
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from nrr_core.contracts import contract_dimension
from nrr_core.dataset import Axis
from nrr_core.errors import NrrError
from nrr_core.formats import MINUS, month_label, percent_text
from nrr_core.periods import month_text
from nrr_core.scenarios import BASELINES, LEVERS, Lever, Scenario
from nrr_core.scenarios.runway import last_full_month
from nrr_core.scenarios.scenario import allowed
from nrr_core.schema import ALL
from pages.ui import desk, naming, present, state
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["axes", "panel"]

_HORIZONS = (3, 6, 12, 18, 24, 36)
_ONE_RATE = "One rate for all"
_MOST_SEGMENTS = 60
_MOST_LEVERS = 12
_WORDS = {  # what a lever does, and what its slider moves: label, lowest, highest, step, in per cent or points
    "churn": ("Churn rate", -100.0, 100.0, 5.0),
    "contraction": ("Contraction rate", -100.0, 100.0, 5.0),
    "expansion": ("Expansion rate", -100.0, 100.0, 5.0),
    "price": ("Prices", -20.0, 30.0, 0.5),
    "win_back": ("Win-back", -50.0, 50.0, 1.0),
}
_POINTS = (-5.0, 5.0, 0.1)  # a change of a monthly rate in points
_ICONS = {
    "churn": ":material/logout:", "contraction": ":material/compress:", "expansion": ":material/open_in_full:",
    "price": ":material/sell:", "win_back": ":material/undo:",
}  # fmt: skip


def panel(view: View) -> Scenario:
    """Draw every control; what they are set to lies on the desk afterwards."""
    held = desk.now()
    scenario = _frame(view, held.scenario, held.turn)
    st.subheader("Levers", anchor=False)
    if not scenario.levers:
        st.caption("No lever is set. Add one, or decide about accounts.")
    made = [_lever(view, lever, f"{held.turn}_{place}") for place, lever in enumerate(scenario.levers)]
    kept = tuple(lever for lever in made if lever is not None)
    scenario = scenario.replaced(levers=kept)
    if len(kept) < _MOST_LEVERS:
        st.caption("Add a lever")
        with st.container(horizontal=True, gap="small"):
            for kind, label in LEVERS.items():
                st.button(label, icon=_ICONS[kind], key=f"add_{kind}", on_click=_add, args=(kind,), help=f"Add a lever: {label.lower()}")
    desk.put(scenario)
    return scenario


def _frame(view: View, scenario: Scenario, turn: int) -> Scenario:
    """Horizon and baseline."""
    names = [axis.name for axis in axes(view)]
    options = [_ONE_RATE, *names]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        horizons = sorted({*_HORIZONS, scenario.horizon})
        ahead = st.selectbox("Months ahead", horizons, index=horizons.index(scenario.horizon), key=f"sc_{turn}_horizon", width=120)
        months = st.selectbox(
            "Rates of the last", BASELINES, index=BASELINES.index(scenario.months), key=f"sc_{turn}_months", width=130,
            format_func=lambda n: f"{n} months" if n > 1 else "1 month",
        )  # fmt: skip
        by = st.selectbox(
            "Rates by", options, index=options.index(scenario.by) if scenario.by in options else 0, key=f"sc_{turn}_by", width=180,
            format_func=naming.names(tuple(options)),
        )  # fmt: skip
    if scenario.by is not None and by == _ONE_RATE and scenario.by not in names:
        st.warning(present.safe_text(f"This data has no attribute “{present.cut(scenario.by)}” with few values: one rate for all is used."))
    contracts = scenario.contracts
    found = contract_dimension(view.data)
    if found is not None:
        heeded = st.toggle(
            "Accounts leave at contract end", value=scenario.contracts != "", key=f"sc_{turn}_contracts",
            help=present.safe_text(f"Whoever has a contract leaves or renews when it ends ({present.cut(found)}), not before."),
        )  # fmt: skip
        contracts = "" if not heeded else scenario.contracts or "auto"
    made = scenario.replaced(horizon=ahead, months=months, by=None if by == _ONE_RATE else by, contracts=contracts)
    desk.put(made)
    rates = _rates(view, made)
    if rates is not None:
        present.table(rates, view, name="baseline", key="baseline_table", title="Rates of the baseline")
    return made


def _rates(view: View, scenario: Scenario) -> pd.DataFrame | None:
    """The baseline's rates, or None where there are none; the page says why where its headline would stand."""
    try:
        return Forecasts(view).baseline(scenario)
    except NrrError:
        return None


def _add(kind: str) -> None:
    held = desk.now()
    desk.put(held.scenario.replaced(levers=(*held.scenario.levers, Lever(kind, 0.0))))


def _drop(place: int) -> None:
    held = desk.now()
    kept = tuple(lever for at, lever in enumerate(held.scenario.levers) if at != place)
    desk.put(held.scenario.replaced(levers=kept), document=held.document, whole=True)


def _lever(view: View, lever: Lever, key: str) -> Lever:
    label, low, high, step = _WORDS[lever.kind]
    points = lever.mode == "absolute"
    if points and lever.kind != "win_back":
        low, high, step = _POINTS
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"{_ICONS[lever.kind]} **{label}**{_place(lever)}", width="stretch")
            st.button(
                "Remove", icon=":material/close:", key=f"lv_{key}_drop", type="tertiary", on_click=_drop, args=(int(key.split("_")[1]),)
            )
        change = _amount(label, lever, (low, high, step), key=f"lv_{key}")
        missing = _missing(view, lever)
        if missing:
            st.warning(present.safe_text(f"Not in this data: {missing}. Remove the lever, or open the data it was made on."))
            return lever
        _now_and_then(view, replace(lever, change=change))
        with st.popover("Where and when", icon=":material/tune:", key=f"lv_{key}_more"):
            return _details(view, replace(lever, change=change), key)


def _now_and_then(view: View, lever: Lever) -> None:
    """What the rate is and what it becomes, where the lever works on all accounts or on one segment that has a rate of its own."""
    scenario = desk.now().scenario
    where = dict(lever.where)
    own = where.get(scenario.by or "", ())
    segment = ALL if not where else own[0] if len(where) == 1 and len(own) == 1 else None
    column = {"win_back": "returns"}.get(lever.kind, lever.kind)
    rates = _rates(view, scenario)
    if rates is None or column not in rates.columns or segment not in set(rates["segment"]):
        return
    rate = float(rates.loc[rates["segment"] == segment, column].iloc[0])
    later = rate * (1 + lever.change) if lever.mode == "relative" else rate + lever.change
    unit = "of churned MRR" if lever.kind == "win_back" else "a month"
    st.caption(present.safe_text(f"{percent_text(rate, digits=2)} {unit} now, {percent_text(max(later, 0.0), digits=2)} in full"))


def _missing(view: View, lever: Lever) -> str:
    """Where the lever would work that this data does not have."""
    known = {axis.name: axis for axis in view.data.axes}
    gone = [name for name, _ in lever.where if name not in known]
    gone += [f"{name}: {s}" for name, wanted in lever.where if name in known for s in wanted if s not in known[name].segments]
    return ", ".join(present.cut(text) for text in gone)


def _place(lever: Lever) -> str:
    parts = [present.safe_text(present.cut(segment, 24)) for _, segments in lever.where for segment in segments]
    begins = [f"from {month_label(lever.start)}"] if lever.start else []
    return f" · {', '.join([*parts, *begins])}" if parts or begins else ""


def _amount(label: str, lever: Lever, span: tuple[float, float, float], *, key: str) -> float:
    """The change: a slider for the usual range beside a field for any number that the lever can have; each moves the other."""
    low, high, step = span
    value, unit = lever.change * 100, "points" if lever.mode == "absolute" else "%"
    least, most = (100 * bound for bound in allowed(lever))
    slider, typed = f"{key}_slide", f"{key}_type"
    if state.chosen(typed) is None:
        state.assign(typed, value)
        state.assign(slider, min(max(value, low), high))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.slider(
            f"{label}, change in {unit}", low, high, step=step, key=slider, on_change=partial(_copy, slider, typed),
            format="%g points" if unit == "points" else "%g%%", label_visibility="collapsed",
        )  # fmt: skip
        number: float = st.number_input(
            f"{label}, change in {unit}, typed", min_value=least, max_value=most, step=step, key=typed, width=130,
            on_change=partial(_copy, typed, slider, low, high), label_visibility="collapsed", format="%g",
        )  # fmt: skip
    return lever.change if math.isclose(number, value, rel_tol=1e-12) else number / 100


def _copy(source: str, target: str, low: float | None = None, high: float | None = None) -> None:
    value = float(state.chosen(source))
    state.assign(target, value if low is None or high is None else min(max(value, low), high))


def _details(view: View, lever: Lever, key: str) -> Lever:
    places = {f"{axis.name}: {segment}": (axis.name, segment) for axis in axes(view) for segment in axis.segments}
    held = [text for text, (name, segment) in places.items() if segment in dict(lever.where).get(name, ())]
    chosen = st.multiselect(
        "Works on", list(places), default=held, key=f"lv_{key}_where", placeholder="All accounts", format_func=naming.names(tuple(places)),
    )  # fmt: skip
    where: dict[str, tuple[str, ...]] = {}
    for text in chosen:
        name, segment = places[text]
        where[name] = (*where.get(name, ()), segment)
    first = last_full_month(view.data) + 1
    offered = [month_text(first + ahead) for ahead in range(desk.now().scenario.horizon)]
    months = sorted({*offered, lever.start or offered[0]})
    start = st.selectbox("From", months, index=months.index(lever.start or offered[0]), key=f"lv_{key}_start", format_func=month_label)
    ramp = int(st.number_input("Months until it works in full", 1, 36, lever.ramp, key=f"lv_{key}_ramp"))
    mode = lever.mode
    if lever.kind in {"churn", "contraction", "expansion"}:
        relative = st.radio(
            "The number is", ["relative", "absolute"], index=["relative", "absolute"].index(lever.mode), key=f"lv_{key}_mode",
            format_func=lambda m: "a share of the rate: \u221250 % halves it" if m == "relative" else "points on the monthly rate",
        )  # fmt: skip
        mode = str(relative)
    places_now = tuple(sorted((n, tuple(sorted(s))) for n, s in where.items()))
    changed = replace(lever, where=places_now, start=start if start != offered[0] else None, ramp=ramp)
    if mode != lever.mode:
        changed = replace(changed, mode=mode, change=0.0)
        state.clear(f"lv_{key}_slide", f"lv_{key}_type")
    if lever.kind == "price":
        loss = st.number_input("MRR that leaves because of it, %", 0.0, 100.0, lever.loss * 100, step=0.5, key=f"lv_{key}_loss")
        return replace(changed, loss=loss / 100)
    if lever.kind == "win_back":
        st.caption(f"Points of churned MRR that come back; below zero ({MINUS}) fewer than in the baseline.")
        return replace(changed, delay=int(st.number_input("Months until they are back", 1, 36, lever.delay, key=f"lv_{key}_delay")))
    return changed


def axes(view: View) -> list[Axis]:
    """Dimensions with few enough segments to choose from."""
    return [axis for axis in view.data.axes if 1 < axis.count <= _MOST_SEGMENTS]
