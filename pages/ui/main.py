"""Navigation: the pages, their addresses, and the one place that catches errors."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.ui import cache, meter, shell, turns, who  # noqa: E402 - the line above makes it importable

PAGES = (
    ("overview", "Overview", ":material/monitoring:"),
    ("data", "Data", ":material/database:"),
    ("waterfall", "Waterfall", ":material/waterfall_chart:"),
    ("cohorts", "Cohorts", ":material/grid_on:"),
    ("segments", "Segments", ":material/stacked_bar_chart:"),
    ("accounts", "Accounts", ":material/group:"),
    ("scenarios", "Scenarios", ":material/tune:"),
    ("review", "Review", ":material/co_present:"),
    ("definitions", "Definitions", ":material/menu_book:"),
    ("workspace", "Workspace", ":material/folder_shared:"),
)

with turns.turn(), shell.boundary():
    shell.configure()
    inside = who.enter()
    page = st.navigation(
        [
            st.Page(ROOT / "pages" / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "overview")
            for name, title, icon in PAGES
        ],
        position="sidebar" if inside else "hidden",
    )
    if inside:
        with meter.rerun(page.title):
            shell.arrival()
            shell.sidebar()
            page.run()
            shell.departure()
        cache.settle(page.title)
