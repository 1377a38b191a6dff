"""What one visitor's session remembers. The only module that touches ``st.session_state``."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from nrr_core import Dataset
from pages.ui import cache

__all__ = ["Source", "assign", "clear", "drop", "recall", "remember", "source", "use"]

_SOURCE = "source"


@dataclass(frozen=True, eq=False)
class Source:
    """The dataset a session looks at. Replacing it replaces this one object."""

    data: Dataset
    sample: bool


def source() -> Source:
    """The session's dataset: the sample data until another one is used."""
    held = st.session_state.get(_SOURCE)
    return held if held is not None else Source(cache.sample(), sample=True)


def use(data: Dataset | None) -> None:
    """Look at another dataset from now on; None goes back to the sample data. Filters of the old one are dropped."""
    clear("f_", "asof", "by", "by2", "account", "pick", "window")
    if data is None:
        st.session_state.pop(_SOURCE, None)
    else:
        st.session_state[_SOURCE] = Source(data, sample=False)


def remember(key: str, value: Any) -> None:
    """Keep a value of this session."""
    st.session_state[f"kept_{key}"] = value


def recall(key: str, default: Any = None) -> Any:
    """A value kept before."""
    return st.session_state.get(f"kept_{key}", default)


def drop(key: str) -> None:
    """Forget a value kept before."""
    st.session_state.pop(f"kept_{key}", None)


def assign(key: str, value: Any) -> None:
    """Set a widget before it is drawn, or in a callback."""
    st.session_state[key] = value


def clear(*prefixes: str) -> None:
    """Forget every widget whose key begins with one of the prefixes."""
    for key in [k for k in st.session_state if str(k).startswith(prefixes)]:
        del st.session_state[key]
