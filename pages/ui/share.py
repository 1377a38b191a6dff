"""Sharing what is on screen: short links, and views saved by name."""

from typing import Any

import streamlit as st

from nrr_core import STANDARD
from nrr_core.errors import ConflictError
from nrr_core.selection import Selection
from nrr_core.store import Document, Held
from pages.ui import backend, cache, filters, present, source, state, who

__all__ = ["address", "arrive", "depart", "popover", "stored", "views"]

_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "No end": None}
_FOLLOWS, _STAYS = "The newest version", "This version"
_OF_DATA = ("d", "v", "link")


def stored() -> list[Held]:
    """The stored datasets of the workspace on screen."""
    asking, place = who.actor(), who.place()
    if place is None:
        return []
    return cache.listed(asking, place.workspace_id, lambda: backend.store().datasets.listed(asking, place.workspace_id))


def address(path: str) -> str:
    """A full address of this app, as people reach it."""
    public = backend.store().settings.public_url
    base = public or "/".join((st.context.url or "").split("/")[:3])
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def popover(page: str, held: source.Source, selection: Selection | None) -> None:
    """Make a link to what is on screen; always at the same place."""
    with st.popover("Copy link", icon=":material/link:"):
        if held.held is None and not held.sample:
            st.caption("Save this data on the Data page first. Then a link can lead others to it.")
            return
        stays = False
        if held.held is not None:
            kind = st.radio(
                "Shows", [_FOLLOWS, _STAYS], key="link_kind", horizontal=True,
                captions=["Moves on when new data is saved", f"Version {held.held.number}, for good"],
            )  # fmt: skip
            stays = kind == _STAYS
        days = st.segmented_control("Ends after", list(_DAYS), default="30 days", required=True, key="link_days")
        if st.button("Make the link", type="primary", icon=":material/add_link:", key="link_make"):
            state.remember("made_link", (_here(page), _make(page, held, selection, stays=stays, days=_DAYS[days])))
        made = state.recall("made_link")
        if made is not None and made[0] == _here(page):
            st.code(address(f"s/{made[1]}"), language=None, wrap_lines=True)
            st.caption("Opens this page with these filters, with the rights of whoever opens it. End it on the Workspace page.")


def _here(page: str) -> tuple[Any, ...]:
    """What a link stands for; another filter or page needs another link."""
    return (page, *((name, *st.query_params.get_all(name)) for name in sorted(st.query_params)))


def _make(page: str, held: source.Source, selection: Selection | None, *, stays: bool, days: int | None) -> str:
    place = who.place()
    stored_at = held.held
    made = backend.store().links.create(
        who.actor(),
        stored_at.workspace_id if stored_at else place.workspace_id if place else "",
        page=page.lower(),
        parameters=_parameters(selection, pinned=stays or stored_at is None),
        dataset_id=stored_at.dataset_id if stored_at else None,
        version=stored_at.number if stored_at and stays else None,
        title=f"{page}: {stored_at.name if stored_at else 'Sample data'}",
        days=days,
        card=selection.card if selection else STANDARD,
    )
    return made.id


def _parameters(selection: Selection | None, *, pinned: bool) -> dict[str, list[str]]:
    """The filters in the address; for a link that never changes also those that were left at their defaults."""
    found = {name: st.query_params.get_all(name) for name in st.query_params if name not in _OF_DATA}
    if pinned and selection is not None and selection.close is not None:
        label = next(text for text, window in filters.WINDOWS.items() if window == selection.window)
        found = {"window": [label], "asof": [selection.close]} | found
    return found


def views(page: str) -> None:
    """Saved views of this workspace: open one, save what is on screen, or save over an older one."""
    place = who.place()
    if place is None:
        return
    with st.popover("Views", icon=":material/bookmark:"):
        kept = backend.store().documents.listed(who.actor(), place.workspace_id, "view")
        for one in kept:
            st.page_link(
                f"../{one.body['page']}.py", label=present.safe_text(present.cut(one.name)), icon=":material/bookmark:",
                query_params={"view": one.id},
            )  # fmt: skip
        if not kept:
            st.caption("Nothing saved yet. A view keeps this page with its window, segments and settings under a name.")
        if place.may("save"):
            _save_form(page, kept, place.workspace_id)


def arrive() -> None:
    """Set the page's widgets as a view was saved, in the run after the one that the view's address began.

    Only a widget that has been drawn once carries what it is set to into the address. What this data does not have falls
    back to its default.
    """
    body = state.recall("view")
    if body is not None:
        state.drop("view")
        for key, value in filters.reopened(source.current().data, body["settings"]).items():
            state.assign(key, value)
    if "view" in st.query_params:
        saved = backend.store().documents.get(who.actor(), st.query_params["view"])
        st.query_params.pop("view")
        state.remember("view", saved.body)


def depart() -> None:
    """After the first run at a view's address: run again with the view's settings, once the browser shows the page's address."""
    if state.recall("view") is not None:
        state.remember("view_drawn", value=False)
        _once_more()


@st.fragment(run_every=0.15)
def _once_more() -> None:
    """Drawn with the page, then called by the browser's clock: by then it has settled on the page."""
    if state.recall("view") is None:
        return  # a late tick of the browser's clock: to run the page again would undo a click on another page
    if state.recall("view_drawn"):
        st.rerun()
    state.remember("view_drawn", value=True)


def _save_form(page: str, kept: list[Document], workspace_id: str) -> None:
    seen: dict[str, int] = state.recall("views_seen", {})
    for one in kept:
        seen.setdefault(one.id, one.version)  # what this session knew: a later save by somebody else is a conflict
    state.remember("views_seen", seen)
    name = st.text_input("Save this view as", key="view_name", placeholder="Enterprise, EMEA")
    same = next((one for one in kept if one.name == " ".join(name.split())), None)
    label = "Save over it" if same else "Save view"
    if not st.button(label, key="view_save", icon=":material/bookmark_add:"):
        return
    if not name.strip():
        st.warning("Give the view a name first.")
        return
    documents, asking = backend.store().documents, who.actor()
    settings = state.settings()
    if "asof" not in st.query_params:
        settings.pop("asof", None)  # left at the newest month: the view follows it
    body = {"page": page.lower(), "settings": settings}
    try:
        if same is None:
            documents.create(asking, workspace_id, "view", name, body)
        else:
            seen[same.id] = documents.save(asking, same.id, body, version=seen[same.id]).version
    except ConflictError as error:
        st.warning(present.safe_text(str(error)), icon=":material/call_split:")
        seen[error.theirs.id] = error.theirs.version
        return
    st.toast("View saved.", icon=":material/bookmark_added:")
    st.rerun()
