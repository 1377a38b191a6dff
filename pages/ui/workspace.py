"""The workspace: its datasets, one's own links and tokens, and for owners the people and the audit log."""

import pandas as pd
import streamlit as st

from nrr_core.formats import plain_text
from nrr_core.settings import ROLES
from nrr_core.store import FIRST_WORKSPACE, Held, Membership
from pages.ui import backend, cache, naming, present, share, source, state, who

__all__ = ["access", "audit", "datasets", "headline", "links", "people"]

_LOG_ROWS = 500
_MOST_KEPT = 50  # a dimension with more segments than this is likely to name accounts


def headline() -> Membership | None:
    """How much is stored here; None for somebody who is a member of no workspace."""
    place = who.place()
    if place is not None:
        stored = share.stored()
        present.headline(
            f"{present.counted(len(stored), 'dataset')} saved in {plain_text(place.workspace)}" if stored else "Nothing saved here yet"
        )
    return place


def datasets(place: Membership) -> None:
    """What is stored: open, rename, delete, or copy without names."""
    stored = share.stored()
    if not stored:
        st.caption("Upload a file on the Data page and save it there.")
        return
    listed = pd.DataFrame(
        [(plain_text(one.name), "Snapshot" if one.snapshot else f"{one.latest}", f"{one.first_month} to {one.last_month}", one.accounts,
          f"{one.created_at:%Y-%m-%d %H:%M}") for one in stored],
        columns=["Name", "Version", "Months", "Accounts", "Saved (UTC)"],
    )  # fmt: skip
    event = st.dataframe(listed, hide_index=True, key="stored", on_select="rerun", selection_mode="single-row")
    rows = event["selection"]["rows"]
    if not rows or rows[0] >= len(stored):
        st.caption(":material/touch_app: Tick a dataset to open, rename, copy or delete it.")
        return
    one = stored[rows[0]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Open", type="primary", icon=":material/open_in_new:", on_click=source.pick, args=(one.dataset_id,), key="open_it")
        if place.may("publish"):
            _rename(one)
        if place.may("snapshot") and not one.snapshot:
            _snapshot(one)
        if place.may("delete"):
            _delete(one)


def _rename(one: Held) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = st.text_input("Name", one.name, key=f"rename_{one.dataset_id}")
        if st.button("Save name", key="rename_it") and _named(name):
            backend.store().datasets.rename(who.actor(), one.dataset_id, name)
            cache.published()
            st.rerun()


def _named(name: str) -> bool:
    """Whether something was typed; says so where not."""
    if not name.strip():
        st.warning("It needs a name first.")
    return bool(name.strip())


def _delete(one: Held) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        days = backend.store().settings.keep_days
        st.caption(f"All versions disappear at once, for everybody; links to it end. The files are removed after {days} days.")
        if st.button("Delete it", key="delete_it", type="primary"):
            backend.store().datasets.delete(who.actor(), one.dataset_id)
            cache.published()
            shown = source.current().held
            if shown is not None and shown.dataset_id == one.dataset_id:
                source.pick_sample()
            st.rerun()


def _snapshot(one: Held) -> None:
    with st.popover("Snapshot", icon=":material/masks:"):
        st.caption(
            "A copy for a wider audience: “Account 0001” instead of account ids, only the attributes you keep, no quoted rows. "
            "Whoever may sign in can open it through a link."
        )
        data = backend.store().datasets.open(who.actor(), one)
        few = [a.name for a in data.axes if 1 < a.count <= _MOST_KEPT]
        kept = st.multiselect(
            "Attributes to keep", list(data.dimensions), default=few, key=f"keep_{one.dataset_id}",
            format_func=naming.names(tuple(data.dimensions)),
        )  # fmt: skip
        name = st.text_input("Name", f"{one.name} (snapshot)", key=f"snapshot_{one.dataset_id}")
        if st.button("Make the snapshot", key="snapshot_it", type="primary") and _named(name):
            made = backend.store().datasets.snapshot(who.actor(), one, name=name, keep=kept)
            cache.published()
            source.pick(made.dataset_id)
            st.rerun()


def links() -> None:
    """One's own links, with a way to end them."""
    st.header("My links", anchor=False)
    found = backend.store().links.mine(who.actor())
    if not found:
        st.caption("None yet. “Copy link” on every page makes one.")
        return
    listed = pd.DataFrame(
        [(plain_text(one.title), _shows(one.version, one.dataset_id), f"{one.created_at:%Y-%m-%d}",
          f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "never",
          "open" if one.holds else "withdrawn" if one.revoked_at else "ended") for one in found],
        columns=["Link to", "Shows", "Made", "Ends", "State"],
    )  # fmt: skip
    event = st.dataframe(listed, hide_index=True, key="links", on_select="rerun", selection_mode="multi-row")
    chosen = [found[i] for i in event["selection"]["rows"] if i < len(found) and found[i].holds]
    for one in chosen:
        st.code(share.address(f"s/{one.id}"), language=None)
    if st.button("Withdraw", icon=":material/link_off:", disabled=not chosen, key="withdraw", help="Tick links first."):
        for one in chosen:
            backend.store().links.revoke(who.actor(), one.id)
        cache.published()
        st.rerun()


def _shows(version: int | None, dataset_id: str | None) -> str:
    if dataset_id is None:
        return "sample data"
    return "newest version" if version is None else f"version {version}"


def access() -> None:
    """Tokens for the command line, and signing out everywhere; only where people sign in."""
    if not who.signed_in():
        return
    store, asking = backend.store(), who.actor()
    st.header("My access", anchor=False)
    tokens = list(store.people.tokens(asking))
    if tokens:
        listed = pd.DataFrame([(plain_text(n), f"{e:%Y-%m-%d}", "holds" if h else "ended") for _, n, e, h in tokens],
                              columns=["Token", "Ends", "State"])  # fmt: skip
        event = st.dataframe(listed, hide_index=True, key="tokens", on_select="rerun", selection_mode="single-row")
        for i in event["selection"]["rows"]:
            if tokens[i][3] and st.button("End this token", key="end_token", icon=":material/key_off:"):
                store.people.revoke_token(asking, tokens[i][0])
                st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("New token for", key="token_name", placeholder="Monday report", width=260)
        if st.button("Make a token", key="make_token", icon=":material/key:") and _named(name):
            state.remember("token", store.people.new_token(asking, name))
            st.rerun()
        if st.button("Sign out everywhere", key="everywhere", icon=":material/logout:"):
            store.people.end_sessions(asking)
            st.rerun()
    made = state.recall("token")
    if made:
        st.caption("Copy it now; it is not shown again. Set it as NRR_TOKEN for the command line. It has your rights for 90 days.")
        st.code(made, language=None)
        state.drop("token")


def people(place: Membership) -> None:
    """Who is here with which role, and the row rule; owners decide."""
    if not who.signed_in() or not place.may("people"):
        return
    store, asking = backend.store(), who.actor()
    st.header("People", anchor=False)
    named = {
        "email": "E-mail", "name": "Name", "role": "Role", "source": "Given by", "sees": "Sees accounts of", "signed_in": "Has signed in",
        "disabled": "Shut out",
    }  # fmt: skip
    st.dataframe(store.people.members(asking, place.workspace_id), hide_index=True, key="members", placeholder="–", column_config=named)
    with st.form("grant", border=True):
        left, middle, right = st.columns(3)
        email = left.text_input("E-mail")
        role = middle.selectbox("Role", [*reversed(ROLES), "none"], index=len(ROLES) - 1)
        sees = right.text_input("Sees accounts of", placeholder="their name", help="Their segment under the row rule below.")
        if st.form_submit_button("Set role", icon=":material/person_add:"):
            store.people.grant(asking, place.workspace_id, email, None if role == "none" else role, sees=sees or None)
            st.rerun()
    if place.workspace == FIRST_WORKSPACE:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            shut = st.text_input("Shut out of the whole app", key="shut", placeholder="E-mail", width=260)
            for label, disabled in (("Shut out", True), ("Let in again", False)):
                if st.button(label, key=f"shut_{disabled}"):
                    store.people.set_disabled(asking, shut, disabled=disabled)
                    st.toast(f"{label}: done.")
    dimension = st.text_input(
        "Viewers see only accounts whose … is theirs", place.owner_dimension or "", key="row_rule",
        placeholder="Column with the account’s owner; empty: viewers see all accounts", max_chars=200,
    )  # fmt: skip
    if dimension != (place.owner_dimension or "") and st.button("Apply the rule", key="apply_rule", type="primary"):
        store.people.set_owner_dimension(asking, place.workspace_id, dimension.strip() or None)
        st.rerun()


def audit(place: Membership) -> None:
    """Who did what and when; owners read it and take it away."""
    if not place.may("audit"):
        return
    store, asking = backend.store(), who.actor()
    st.header("Audit log", anchor=False)
    read = store.audit.read(asking, place.workspace_id, limit=_LOG_ROWS)
    if read.empty:
        st.caption("Nothing yet. Saving, sharing, downloads and sign-ins will be listed here.")
        return
    st.caption("Newest first, times in UTC. Rows can be neither changed nor removed.")
    st.dataframe(
        read, hide_index=True, key="audit", placeholder="–", column_order=["at", "actor", "action", "detail", "target"],
        column_config={"at": "When", "actor": "Who", "action": "Did", "target": "To", "detail": "Detail"},
    )  # fmt: skip
    present.downloads(lambda: store.audit.read(asking, place.workspace_id, limit=None), name="audit", key="audit")
