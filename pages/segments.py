"""Segments: where is it, and is it real?"""

import streamlit as st

from pages.ui import books, causes, moved, sections, shell

SECTIONS = ("Compare", "Why it moved", "Drivers", "Owners")

view = shell.open_page("Segments")
section = st.segmented_control("Show", SECTIONS, default="Compare", required=True, key="show", bind="query-params")
if section in SECTIONS[1:]:
    moved.card_note(view)
if section == "Compare":
    sections.compare(view)
elif section == "Why it moved":
    moved.why(view)
elif section == "Drivers":
    causes.drivers(view)
else:
    books.owners(view)
