"""Scenarios: what if?"""

import streamlit as st

from pages.ui import aims, contrast, decide, desk, levers, outlook, present, shell

SECTIONS = ("Result", "Decisions", "Goal seek", "Sensitivity", "Compare")

view = shell.open_projectable("Scenarios", windowed=False)
desk.arrive()
bar, told = st.container(), st.container()
left, right = st.columns([1, 2], gap="large")
with left:
    scenario = levers.panel(view)
with bar:
    desk.bar(view)
with told:
    scenario, found = outlook.answered(view, scenario)
    present.headline(outlook.told(view, found))
    outlook.notes(found)
with right:
    section = st.segmented_control("Look at", SECTIONS, default="Result", required=True, key="section", bind="query-params")
    if section == "Result":
        desk.settle(scenario, outlook.result(view, scenario, found))
    elif section == "Decisions":
        desk.settle(scenario, decide.decisions(view, scenario, found))
    elif section == "Goal seek":
        aims.goal(view, scenario, found)
    elif section == "Sensitivity":
        aims.sensitivity(view, scenario)
    else:
        contrast.side_by_side(view, scenario)
