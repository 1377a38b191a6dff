"""Overview: are we compounding or leaking?"""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from pages.ui import cache, headlines, present, shell, solidity, targets

view = shell.open_page("Overview")
series = cache.retention(view.data, view.selection, every_close=True)
told = headlines.story(view, series)
present.headline(told.findings[0].text)
headlines.cards(view, told)
solidity.alarm(view)
st.header("Retention over time", anchor=False)
ranges, aims = solidity.intervals(view, every_close=True), targets.of_view(view)
points = partial(explain.trend_points, series, ranges)
made = cache.drawn(series, view, lambda: charts.trend(points(), measure="Retention", targets=aims), ranges is None, sorted(aims.items()))
solidity.note(ranges, close=view.selection.close)
hint = "Click a point to see the accounts behind that month."
clicked = present.chart(made, key="trend", select=True, name="retention", hint=hint)
month = present.picked(clicked, "month")
if month:
    headlines.go_to(month, view)
st.header("What changed", anchor=False)
present.findings(told.findings[1:])
present.table(series, view, name="retention", key="trend_table")
