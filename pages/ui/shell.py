"""The frame around every page: configuration, sidebar, title, filter row, stamp, link, and the error boundary."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nrr_core import STANDARD, Dataset, Definition
from nrr_core.errors import AccessError, NrrError
from nrr_core.formats import plain_text
from nrr_core.presets import code_of
from nrr_core.stamp import stamp
from pages.ui import cards, filters, naming, present, share, source, state, who
from pages.ui.view import View

__all__ = ["arrival", "boundary", "configure", "departure", "open_page", "open_plain", "open_projectable", "open_reference", "sidebar"]

_ICON = Path(__file__).parent / "assets" / "icon.svg"
_log = logging.getLogger("nrr.app")


def configure() -> None:
    """Page configuration, before anything is drawn."""
    st.set_page_config(page_title="NRR explorer", page_icon=str(_ICON), layout="wide")
    st.logo(str(_ICON.with_name("logo.svg")), size="large", icon_image=str(_ICON))


def arrival() -> None:
    """Before anything is drawn: say so where a link leads nowhere any more; set the page as the view in the address wants it."""
    if "link" in st.query_params and "d" not in st.query_params:
        source.link()
    cards.arrive()
    share.arrive()


def departure() -> None:
    """After the page: whatever needs a second run."""
    share.depart()


def sidebar() -> None:
    """Which dataset is on screen, on every page, and the way to another one."""
    with st.sidebar:
        held = source.current()
        _pickers(held)
        if held.sample:
            st.badge("Sample data", icon=":material/science:", color="orange")
            st.caption("Invented figures. Upload your own on the Data page.")
        elif held.held is None:
            st.badge("Not saved", icon=":material/edit_note:", color="orange")
            st.caption(f"{_name(held.data.name)}. Only you see it, until it is saved on the Data page.")
        else:
            st.badge("Snapshot" if held.held.snapshot else "Saved data", icon=":material/lock:", color="green")
            st.caption(_version(held))
        st.caption(f"{present.counted(held.data.accounts, 'account')} · {held.data.months[0]} to {held.data.months[-1]}")
        if (rule := _rule(held)) is not None:
            st.caption(f":material/visibility: Only your accounts: {_name(rule[0])} is {_name(rule[1])}.")
        who.badge()


def _pickers(held: source.Source) -> None:
    """Workspace and dataset, each only where there is a choice."""
    memberships = who.actor().memberships
    place = who.place()
    if len(memberships) > 1 and place is not None:
        places = naming.labels({m.workspace_id: m.workspace for m in memberships})
        ids = list(places)
        chosen = st.selectbox("Workspace", ids, index=ids.index(place.workspace_id), format_func=places.__getitem__, key="pick_place")
        if chosen != place.workspace_id:
            state.remember("workspace", chosen)
            source.pick_sample()
            st.rerun()
    stored = share.stored()
    if not stored:
        return
    names = {one.dataset_id: one.name for one in stored}
    if held.held is not None:
        names.setdefault(held.held.dataset_id, held.held.name)
    now = held.held.dataset_id if held.held else ""
    first = "Sample data" if held.sample or held.held else "Not saved yet"
    labels = {"": first} | naming.labels(names, taken=[first])
    options = list(labels)
    key = f"pick_data_{now or first}"  # a widget's options never change under its key: the browser remembers the chosen one by its label
    st.selectbox(
        "Data", options, index=options.index(now), key=key, format_func=labels.__getitem__,
        on_change=_picked, args=(key, options),
    )  # fmt: skip


def _picked(key: str, options: list[str]) -> None:
    chosen = state.chosen(key)
    if chosen not in options:
        return  # a label that the browser remembers of options that have gone
    if chosen:
        source.pick(chosen, filters=True)
    else:
        source.pick_sample(filters=True)


def _name(text: str) -> str:
    return present.safe_text(plain_text(text, limit=40))


def _version(held: source.Source) -> str:
    """Which version is on screen, and whether it follows new ones."""
    kept = held.held
    if kept is None:
        return ""
    if held.follows:
        return f"Version {kept.number}, the newest, saved {kept.created_at:%Y-%m-%d}"
    newer = f" The newest is {kept.latest}." if kept.latest > kept.number else ""
    return f"Version {kept.number}, which never changes.{newer}"


def _rule(held: source.Source) -> tuple[str, str] | None:
    """The row rule that applies to what is on screen, or None."""
    if held.held is None or held.held.snapshot:
        return None
    member = who.actor().member(held.held.workspace_id)
    return member.rule if member else None


@contextmanager
def boundary() -> Iterator[None]:
    """The one place that turns errors into words; what is not ours gets an id and goes to the log in full."""
    try:
        yield
    except AccessError as error:
        st.error(present.safe_text(str(error)), icon=":material/lock:")
        st.button("Go to the sample data", icon=":material/science:", on_click=source.pick_sample)
    except NrrError as error:
        st.error(present.safe_text(str(error)), icon=":material/error:")
    except Exception:  # noqa: BLE001 - the boundary itself
        number = uuid.uuid4().hex[:8]
        _log.exception("error %s", number)
        st.error(
            f"Something went wrong on our side (error {number}). Your data is unchanged. "
            "Reload the page; if it happens again, send this number to whoever runs the app.",
            icon=":material/bug_report:",
        )


def open_page(title: str, *, windowed: bool = True) -> View:
    """Title, filter row and stamp; returns what the page is to look at, or stops with a sentence where there is nothing.

    ``windowed`` False: the page looks at all months at once and has no window to choose.
    """
    view = _opened(title, windowed=windowed)
    if view is None:
        data = source.current().data
        st.info(
            f"NRR needs two period ends, one at each side of the window. This data covers {present.counted(len(data.months), 'month')} "
            f"({data.months[0]} to {data.months[-1]}). "
            "Choose a shorter window, or upload more months on the Data page.",
            icon=":material/info:",
        )
        st.stop()
    return view


def open_projectable(title: str, *, windowed: bool = True) -> View:
    """The same for a page that looks ahead: under a renewal rate, the nearest definition of NRR, and says so."""
    view = open_page(title, windowed=windowed)
    near = view.as_nrr()
    if near.selection.card != view.selection.card:
        st.caption(
            ":material/info: The definition in force is a renewal rate, of contracts that ended. What lies ahead is a question about NRR: "
            "this page shows each account's two ends of the window instead."
        )
    return near


def open_reference(title: str) -> View | None:
    """The same for a page that says something even where the data has no window; None there."""
    return _opened(title, windowed=True)


def _opened(title: str, *, windowed: bool) -> View | None:
    held = source.current()
    tools = _heading(title)
    selection, unit = filters.filter_row(held.data, cards.now(), windowed=windowed)
    card = selection.card if selection else cards.now()
    with tools:
        _definition(card)
        share.views(title)
        share.popover(title, held, selection)
        _stamp(held.data, selection.where if selection else (), card)
    if selection is None:
        return None
    if cards.note(card):
        st.caption(f":material/rule: {present.safe_text(cards.note(card))}")
    if card.population == "all":
        st.caption(":material/warning: **Not a closed cohort: overstates.** Movements of accounts won inside the window count.")
    if selection.close and held.data.is_partial(present.month(selection.close)):
        st.warning("The closing month is not over: these figures are **partial**.", icon=":material/hourglass_top:")
    return View(held.data, selection, unit)


def open_plain(title: str) -> None:
    """Title, link and stamp of a page without filters."""
    held = source.current()
    with _heading(title):
        share.popover(title, held, None)
        _stamp(held.data, (), cards.now())


def _definition(card: Definition) -> None:
    """Which definition every figure of the page follows."""
    plain = code_of(card) == code_of(STANDARD)
    with st.popover("Definition" if plain else present.cut(cards.title(card), limit=26), icon=":material/rule:"):
        st.markdown(f"**{present.safe_text(cards.title(card))}**")
        st.caption(present.safe_text(f"{card.label} · {card.short_hash}. Every figure on this page follows it."))
        if not plain:
            st.button("Back to the closed-cohort standard", key="card_back", on_click=cards.put, args=(STANDARD,), icon=":material/undo:")
        st.page_link("../definitions.py", label="Change or explain it", icon=":material/menu_book:")


def _heading(title: str) -> DeltaGenerator:
    """The title; returns the place to its right, for what is the same on every page."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, width="content")
        return st.container(horizontal=True, width="content", gap="small")


def _stamp(data: Dataset, where: tuple[tuple[str, tuple[str, ...]], ...], card: Definition) -> None:
    made = stamp(data, card=card, where=where, question="this page")
    with st.popover("Stamp", icon=":material/verified:"):
        st.caption("What every number on this page rests on. The same stamp gives the same numbers.")
        for label, text in made.lines():
            if label != "Question":
                st.text(f"{label}: {text}")
