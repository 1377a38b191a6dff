"""Whose retention it is: lines and runs under subscriptions or parents in place of accounts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nrr_core.dataset import Axis
from nrr_core.engine import Codes, Integers, Runs
from nrr_core.engines.lines import Lines
from nrr_core.engines.runs import in_order

__all__ = ["Owners", "owners_of", "to_items"]


def to_items(lines: Lines, accounts: pa.Table, items: pa.Table) -> tuple[Lines, pa.Table]:
    """``lines`` and accounts of subscriptions; what names no subscription is its account's remainder, under the account's id."""
    width = items.num_rows
    units, unit = np.unique(lines.account.astype(np.int64) * width + lines.item, return_inverse=True)
    owners, names = accounts["account_id"].take(units // width), items["item_id"].take(units % width)
    texts = pc.if_else(pc.equal(names, ""), owners, pc.binary_join_element_wise(owners, names, " / "))
    owned = replace(lines, account=unit, item=None)
    order = in_order(owned.account, owned.f)
    return owned if order is None else owned.at(order), _numbered(texts)


@dataclass(frozen=True, eq=False)
class Owners:
    """The parent of each account, by the segment that names it; an account that names none stands for itself.

    ``named`` is the parent by segment (−1: the segment is blank), ``own`` the parent that an account is by itself.
    """

    codes: Codes
    named: Integers
    own: Integers

    def lines(self, runs: Runs) -> Lines:
        """Runs as lines of their parents: what accounts pay is added; the largest account decides the attributes."""
        named = self.named[self.codes[runs.profile]]
        owner = np.where(named < 0, self.own[runs.account], named)
        whole = Lines(runs.account.astype(np.int64), owner.astype(np.int32), runs.profile, runs.f, runs.t, runs.mrr)
        order = in_order(whole.account, whole.f)
        return whole if order is None else whole.at(order)


def owners_of(account: npt.NDArray[Any], profile: npt.NDArray[Any], axis: Axis, accounts: pa.Table) -> tuple[Owners, pa.Table]:
    """The parents that accounts with these profiles belong to, and the parents as accounts.

    An account without a parent stands for itself, together with those that name it as theirs.
    """
    texts = axis.engine.segments(axis.key)
    code = axis.codes[profile]
    blank = np.array([not text for text in texts], dtype=np.bool_)
    alone = blank[code]
    codes, selves = np.unique(code[~alone]), np.unique(account[alone])
    ids = [*(texts[code] for code in codes), *accounts["account_id"].take(selves).to_pylist()]
    parents = sorted(set(ids))
    place = {text: number for number, text in enumerate(parents)}
    numbers = np.array([place[text] for text in ids], dtype=np.int64)
    named, own = np.full(len(texts), -1, dtype=np.int64), np.full(accounts.num_rows, -1, dtype=np.int64)
    named[codes], own[selves] = numbers[: len(codes)], numbers[len(codes) :]
    return Owners(axis.codes, named, own), _numbered(pa.array(parents, type=pa.string()))


def _numbered(ids: pa.Array | pa.ChunkedArray) -> pa.Table:
    return pa.table({"account": np.arange(len(ids), dtype=np.int32), "account_id": ids})
