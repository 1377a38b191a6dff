"""Runs in memory: what ``runs.sql`` and ``positions.sql`` say, on sorted columns; late renewals bridged, latest attributes given.

A ledger is made of a few hundred thousand runs in one pass each; a database sorts them anew for every statement.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nrr_core.engine import Runs

__all__ = ["begins", "bridged", "changed", "column", "in_order", "joined", "latest", "pieces", "positions", "together"]

Flags = npt.NDArray[np.bool_]


def column(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column of whole numbers."""
    return np.asarray(table.column(name).to_numpy())


def pieces(account: npt.ArrayLike, profile: npt.ArrayLike, f: npt.ArrayLike, t: npt.ArrayLike, mrr: npt.ArrayLike) -> Runs:
    """Runs of columns, in the types that they have here."""
    whose, what, start, end = (np.asarray(values, dtype=np.int32) for values in (account, profile, f, t))
    return Runs(whose, what, start, end, np.asarray(mrr, dtype=np.int64))


def together(parts: Sequence[Runs]) -> Runs:
    """All runs, by account and month."""
    if len(parts) == 1:
        return parts[0]
    names = ("account", "profile", "f", "t", "mrr")
    whole = pieces(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    order = in_order(whole.account, whole.f)
    return whole if order is None else whole.at(order)


def in_order(account: npt.NDArray[np.integer], f: npt.NDArray[np.integer]) -> npt.NDArray[np.intp] | None:
    """Places by account and month, the earlier one first among equals; None where they are in that order."""
    if not len(account):
        return None
    key = account.astype(np.int64) * (1 << 32) + f
    return None if (key[1:] >= key[:-1]).all() else np.argsort(key, kind="stable")


def changed(values: npt.NDArray[np.integer]) -> Flags:
    """Where a value differs from the one before it; the first one does."""
    found = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def begins(runs: Runs) -> Flags:
    """Which runs are the first of their account."""
    return changed(runs.account)


def joined(runs: Runs) -> Runs:
    """Runs whose equal neighbours are one."""
    if not len(runs.account):
        return runs
    starts = changed(runs.account) | changed(runs.profile) | changed(runs.mrr)
    starts[1:] |= runs.f[1:] != runs.t[:-1]
    if starts.all():
        return runs
    first = np.flatnonzero(starts)
    return replace(runs.at(first), t=runs.t[np.append(first[1:], len(starts)) - 1])


def bridged(runs: Runs, gap: int) -> Runs:
    """Runs whose gaps of at most so many months are filled with what was before them."""
    until = runs.t.copy()
    follows = (runs.account[1:] == runs.account[:-1]) & (runs.f[1:] - runs.t[:-1] <= gap)
    until[:-1][follows] = runs.f[1:][follows]
    return replace(runs, t=until)


def latest(runs: Runs) -> Runs:
    """Runs that carry the attributes of their account's last one."""
    first = begins(runs)
    ends = np.append(np.flatnonzero(first)[1:], len(first)) - 1
    return replace(runs, profile=runs.profile[ends[np.cumsum(first) - 1]]) if len(first) else runs


def positions(runs: Runs) -> pa.Table:
    """Runs with what came before and after, the first paid month and the attributes at that time."""
    first, size = begins(runs), len(runs.account)
    prev, nxt = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    meets = np.flatnonzero(~first[1:] & (runs.f[1:] == runs.t[:-1]))
    prev[meets + 1], nxt[meets] = runs.mrr[meets], runs.mrr[meets + 1]
    own = np.flatnonzero(first)[np.cumsum(first) - 1]
    columns = {"account": runs.account, "profile": runs.profile, "f": runs.f, "t": runs.t, "mrr": runs.mrr, "prev": prev, "nxt": nxt}
    return pa.table(columns | {"first_paid": runs.f[own], "first_mrr": runs.mrr[own], "first_profile": runs.profile[own]})
