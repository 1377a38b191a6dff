"""Text from data where markdown is read."""

import re

__all__ = ["safe_text"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&@/])")
_JOINED = re.compile(r"(?i)(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=:)(?=streamlit:)|(?<=[<>~=\-])(?=[>=\-])")


def safe_text(text: object) -> str:
    """Text from data for places that read markdown: every character that means something there is escaped.

    Bare addresses would still become links, ``->`` an arrow and ``:streamlit:`` a picture, so a zero-width joiner keeps
    them from looking like one.
    """
    return _MARKDOWN.sub(r"\\\1", _JOINED.sub("\u2060", str(text)))
