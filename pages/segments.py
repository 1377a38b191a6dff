"""Segments: where is it, and is it real?"""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from pages.ui import cache, controls, people, present, sections, shell

view = shell.open_page("Segments")
with st.container(horizontal=True, vertical_alignment="bottom"):
    dimension = controls.dimension(view, "By", key="by")
    measure = controls.measure("measure")
if dimension is None:
    st.info("This data has no attributes to compare. Add columns to the file, or an accounts file on the Data page.")
    st.stop()
frame = cache.retention(view.data, view.by(dimension).selection)
present.headline(cache.told(frame, view, partial(explain.segment_finding, frame, dimension=dimension, measure=measure), "finding", measure))
bars = partial(explain.segment_bars, frame, measure=measure, factor=view.factor)
made = cache.drawn(frame, view, lambda: charts.segments(bars(), measure=measure, currency=view.currency), measure)
clicked = present.chart(made, key="bars", select=True, name="segments", hint="Click a bar to see the accounts in it.")
segment = present.picked(clicked, "segment")
if segment in view.data.axis(dimension).segments:
    people.accounts_behind(view.where(dimension, segment), segment, key="bars")
present.table(frame, view, name="segments", key="segment_table")
sections.over_time(view, dimension=dimension, measure=measure)
sections.by_two(view, dimension=dimension, measure=measure)
