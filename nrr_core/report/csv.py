"""Tables as CSV that no spreadsheet takes for formulas."""

import re
from typing import Any

import pandas as pd

from nrr_core.formats import escaped
from nrr_core.stamp import Stamp

__all__ = ["escape", "to_csv"]

_AFTER_SEPARATOR = re.compile(r"""(?<=[,;\t|])(?=[\s"']*[=+\-@＝＋－＠])""")  # where a footer's text would begin a cell of its own


def escape(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets a leading ``'``, which the import takes off again; the rest stays."""
    return escaped(value) if isinstance(value, str) else value


def to_csv(frame: pd.DataFrame, *, footer: bool = True) -> bytes:
    """UTF-8 CSV with a header; text cells are escaped, numbers stay numbers.

    Parameters
    ----------
    frame
        A table; ``attrs["stamp"]``, where present, follows the rows as lines that begin with ``#``.
    footer
        False leaves the stamp out.

    """
    columns = [_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    lines = [",".join(_quoted(str(escape(str(name)))) for name in frame.columns)]
    lines += [",".join(row) for row in zip(*columns, strict=True)]
    text = "\n".join(lines) + "\n"
    if footer and "stamp" in frame.attrs:
        entries = Stamp(**frame.attrs["stamp"]).footer()
        text += "".join(f"# {label}: {_on_one_line(value)}\n" for label, value in entries)
    return text.encode("utf-8")


def _on_one_line(text: str) -> str:
    """A text of the footer: never a line of its own, and where a comma would make it a cell, no formula."""
    return _AFTER_SEPARATOR.sub("'", " ".join(text.split()))


def _column(values: pd.Series) -> list[str]:
    """The cells of a column as CSV writes them; missing ones are empty."""
    cells = values.astype(object).where(values.notna(), "").tolist()
    if pd.api.types.is_numeric_dtype(values.dtype):
        return [str(cell) for cell in cells]
    return [_quoted(str(escape(cell))) for cell in cells]


def _quoted(text: str) -> str:
    """Quoted where a comma, a quote or any line end is inside; a lone carriage return ends a line for many readers."""
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
