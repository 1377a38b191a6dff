"""Frames: exact measures and their ratios as pandas tables, the form in which everything leaves the package."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from nrr_core.periods import month_text
from nrr_core.schema import MONEY_PRECISION, MONEY_SCALE

__all__ = ["MONEY", "months_column", "to_frame", "to_money"]

_DECIMAL = pa.decimal128(MONEY_PRECISION, MONEY_SCALE)
MONEY = pd.ArrowDtype(_DECIMAL)  # exact decimals; .astype(float) for charts


class _Stamped(dict[str, Any]):
    """A frame's stamp as plain values. pandas copies ``attrs`` deeply for every column that is taken out; a stamp stays one."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def to_money(amounts: npt.NDArray[Any]) -> Any:
    """Integers of ten-thousandths as an exact decimal column, without a detour through floats."""
    whole = np.ascontiguousarray(amounts, dtype="<i8").ravel()
    words = np.stack([whole, whole >> 63], axis=1)  # 128-bit two's complement
    array = pa.Array.from_buffers(_DECIMAL, len(whole), [None, pa.py_buffer(np.ascontiguousarray(words))])
    return pd.array(array, dtype=MONEY)


def months_column(months: npt.NDArray[Any]) -> list[str]:
    """``YYYY-MM`` of month integers."""
    flat = np.asarray(months, dtype=np.int64).ravel()
    known, place = np.unique(flat, return_inverse=True)
    texts = [month_text(m) for m in known.tolist()]
    return [texts[i] for i in place.tolist()]


def _is_money(name: str) -> bool:
    return name.endswith("_mrr") or name == "mrr"


def to_frame(columns: Mapping[str, Any], *, order: Sequence[str], stamp: Mapping[str, Any]) -> pd.DataFrame:
    """A table from arrays: ``…_mrr`` integers become exact decimals, the stamp goes to ``frame.attrs["stamp"]``.

    None stands for a column of amounts that does not exist under the card: it is empty.
    """
    size = len(next(column for column in columns.values() if column is not None))
    empty: Any = pd.array(pa.nulls(size, _DECIMAL), dtype=MONEY)
    made = {name: empty if columns[name] is None else to_money(columns[name]) if _is_money(name) else columns[name] for name in order}
    frame = pd.DataFrame(made)
    frame.attrs["stamp"] = _Stamped(stamp)
    return frame
