"""Segments: where is it, and is it real?"""

import streamlit as st

from pages.ui import books, causes, compare, controls, moved, shell, solidity

SECTIONS = ("Compare", "Why it moved", "Drivers", "Owners", "Fragility")

view = shell.open_page("Segments")
section = st.segmented_control("Show", SECTIONS, default="Compare", required=True, key="show", bind="query-params")
if section in {"Why it moved", "Drivers", "Owners"}:
    moved.card_note(view)
if section == "Why it moved":
    moved.why(view)
elif section == "Drivers":
    causes.drivers(view)
elif section == "Owners":
    books.owners(view)
else:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dimension = controls.dimension(view, "By", key="by")
        measure = controls.measure("measure")
    if dimension is None:
        st.info("This data has no attributes to compare. Add columns to the file, or an accounts file on the Data page.")
        st.stop()
    if section == "Fragility":
        solidity.section(view, dimension, measure)
    else:
        compare.section(view, dimension, measure)
