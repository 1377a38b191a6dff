"""What one visitor's session remembers. The only module that touches ``st.session_state``."""

from typing import Any

import streamlit as st

__all__ = ["assign", "chosen", "clear", "drop", "recall", "remember", "settings"]

_OWN = (
    "sc_", "lv_", "cd_", "card_", "rec_", "goal", "decide_", "brand_", "grid_", "pages_", "target_", "scenario_", "decisions_",
    "kept_", "view_", "link_", "pick_", "save_", "rename_", "keep_", "snapshot_", "find", "token_", "shut", "row_rule",
    "close_", "reopen_", "compare_",
)  # fmt: skip


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


def chosen(key: str) -> Any:
    """What a widget holds, for its callback."""
    return st.session_state.get(key)


def settings() -> dict[str, Any]:
    """What the page's widgets are set to, as plain values; what belongs to this session alone is left out."""
    found = {str(k): v for k, v in st.session_state.items() if not str(k).startswith(_OWN)}
    return {k: v for k, v in found.items() if isinstance(v, str) or (isinstance(v, list) and all(isinstance(one, str) for one in v))}


def clear(*prefixes: str) -> None:
    """Forget every widget whose key begins with one of the prefixes; for widgets that are not on screen."""
    for key in [k for k in st.session_state if str(k).startswith(prefixes)]:
        del st.session_state[key]
