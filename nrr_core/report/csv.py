"""Tables as CSV that no spreadsheet takes for formulas."""

from typing import Any

import pandas as pd

from nrr_core.stamp import Stamp

__all__ = ["escape", "to_csv"]

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets a leading ``'``; everything else is returned as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_FORMULA) else value


def to_csv(frame: pd.DataFrame, *, footer: bool = True) -> bytes:
    """UTF-8 CSV with a header; text cells are escaped, numbers stay numbers.

    Parameters
    ----------
    frame
        A table; ``attrs["stamp"]``, where present, follows the rows as lines that begin with ``#``.
    footer
        False leaves the stamp out.

    """
    safe = frame.copy()
    safe.columns = [escape(str(name)) for name in frame.columns]
    for place, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
            safe.isetitem(place, [escape(value) for value in frame.iloc[:, place].tolist()])
    text = safe.to_csv(index=False, lineterminator="\n")
    if footer and "stamp" in frame.attrs:
        entries = Stamp(**frame.attrs["stamp"]).lines()
        text += "".join(f"# {label}: {' '.join(value.split())}\n" for label, value in entries)
    return str(text).encode("utf-8")
