"""The frame around every page: configuration, sidebar, title, filter row, stamp, link, and the error boundary."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nrr_core import STANDARD, Dataset
from nrr_core.errors import NrrError
from nrr_core.formats import plain_text
from nrr_core.stamp import stamp
from pages.ui import filters, present, state, who
from pages.ui.view import View

__all__ = ["boundary", "configure", "open_page", "open_plain", "sidebar"]

_ICON = Path(__file__).parent / "assets" / "icon.svg"
_log = logging.getLogger("nrr.app")


def configure() -> None:
    """Page configuration, before anything is drawn."""
    st.set_page_config(page_title="NRR explorer", page_icon=str(_ICON), layout="wide")
    st.logo(str(_ICON.with_name("logo.svg")), size="large", icon_image=str(_ICON))


def sidebar() -> None:
    """Which dataset is on screen, on every page."""
    held = state.source()
    with st.sidebar:
        if held.sample:
            st.badge("Sample data", icon=":material/science:", color="orange")
            st.caption("Invented figures. Upload your own on the Data page.")
        else:
            st.badge("Your data", icon=":material/lock:", color="green")
            st.caption(present.safe_text(plain_text(held.data.name, limit=40)))
        st.caption(f"{present.counted(held.data.accounts, 'account')} · {held.data.months[0]} to {held.data.months[-1]}")
        who.badge()


@contextmanager
def boundary() -> Iterator[None]:
    """The one place that turns errors into words; what is not ours gets an id and goes to the log in full."""
    try:
        yield
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
    held = state.source()
    tools = _heading(title)
    selection, unit = filters.filter_row(held.data, windowed=windowed)
    with tools:
        _link()
        _stamp(held.data, selection.where if selection else ())
    if selection is None:
        months = len(held.data.months)
        st.info(
            f"NRR needs two period ends, one at each side of the window. This data covers {present.counted(months, 'month')} "
            f"({held.data.months[0]} to {held.data.months[-1]}). "
            "Choose a shorter window, or upload more months on the Data page.",
            icon=":material/info:",
        )
        st.stop()
    view = View(held.data, selection, unit)
    if selection.close and held.data.is_partial(present.month(selection.close)):
        st.warning("The closing month is not over: these figures are **partial**.", icon=":material/hourglass_top:")
    return view


def open_plain(title: str) -> None:
    """Title, link and stamp of a page without filters."""
    with _heading(title):
        _link()
        _stamp(state.source().data, ())


def _heading(title: str) -> DeltaGenerator:
    """The title; returns the place to its right, for what is the same on every page."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, width="content")
        return st.container(horizontal=True, width="content", gap="small")


def _link() -> None:
    with st.popover("Copy link", icon=":material/link:"):
        st.caption("Reopens this page with the same window and segments. Uploaded data stays in this session and does not travel.")
        st.code(_address(), language=None, wrap_lines=True)


def _address() -> str:
    """Address of this page with its filters: what the browser shows, from the server's side."""
    base = (st.context.url or "").split("?")[0]
    pairs = [(key, value) for key in st.query_params for value in st.query_params.get_all(key)]
    return f"{base}?{urlencode(pairs)}" if pairs else base


def _stamp(data: Dataset, where: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    made = stamp(data, card=STANDARD, where=where, question="this page")
    with st.popover("Stamp", icon=":material/verified:"):
        st.caption("What every number on this page rests on. The same stamp gives the same numbers.")
        for label, text in made.lines():
            if label != "Question":
                st.text(f"{label}: {text}")
