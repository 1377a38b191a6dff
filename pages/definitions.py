"""Definitions: what does this number mean?"""

import streamlit as st

from pages.ui import bridge, conventions, editor, glossary, shell

SECTIONS = ("Your definition", "Conventions", "Reconcile", "Knobs", "Metrics", "Statements")

view = shell.open_reference("Definitions")
if view is None:
    st.info("One month of data has no window to measure. The definitions below hold all the same.", icon=":material/info:")
else:
    glossary.worked_example(view)
section = st.segmented_control("Look at", SECTIONS, default=SECTIONS[0], required=True, key="part", bind="query-params")
if section == "Metrics":
    glossary.metrics()
    glossary.classes()
elif section == "Statements":
    glossary.statements()
elif section == "Knobs":
    conventions.knobs(view)
elif section == "Your definition":
    editor.card(view)
elif view is not None and section == "Conventions":
    conventions.presets(view)
elif view is not None:
    bridge.reconciled(view)
