"""Versions of a stored dataset: what one changes against another, and which months are closed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from nrr_core import STANDARD, Dataset, Definition, explain
from nrr_core.errors import ConflictError, DefinitionError, StoreError
from nrr_core.explain import Restated
from nrr_core.formats import plain_text
from nrr_core.periods import current_month, month_text, parse_month
from nrr_core.selection import Selection
from nrr_core.store import Closed, Held
from pages.ui import backend, cache, cards, present, source, who
from pages.ui.view import View

__all__ = ["FREE", "Saving", "before_saving", "closing", "compare"]

_ALL = 1_000_000  # account-months of a download
_NONE = "No month is closed. Close a period once its figures are reported; a later version that changes them says so."
_EFFECTS = [
    "close", *(f"{at}{name}{change}" for name in ("nrr", "grr", "logo_retention")
               for at, change in (("before_", ""), ("after_", ""), ("", "_change"))),
    "before_opening_mrr", "after_opening_mrr", "closed",
]  # fmt: skip
_COLUMNS = ["account_id", "month", "before_mrr", "after_mrr", "change_mrr", "kind", "closed"]


@dataclass(frozen=True, slots=True)
class Saving:
    """Whether an import may be saved, and whether figures of closed months then change."""

    allowed: bool
    closed_changes: bool


FREE: Final = Saving(allowed=True, closed_changes=False)


def before_saving(data: Dataset, dataset_id: str) -> Saving:
    """What an import changes against the newest version; a change of closed months wants a tick."""
    asking, store = who.actor(), backend.store()
    newest = store.datasets.get(asking, dataset_id)
    closed = store.closed.of(asking, dataset_id)
    with st.spinner("Comparing …"):
        found = _restated(source.opened(newest), data, closed)
    st.markdown(f"**What changes against version {newest.number}**")
    _told(found, closed)
    _tables(found, source.opened(newest), data)
    if not found.touches_closed:
        return FREE
    st.warning("Figures of closed months change. Save only if that is meant.", icon=":material/lock_open:")
    known = st.checkbox("I know that figures of closed months change", key=f"save_closed_{data.sha256[:12]}_{newest.number}")
    return Saving(allowed=known, closed_changes=True)


def _restated(before: Dataset, after: Dataset, closed: Closed) -> Restated:
    """The comparison of two versions, made once."""
    try:
        return _under(before, after, closed, cards.now())
    except DefinitionError:  # the card in force asks for something that one of the two lacks
        return _under(before, after, closed, STANDARD)


def _under(before: Dataset, after: Dataset, closed: Closed, card: Definition) -> Restated:
    if isinstance(card.window_months, int) and before.last - before.first < card.window_months:
        card = card.over(1)  # the past figures that a short ledger has
    asked = f"restated/{before.scope}|{before.sha256}/{before.name}/{after.name}/{closed.through}/{card.short_hash}"
    made: Restated = cache.answer(after, asked, lambda: explain.restated(before, after, closed_through=closed.through, card=card))
    return made


def _told(found: Restated, closed: Closed) -> None:
    present.findings(explain.restated_findings(found, closings=closed.days))


def _tables(found: Restated, before: Dataset, after: Dataset) -> None:
    """The figures behind the sentences, each to take away."""
    view = View(after, Selection(), "MRR")
    if found.total:
        note = f"The {len(found.account_months):,} with the largest change of {found.total:,}; the download has all."
        present.table(
            found.account_months, view, name="restated", key="restated", title=f"Account-months that changed ({found.total:,})",
            columns=_COLUMNS, note=note if len(found.account_months) < found.total else None,
            full=lambda: explain.restated(
                before, after, closed_through=found.closed_through, card=found.card, limit=_ALL
            ).account_months,
        )  # fmt: skip
        present.table(found.months, view, name="restated_months", key="restated_months", title="By month")
    if not found.effects.empty and not found.nothing:
        present.table(found.effects, view, name="past_nrr", key="past_nrr", title="Every past NRR, before and after", columns=_EFFECTS)


def compare() -> None:
    """Any two versions of the stored dataset on screen."""
    held = source.current().held
    if held is None or held.snapshot or held.latest < 2:  # noqa: PLR2004 - there are two to compare
        return
    place = st.expander("What changed between two versions", icon=":material/difference:", key="compare_open", on_change="rerun")
    if not place.open:
        return
    with place:
        numbers = list(range(held.latest, 0, -1))
        with st.container(horizontal=True):
            before = st.selectbox("From version", numbers, index=1, key=f"compare_from_{held.dataset_id}_{held.latest}", width=160)
            after = st.selectbox("To version", numbers, index=0, key=f"compare_to_{held.dataset_id}_{held.latest}", width=160)
        asking, store = who.actor(), backend.store()
        pair = [source.opened(store.datasets.get(asking, held.dataset_id, number)) for number in (before, after)]
        closed = store.closed.of(asking, held.dataset_id)
        with st.spinner("Comparing …"):
            found = _restated(pair[0], pair[1], closed)
        _told(found, closed)
        _tables(found, pair[0], pair[1])


def closing() -> None:
    """Which months are closed, and for editors the acts of closing and reopening."""
    held = source.current().held
    if held is None or held.snapshot:
        return
    closed = backend.store().closed.of(who.actor(), held.dataset_id)
    st.caption(f":material/{'lock' if closed.closings else 'lock_open'}: {present.safe_text(_closed_text(closed))}")
    member = who.actor().member(held.workspace_id)
    if member is None or not member.may("save"):
        return
    with st.container(horizontal=True, gap="small"):
        _close_form(held, closed)
        if closed.through:
            _reopen_form(held, closed)


def _closed_text(closed: Closed) -> str:
    if not closed.closings:
        return _NONE
    last = closed.closings[-1]
    return f"Closed through {last.through} by {plain_text(last.by)} on {last.day}, with version {last.version}."


def _months(first: str, last: str) -> list[str]:
    return [month_text(m) for m in range(parse_month(first), parse_month(last) + 1)]


def _close_form(held: Held, closed: Closed) -> None:
    newest = backend.store().datasets.get(who.actor(), held.dataset_id)
    over = min(parse_month(newest.last_month), current_month() - 1)
    first = max(parse_month(newest.first_month), parse_month(closed.through) + 1 if closed.through else 0)
    with st.popover("Close a period", icon=":material/lock:"):
        if first > over:
            st.caption("Every month that is over is closed.")
            return
        st.caption(
            "Closes all months up to one. Nothing is locked: a later version that changes them has to be confirmed when it is saved."
        )
        through = st.selectbox("Up to", _months(month_text(first), month_text(over))[::-1], key=f"close_{held.dataset_id}_{closed.through}")
        if st.button("Close them", key="close_them", type="primary"):
            _act(lambda: backend.store().closed.close(who.actor(), held.dataset_id, through), f"Closed through {through}.")


def _reopen_form(held: Held, closed: Closed) -> None:
    with st.popover("Reopen", icon=":material/lock_open:"):
        st.caption("Opens a month and all later ones again. The audit log keeps that it was done.")
        first = st.selectbox(
            "From", _months(held.first_month, closed.through or held.first_month)[::-1], key=f"reopen_{held.dataset_id}_{closed.through}"
        )
        if st.button("Reopen them", key="reopen_them"):
            _act(lambda: backend.store().closed.reopen(who.actor(), held.dataset_id, first), f"Open from {first}.")


def _act(act: Callable[[], object], said: str) -> None:
    try:
        act()
    except (ConflictError, StoreError) as error:
        st.warning(present.safe_text(str(error)), icon=":material/call_split:")
        return
    st.toast(said, icon=":material/check_circle:")
    st.rerun()
