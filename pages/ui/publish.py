"""Saving an import as a stored dataset, and the versions of what is stored."""

from collections.abc import Iterable
from pathlib import PurePath

import pandas as pd
import streamlit as st

from nrr_core.formats import plain_text
from nrr_core.store import Held
from pages.ui import backend, cache, naming, present, share, source, versions, who

__all__ = ["listed", "saving"]

_NEW = ""


def saving() -> None:
    """The form that saves an import which only this session knows."""
    held = source.current()
    place = who.place()
    if held.draft is None or place is None or not place.may("publish"):
        return
    with st.container(border=True):
        st.markdown("**Save this data** so that links and colleagues can open it.")
        existing = {one.dataset_id: one.name for one in share.stored() if not one.snapshot}
        called = naming.labels(existing)
        row = st.container(horizontal=True, vertical_alignment="bottom")
        turn = f"{held.data.sha256[:12]}_{held.data.name}"  # what was chosen for one import says nothing about the next
        with row:
            target = _NEW
            if existing:
                target = st.selectbox(
                    "As", [_NEW, *existing], key=f"save_as_{turn}", width=260,
                    format_func=lambda i: f"New version of {called[i]}" if i else "New dataset",
                )  # fmt: skip
            free = _free(held.data.name, existing.values())
            name = existing[target] if target else st.text_input("Name", free, key=f"save_name_{turn}", width=260)
        saving = versions.before_saving(held.data, target) if target else versions.FREE
        pressed = row.button("Save", type="primary", icon=":material/save:", key="save", disabled=not saving.allowed)
        if pressed and not name.strip():
            st.warning("Give the data a name first.")
        elif pressed and not target and " ".join(name.split()) in existing.values():
            known = present.safe_text(plain_text(name, limit=40))
            st.warning(f"There is a dataset called “{known}” already. Choose “New version of {known}”, or give this one another name.")
        elif pressed:
            with st.spinner("Saving …"):
                kept = backend.store().datasets.publish(
                    who.actor(), place.workspace_id, held.draft, name=name, dataset_id=target or None, closed_changes=saving.closed_changes
                )
            _saved(kept)


def _free(file: str, taken: Iterable[str]) -> str:
    """What a new dataset is called unless somebody says otherwise: as the file is, numbered where there is one of that name."""
    return naming.free(PurePath(plain_text(file, limit=80)).stem, set(taken), "{} {}")


def _saved(kept: Held) -> None:
    cache.published()
    source.pick(kept.dataset_id)
    st.toast(f"Saved as version {kept.number}.", icon=":material/check_circle:")
    st.rerun()


def listed() -> None:
    """Every version of the stored dataset on screen; a click opens one for good."""
    held = source.current().held
    if held is None:
        return
    every = backend.store().datasets.numbers(who.actor(), held.dataset_id, linked=held.snapshot)
    st.header("Versions", anchor=False)
    listed = pd.DataFrame(
        [(v.number, f"{v.created_at:%Y-%m-%d %H:%M}", f"{v.first_month} to {v.last_month}", v.accounts, v.rows_accepted,
          v.rows_quarantined, v.sha256[:12]) for v in every],
        columns=["Version", "Saved (UTC)", "Months", "Accounts", "Rows accepted", "Rows set aside", "Hash"],
    )  # fmt: skip
    event = st.dataframe(listed, hide_index=True, key="versions", on_select="rerun", selection_mode="single-row")
    if len(every) > 1:
        st.caption(":material/touch_app: Tick a version to look at it. A version never changes.")
    rows = event["selection"]["rows"]
    if rows and every[rows[0]].number != held.number:
        source.pick(held.dataset_id, every[rows[0]].number)
        st.rerun()
