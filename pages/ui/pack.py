"""The pack: which pages, in which order, against which targets, in whose colours; and the files."""

import hashlib
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core import report
from nrr_core.errors import NrrError
from nrr_core.report import Brand
from nrr_core.report.pack.make import facts_of, made_pages
from nrr_core.scenarios import Scenario, to_json
from pages.ui import cache, desk, present, targets
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["Wanted", "files", "settings", "story"]

PACKS = {"QBR": "qbr", "OKR": "okr", "Board": "board"}
_ABOUT = {
    "qbr": "Outcomes, who moved them, what comes up for renewal, and the scenario.",
    "okr": "Driver metrics against targets, where the gap sits, and what changed in three months.",
    "board": "Twelve months of NRR and GRR, how fragile they are, and what they mean.",
}
_FORMS = {"Slides": ("pptx", ":material/slideshow:"), "Workbook": ("xlsx", ":material/table_view:"), "Table": ("csv", ":material/csv:")}


@dataclass(frozen=True)
class Wanted:
    """What the person chose. A file is made later, outside the page's run, so the scenario is part of it."""

    scenario: Scenario
    pack: str
    pages: tuple[str, ...]
    targets: tuple[tuple[str, float], ...]
    brand: Brand


def settings() -> Wanted:
    """Draw the choices."""
    label = st.segmented_control("Pack", list(PACKS), default="QBR", required=True, key="pack", bind="query-params")
    pack = PACKS[label]
    st.caption(_ABOUT[pack])
    scenario = desk.now().scenario
    named = present.safe_text(present.cut(scenario.name or ("the scenario you are working on" if _any(scenario) else "the baseline alone")))
    st.caption(f":material/tune: Looks ahead with: {named}. Change it on the Scenarios page.")
    pages = _pages(pack)
    with st.expander("Targets", icon=":material/flag:", expanded=pack == "okr"):
        aims = targets.of_total()
    with st.expander("Company, colour, logo", icon=":material/palette:"):
        brand = _brand()
    return Wanted(scenario, pack, pages, aims, brand)


def _any(scenario: Scenario) -> bool:
    return bool(scenario.levers or scenario.decisions)


def _pages(pack: str) -> tuple[str, ...]:
    """Pages in the order of their numbers, without those that are switched off."""
    kinds = report.pages(pack)
    grid = pd.DataFrame(
        {
            "in": [True] * len(kinds), "place": range(1, len(kinds) + 1), "title": [kind.title for kind in kinds],
            "holds": [kind.holds for kind in kinds],
        }
    )  # fmt: skip
    shown = st.data_editor(
        grid, hide_index=True, key=f"pages_{pack}", disabled=["title", "holds"], height=38 + 35 * len(grid),
        column_config={
            "in": st.column_config.CheckboxColumn("In", width=60),
            "place": st.column_config.NumberColumn("Order", min_value=0, max_value=99, step=1, width=80),
            "title": st.column_config.TextColumn("Page", width=140),
            "holds": st.column_config.TextColumn("What it holds"),
        },
    )  # fmt: skip
    st.caption("Untick a page to leave it out; change its number to move it. The stamp is always the last page.")
    names = {kind.title: kind.name for kind in kinds}
    kept = shown[shown["in"]].sort_values("place", kind="stable")
    return tuple(names[title] for title in kept["title"])


def _brand() -> Brand:
    """Colour, logo and name; a logo that is no picture is refused and the pack goes without."""
    name = st.text_input("Company", key="brand_name", placeholder="On the cover")
    colour = st.color_picker("Colour", "#0067A6", key="brand_colour")
    given = st.file_uploader("Logo", ["png", "jpg", "jpeg"], key="brand_logo")
    logo = given.getvalue() if given is not None else None
    try:
        return Brand(colour=colour, logo=logo, name=name)
    except NrrError as error:
        present.refused(error)
        return Brand(name=name)


def _asked(view: View, wanted: Wanted, *, simulated: bool) -> dict[str, Any]:
    """The arguments of ``report.build``."""
    scenario, forecasts = wanted.scenario, Forecasts(view)
    return {
        "pack": wanted.pack, "window": view.selection.window, "close": view.selection.close, "where": dict(view.selection.where),
        "by": scenario.by, "projection": forecasts.project(scenario),
        "runway": forecasts.runway(months=12, dimension=scenario.contracts),
        "simulation": forecasts.simulate(scenario, target=scenario.target) if simulated else None,
        "targets": dict(wanted.targets), "brand": wanted.brand, "factor": view.factor, "card": view.selection.card,
    }  # fmt: skip


def story(view: View, wanted: Wanted) -> tuple[str, ...]:
    """The title of every page: what the pack says, before it is taken away."""

    def made() -> tuple[str, ...]:
        asked = _asked(view, wanted, simulated=False)
        pages = made_pages(facts_of(view.data, **asked), _possible(wanted, asked))
        return tuple(page.title.text for page in pages)

    key = hashlib.sha256(repr((view.selection, view.unit, wanted.pack, wanted.pages, wanted.targets)).encode()).hexdigest()
    scenario = to_json(wanted.scenario).decode()
    told: tuple[str, ...] = cache.answer(view.data, f"story {key} {scenario}", made)
    return told


def _possible(wanted: Wanted, asked: dict[str, Any]) -> list[str]:
    """The chosen pages without those that have nothing to say: no contract ends, nothing assumed."""
    kinds = {kind.name: kind for kind in report.pages(wanted.pack)}
    without = {name for name, kind in kinds.items() if kind.needs == "runway" and asked["runway"].empty}
    if not _any(wanted.scenario):
        without.add("levers")
    return [name for name in wanted.pages if name not in without]


def files(view: View, wanted: Wanted) -> None:
    """The three files, made when they are asked for."""

    def make(form: str) -> bytes:
        asked = _asked(view, wanted, simulated=True)
        return report.build(view.data, form=form, pages=_possible(wanted, asked), **asked)

    with st.container(horizontal=True, gap="small"):
        for label, (form, icon) in _FORMS.items():
            name = f"{wanted.pack}.{form}"
            present.download(label, lambda form=form: make(form), name, key=f"pack_{form}", icon=icon, bordered=True)
