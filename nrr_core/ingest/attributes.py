"""Columns that are neither account, period nor amount: which become dimensions, and which are left out and why."""

from typing import Any, Final

from nrr_core.ingest.cells import Loaded
from nrr_core.ingest.mapping import Columns
from nrr_core.ingest.report import Dimension
from nrr_core.roles import quantity

__all__ = ["choose"]

_MOST: Final = 100_000  # distinct values of a dimension of the revenue file
_MEASURE: Final = 200  # distinct values from which a number is a measure, not a label
_IDENTIFIER: Final = 1_000


def choose(
    con: Any,
    loaded: Loaded,
    columns: Columns,
    *,
    used: set[int],
    account: int,
    origin: str,
    first: int,
    others: set[str],
) -> tuple[tuple[Dimension, ...], dict[str, int], tuple[tuple[str, str], ...]]:
    """Dimensions, the column of each, and the columns left out with the reason.

    ``first`` is the number of the first dimension; ``others`` are names that another file already uses.
    """
    spare = [index for index in columns.usable() if index not in used]
    ignored = [(columns.names[index] or f"column {index + 1}", why) for index, why in columns.left_out.items()]
    counts = _distinct(con, loaded.table, [account, *spare])
    accounts = max(counts.pop(account, 0), _IDENTIFIER)
    dimensions: list[Dimension] = []
    indexes: dict[str, int] = {}
    for index in spare:
        name = columns.names[index]
        counted = quantity(name)  # seats and units stay, however many numbers there are: price and seats are told apart by them
        why = _why_not(con, loaded.table, index, counts[index], accounts=accounts, origin=origin, counted=counted)
        if why:
            ignored.append((name, why))
            continue
        key = f"d{first + len(dimensions)}"
        dimensions.append(Dimension(key, f"{name} (account)" if name in others else name, origin))
        indexes[key] = index
    return tuple(dimensions), indexes, tuple(ignored)


def _distinct(con: Any, table: str, indexes: list[int]) -> dict[int, int]:
    """Distinct values of columns, nearly."""
    parts = ", ".join(f"approx_count_distinct(c{index})" for index in indexes)
    found = con.execute(f"select {parts} from {table}").fetchone()
    return {index: int(count) for index, count in zip(indexes, found, strict=True)}


def _why_not(con: Any, table: str, index: int, count: int, *, accounts: int, origin: str, counted: bool) -> str:
    """Why a column is no dimension; empty where it is one."""
    if not count:
        return "it has no values"
    if count > _MEASURE:
        exact, numbers, filled = con.execute(
            f"select count(distinct c{index}), count(try_cast(c{index} as double)), count(c{index}) from {table}"
        ).fetchone()
        if exact > _MEASURE and numbers == filled and not counted:
            return f"it holds {exact:,} different numbers: a measure, not a segment"
        if origin == "revenue" and exact > _MOST:
            return f"it has {exact:,} different values; a segment may have {_MOST:,}"
        if origin == "revenue" and exact > accounts * 1.1:
            return f"it has {exact:,} different values, more than there are accounts: an identifier, not a segment"
    return ""
