"""The scenario that the session works on: kept, saved, opened, exported, imported."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from nrr_core.errors import AccessError, ConflictError, ScenarioError
from nrr_core.formats import plain_text
from nrr_core.scenarios import Scenario, from_json, read_body, to_body, to_json
from nrr_core.store import Document
from pages.ui import backend, exports, present, source, state, who
from pages.ui.view import View

__all__ = ["Desk", "arrive", "bar", "choose", "chosen", "listed", "now", "opened", "put", "settle"]

_PARAMETER = "scenario"
_MOST_SAVED = 200


@dataclass(frozen=True)
class Desk:
    """The scenario on the desk. ``document`` is where it was opened from or saved to; ``turn`` counts what was put there whole."""

    scenario: Scenario
    document: Document | None = None
    turn: int = 0

    @property
    def changed(self) -> bool:
        """Whether it differs from what is saved."""
        return self.document is not None and to_body(self.scenario) != to_body(read_body(_plain(self.document.body)))


def now() -> Desk:
    """What is on the desk; an empty scenario at first."""
    held: Desk | None = state.recall("desk")
    return held or Desk(Scenario(by=None))


def put(scenario: Scenario, *, document: Document | None = None, whole: bool = False) -> None:
    """Lay a scenario on the desk. ``whole``: it replaces what was there, so its controls are drawn anew."""
    held = now()
    kept = document if document is not None or whole else held.document
    state.remember("desk", Desk(scenario, kept, held.turn + whole))


def settle(shown: Scenario, changed: Scenario) -> None:
    """Take over what a section changed, and draw the page again with it; unless it shows an older scenario than the desk's."""
    if shown == now().scenario and changed != shown:
        put(changed)
        st.rerun()


def choose(title: str, accounts: tuple[str, ...]) -> None:
    """Lay a list of accounts beside the desk, to be decided about."""
    state.remember("chosen_accounts", (title, accounts))
    st.toast("On the Scenarios page, choose Decisions: the list is there.", icon=":material/tune:")


def chosen() -> tuple[str, tuple[str, ...]] | None:
    """The list that was chosen on another page."""
    held: tuple[str, tuple[str, ...]] | None = state.recall("chosen_accounts")
    return held


def arrive() -> None:
    """Open the scenario that the address names, or write the open one into the address."""
    wanted, held = st.query_params.get(_PARAMETER), now()
    if wanted and (held.document is None or held.document.id != wanted):
        try:
            _open(backend.store().documents.get(who.actor(), wanted))
        except (AccessError, ScenarioError) as error:
            st.query_params.pop(_PARAMETER)
            st.warning(present.safe_text(f"The scenario of this address can't be opened. {error}"), icon=":material/lock:")
    elif held.document is not None and not wanted:
        st.query_params[_PARAMETER] = held.document.id


def listed() -> list[Document]:
    """The saved scenarios of the workspace."""
    place = who.place()
    if place is None:
        return []
    return backend.store().documents.listed(who.actor(), place.workspace_id, "scenario")[:_MOST_SAVED]


def opened(document: Document) -> Scenario:
    """The scenario of a saved document."""
    return read_body(_plain(document.body))


def _plain(body: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(body).items() if name != "made_on"}


def _open(document: Document) -> None:
    put(opened(document), document=document, whole=True)
    st.query_params[_PARAMETER] = document.id


