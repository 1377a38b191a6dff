"""Waterfall: how recurring revenue moved over a window."""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from nrr_core.charts.waterfall import STEPS
from nrr_core.explain.shapes import STATES_BEHIND
from pages.ui import cache, people, present, shell

view = shell.open_page("Waterfall")
bridge = cache.movements(view.data, view.selection)
finding = partial(explain.waterfall_finding, bridge, currency=view.currency, factor=view.factor)
present.headline(cache.told(bridge, view, finding, "finding"))
made = cache.drawn(bridge, view, lambda: charts.waterfall(explain.bridge_steps(bridge, factor=view.factor), currency=view.currency))
clicked = present.chart(made, key="bridge", select=True, name="waterfall", hint="Click a bar to see the accounts in it.")
if explain.rates_note(bridge):
    st.caption(explain.rates_note(bridge))
step = present.picked(clicked, "step")
if step:
    people.accounts_behind(view, STEPS[step][0], key="bridge", state=STATES_BEHIND[step])
present.table(bridge, view, name="waterfall", key="bridge_table")
