"""Segments: where is it, and is it real?"""

import streamlit as st

from pages.ui import compare, controls, shell, solidity

SECTIONS = {
    "Compare": compare.section,
    "Fragility": solidity.section,
}

view = shell.open_page("Segments")
with st.container(horizontal=True, vertical_alignment="bottom"):
    dimension = controls.dimension(view, "By", key="by")
    measure = controls.measure("measure")
    shown = st.segmented_control("Show", list(SECTIONS), default="Compare", required=True, key="show", bind="query-params")
if dimension is None:
    st.info("This data has no attributes to compare. Add columns to the file, or an accounts file on the Data page.")
    st.stop()
SECTIONS[shown](view, dimension, measure)