def bar(view: View) -> None:
    """Which scenario this is, and everything that can be done with it as a whole."""
    held = now()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = held.scenario.name or "New scenario"
        st.markdown(f"**{present.safe_text(plain_text(name))}**", width="content")
        if held.document is None and (held.scenario.levers or held.scenario.decisions):
            st.badge("Not saved", icon=":material/edit_note:", color="orange")
        elif held.changed:
            st.badge("Changed since it was saved", icon=":material/edit_note:", color="orange")
        elif held.document is not None:
            st.badge(f"Saved, version {held.document.version}", icon=":material/check_circle:", color="green")
        with st.popover("Open", icon=":material/folder_open:"):
            _open_form()
        with st.popover("Save", icon=":material/save:"):
            _save_form(view, held)
        with st.popover("File", icon=":material/draft:"):
            _file_form(view, held)
        if held.scenario != Scenario():
            st.button("Start over", icon=":material/restart_alt:", type="tertiary", on_click=_clear)
    made_on = dict(held.document.body).get("made_on") if held.document is not None else None
    if made_on and made_on.get("sha256") != view.data.sha256:
        where = f"{present.cut(made_on.get('dataset', ''))} up to {present.cut(made_on.get('last', ''))}"
        st.caption(f":material/history: {present.safe_text(f'Made on {where}; computed again on this data.')}")
    if held.scenario.description:
        st.caption(present.safe_text(plain_text(held.scenario.description, limit=400)))


def _clear() -> None:
    put(Scenario(), whole=True)
    st.query_params.pop(_PARAMETER, None)


def _open_form() -> None:
    kept = listed()
    if not kept:
        st.caption("No scenario is saved in this workspace yet.")
    for one in kept:
        label = f"{plain_text(one.name)} · version {one.version}"
        st.button(present.safe_text(label), key=f"open_{one.id}", type="tertiary", icon=":material/tune:", on_click=_open, args=(one,))


def _save_form(view: View, held: Desk) -> None:
    place = who.place()
    if place is None or not place.may("save"):
        st.caption("Your role here is viewer: editors save scenarios. You can export it as a file.")
        return
    name = st.text_input("Name", value=held.scenario.name, key=f"save_name_{held.turn}", placeholder="SMB keeps its seats")
    text = st.text_area("What it is about", value=held.scenario.description, key=f"save_text_{held.turn}", height=80)
    with st.container(horizontal=True, gap="small"):
        over = held.document is not None and st.button("Save", type="primary", icon=":material/save:", key="save_over")
        label = "Save as a new one" if held.document is not None else "Save"
        fresh = st.button(label, type="secondary" if held.document is not None else "primary", icon=":material/save_as:", key="save_new")
    if over or fresh:
        _keep(view, held.scenario.replaced(name=" ".join(name.split()), description=text.strip()), None if fresh else held.document)


def _keep(view: View, scenario: Scenario, document: Document | None) -> None:
    if not scenario.name:
        st.warning("Give the scenario a name first.")
        return
    documents, asking, place = backend.store().documents, who.actor(), who.place()
    body = to_body(scenario) | {"made_on": _made_on(view)}
    try:
        if document is None:
            held = source.current().held
            made = documents.create(
                asking, place.workspace_id if place else "", "scenario", scenario.name, body, dataset_id=held.dataset_id if held else None
            )
        else:
            made = documents.save(asking, document.id, body, version=document.version, name=scenario.name)
    except ConflictError as error:
        st.warning(present.safe_text(str(error)), icon=":material/call_split:")
        return
    put(scenario, document=made)
    st.query_params[_PARAMETER] = made.id
    st.toast("Scenario saved.", icon=":material/check_circle:")
    st.rerun()


def _made_on(view: View) -> dict[str, str]:
    return {"dataset": view.data.name, "sha256": view.data.sha256, "last": view.data.months[-1]}


def _file_form(view: View, held: Desk) -> None:
    """Export and import as JSON; whose file it is does not matter, only whether it is a scenario."""
    made = to_json(held.scenario, made_on=_made_on(view))
    take = exports.guarded(lambda: made, name="scenario.json")
    st.download_button("Export as JSON", take, "scenario.json", key="scenario_json", on_click="ignore", icon=":material/download:")
    given = st.file_uploader("Import a scenario", ["json"], key=f"scenario_file_{held.turn}")
    if given is not None:
        try:
            found = from_json(given.getvalue())
        except ScenarioError as error:
            present.refused(error)
            return
        put(found, whole=True)
        st.query_params.pop(_PARAMETER, None)
        st.toast("Scenario imported.", icon=":material/check_circle:")
        st.rerun()
