"""The workspace's targets: one set, of the total and of segments, kept for everybody in it."""

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core import METRICS
from nrr_core.errors import ConflictError
from nrr_core.schema import ACCOUNT_NAMES
from nrr_core.store import Document
from nrr_core.targets import TARGETED, Targets
from pages.ui import backend, present, state, who
from pages.ui.view import View

__all__ = ["by_segment", "kept", "of_segments", "of_total", "of_view"]

_BOUNDED = {"grr", "logo_retention", "churn_rate", "contraction_rate"}  # never above 100 %
_MOST_ROWS = 60


def kept() -> Targets:
    """The targets that the workspace keeps; none outside one."""
    document = _document()
    return Targets() if document is None else Targets.from_dict(document.body)


def of_view(view: View) -> dict[str, float]:
    """The targets that hold for what is on screen: those of the one segment it is filtered to, else the total's."""
    aims, where = kept(), view.selection.where
    place = (where[0][0], where[0][1][0]) if len(where) == 1 and len(where[0][1]) == 1 else (None, None)
    found = {measure: aims.of(measure, *place) for measure in TARGETED}
    return {measure: target for measure, target in found.items() if target is not None}


def of_segments(view: View, dimension: str, measure: str) -> dict[str, float]:
    """The target of a measure for every segment of a dimension that has one, or for all where the total has one."""
    aims = kept()
    found = {segment: aims.of(measure, dimension, segment) for segment in view.data.axis(dimension).segments}
    return {segment: target for segment, target in found.items() if target is not None}


def of_total() -> tuple[tuple[str, float], ...]:
    """Draw the total's targets, one field each; returns what they are set to, kept or not."""
    aims = kept()
    typed = aims
    with st.grid(3, min_column_width=150):
        for name in TARGETED:
            shown = _percent(aims.of(name))
            most = max(100.0 if name in _BOUNDED else 1_000.0, shown or 0.0)
            found = st.number_input(
                f"{METRICS[name].label}, %",
                0.0,
                most,
                shown,
                step=1.0,
                key=f"target_{name}",
                placeholder="none",
                help=METRICS[name].meaning,
            )
            typed = typed if found == shown else typed.put(name, _ratio(found))
    _offer(aims, typed, key="targets_keep")
    return typed.total


def by_segment(view: View, dimension: str) -> None:
    """A grid of one dimension's segments with their own targets, made when it is opened; an empty cell takes the total's.

    Not where each segment is an account: targets are read by the whole workspace.
    """
    if dimension.lower() in ACCOUNT_NAMES or view.data.axis(dimension).count > _MOST_ROWS:
        return
    place = st.expander("Targets by segment", icon=":material/flag:", key="segment_targets", on_change="rerun")
    if place.open:
        with place:
            _grid(view, dimension)


def _grid(view: View, dimension: str) -> None:
    aims = kept()
    segments = view.data.axis(dimension).segments
    name = hashlib.sha256(dimension.encode()).hexdigest()[:8]
    grid = pd.DataFrame({"segment": [present.cut(segment) for segment in segments]})
    for measure in TARGETED:
        own = [_percent(aims.own(dimension, segment).get(measure)) for segment in segments]
        grid[measure] = pd.array(own, dtype="Float64")
    columns: dict[str, Any] = {"segment": st.column_config.TextColumn("Segment", pinned=True)}
    for measure in TARGETED:
        total = aims.of(measure)
        said = f"Empty: {total * 100:g} %, as the total." if total is not None else "Empty: none, as the total."
        columns[measure] = st.column_config.NumberColumn(
            f"{METRICS[measure].label}, %", min_value=0.0, max_value=100.0 if measure in _BOUNDED else 1_000.0, help=said
        )
    st.caption("An empty cell takes the target of the total, which is set on the Review page.")
    edited = st.data_editor(grid, hide_index=True, key=f"target_grid_{name}", disabled=["segment"], column_config=columns, placeholder="–")
    typed = aims
    for place, segment in enumerate(segments):
        for measure in TARGETED:
            before, cell = (_cell(table[measure].iloc[place]) for table in (grid, edited))
            typed = typed if cell == before else typed.put(measure, _ratio(cell), dimension, segment)
    _offer(aims, typed, key=f"target_keep_{name}")


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio * 100, 6)


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else round(percent / 100, 8)


def _cell(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _offer(aims: Targets, typed: Targets, *, key: str) -> None:
    """A button that keeps what was typed, where it differs and the person may save."""
    if typed == aims:
        state.remember("targets_seen", aims)
        return
    place = who.place()
    if place is not None and place.may("save"):
        st.button("Keep for the workspace", icon=":material/save:", key=key, on_click=_keep, args=(place.workspace_id, typed))


def _document() -> Document | None:
    place = who.place()
    if place is None:
        return None
    return next(iter(backend.store().documents.listed(who.actor(), place.workspace_id, "targets")), None)


def _keep(workspace_id: str, typed: Targets) -> None:
    """Keep what was changed since it was last seen; what somebody else changed meanwhile stays."""
    documents, asking, document = backend.store().documents, who.actor(), _document()
    theirs = Targets() if document is None else Targets.from_dict(document.body)
    seen: Targets = state.recall("targets_seen", theirs)
    state.remember("targets_seen", theirs)
    try:
        made = seen.merged(typed, theirs)
        if document is None:
            documents.create(asking, workspace_id, "targets", "Targets", made.as_dict())
        else:
            documents.save(asking, document.id, made.as_dict(), version=document.version)
    except ConflictError as error:
        st.toast(present.safe_text(str(error)), icon=":material/call_split:")
        return
    for name in TARGETED:
        if state.chosen(f"target_{name}") is not None or made.of(name) is not None:
            state.assign(f"target_{name}", _percent(made.of(name)))
    st.toast("Targets kept.", icon=":material/check_circle:")
