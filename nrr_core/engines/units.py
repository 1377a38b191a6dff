"""Whose retention it is: lines and runs under subscriptions or parents in place of accounts."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nrr_core.dataset import Axis
from nrr_core.engine import Runs
from nrr_core.engines.lines import Lines
from nrr_core.engines.runs import in_order

__all__ = ["belonging", "to_items", "to_parents"]

Integers = npt.NDArray[np.int64]


def to_items(lines: Lines, accounts: pa.Table, items: pa.Table) -> tuple[Lines, pa.Table]:
    """``lines`` and accounts of subscriptions; what names no subscription is its account's remainder, under the account's id."""
    width = items.num_rows
    units, unit = np.unique(lines.account.astype(np.int64) * width + lines.item, return_inverse=True)
    owners, names = accounts["account_id"].take(units // width), items["item_id"].take(units % width)
    texts = pc.if_else(pc.equal(names, ""), owners, pc.binary_join_element_wise(owners, names, " / "))
    owned = replace(lines, account=unit, item=None)
    order = in_order(owned.account, owned.f)
    return owned if order is None else owned.at(order), _numbered(texts)


def belonging(runs: Runs, axis: Axis, accounts: pa.Table) -> tuple[Integers, pa.Table]:
    """The parent of each run, and the parents as accounts.

    An account without a parent stands for itself, together with those that name it as theirs.
    """
    texts = pa.array(axis.engine.segments(axis.key), type=pa.string())
    code = axis.codes[runs.profile]
    alone = np.asarray(pc.equal(texts, "").to_numpy(zero_copy_only=False), dtype=np.bool_)[code]
    named, own = np.unique(code[~alone]), np.unique(runs.account[alone])
    ids = [*texts.take(named).to_pylist(), *accounts["account_id"].take(own).to_pylist()]
    parents = pa.array(sorted(set(ids)), type=pa.string())
    number = pc.index_in(pa.array(ids, type=pa.string()), parents).to_numpy(zero_copy_only=False).astype(np.int64)
    owner = np.empty(len(code), dtype=np.int64)
    owner[~alone] = number[: len(named)][np.searchsorted(named, code[~alone])]
    owner[alone] = number[len(named) :][np.searchsorted(own, runs.account[alone])]
    return owner, _numbered(parents)


def to_parents(runs: Runs, owner: Integers) -> Lines:
    """Runs as lines of their parents: what accounts pay is added; the largest account decides the attributes."""
    lines = Lines(line=runs.account.astype(np.int64), account=owner, profile=runs.profile, f=runs.f, t=runs.t, amount=runs.mrr)
    order = in_order(owner, runs.f)
    return lines if order is None else lines.at(order)


def _numbered(ids: pa.Array | pa.ChunkedArray) -> pa.Table:
    return pa.table({"account": np.arange(len(ids), dtype=np.int32), "account_id": ids})
