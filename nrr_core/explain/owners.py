"""Book of business: NRR by owner under three rules side by side, and the accounts that changed hands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Axis, Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.errors import SelectionError
from nrr_core.explain.base import Base, by_account, chosen_of, opening_accounts, window_of
from nrr_core.frames import months_column, to_frame
from nrr_core.metrics import ratio
from nrr_core.periods import month_text
from nrr_core.roles import ROLES, role
from nrr_core.rollups import added
from nrr_core.schema import ALL
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["RULES", "Books", "books"]

RULES: Final = ("open", "weighted", "current")


@dataclass(frozen=True, eq=False)
class Books:
    """The books of one window.

    Attributes
    ----------
    owner
        The dimension that is read as the owner.
    rules
        One row per rule of ``RULES`` and owner, the total as ``(all)`` first: rule, owner, accounts (with a share in the book),
        opening_mrr, closing_mrr (of the opening accounts), nrr.
    table
        One row per owner, the total first: owner, and opening_mrr and nrr under each rule, ``open_…``, ``weighted_…``,
        ``current_…``; received_mrr and given_mrr within the window.
    transfers
        Accounts that changed hands within the window: account_id, month (the first with the new owner), from_owner, to_owner,
        mrr (what the account pays in that month).

    """

    owner: str
    rules: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    transfers: pd.DataFrame = field(repr=False)


def books(
    data: Dataset,
    *,
    owner: str | None = None,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> Books:
    """NRR by owner of one window: by the owner at open, weighted by time, and by the current owner.

    Parameters
    ----------
    data, window, where, card, fiscal_start
        As in ``retention``; the filter holds as of window open under every rule.
    owner
        Any dimension; default: the column that is an owner by its name (``nrr_core.roles``).
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    Books
        ``open``: an account's opening and closing are in the book of its owner at the open. ``weighted``: they are shared by the
        months each owner held the account, by the month ends from the open to the one before the close in which it paid.
        ``current``: they are in the book of its last owner in the data. Shares are whole ten-thousandths (the largest remainders
        are rounded up), so the books of each rule add up to the same total.

    Raises
    ------
    SelectionError
        No column is an owner by its name, and none was given.

    """
    kept = frozen_where(where)
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    base = opening_accounts(data, asked, where=dict(kept), card=card)
    name = owner or role(base.data, "owner")
    if name is None:
        raise SelectionError(
            f"No column of this data is an owner by its name ({', '.join(ROLES['owner'][:4])} …). Choose one of its dimensions."
        )
    axis = base.data.axis(name)
    sums = {"open": _whole(base, base.codes(axis), axis.count), "weighted": _weighted(base, axis), "current": _current(base, axis)}
    text = f"books by {name}, window {card.over(window).window_months}, close {month_text(asked.close)}"
    made = stamp(data, card=card, where=kept, question=text).as_dict()
    changed = _handovers(base, axis)
    return Books(
        owner=name, rules=_rules(axis, sums, made), table=_table(axis, sums, changed, made), transfers=_transfers(base, axis, changed, made)
    )  # fmt: skip


_Sums = tuple[Integers, Integers, Integers]  # opening, closing, accounts by owner


def _whole(base: Base, codes: Integers, size: int) -> _Sums:
    """Each account in one book."""
    return base.summed(base.opening, codes, size), base.summed(base.closing, codes, size), np.bincount(codes, minlength=size)


def _current(base: Base, axis: Axis) -> _Sums:
    found = base.data.engine.query("last_profiles")
    profile = by_account(base, *_sorted(found["account"], found["profile"]), 0)
    return _whole(base, axis.codes[profile].astype(np.int64), axis.count)


def _sorted(account: Any, values: Any) -> tuple[Any, Any]:
    order = np.argsort(account, kind="stable")
    return account[order], values[order]


def _weighted(base: Base, axis: Axis) -> _Sums:
    """Opening and closing shared by the months each owner held an account."""
    place = {"open": base.window.open, "close": base.window.close}
    found = base.data.engine.query("held", parameters=place, inputs={"chosen": chosen_of(axis)})
    order = np.lexsort((found["segment"], found["account"]))
    account, segment, months = (found[name][order].astype(np.int64) for name in ("account", "segment", "months"))
    inside = np.isin(account, base.account)
    row = np.searchsorted(base.account, account[inside])
    segment, months = segment[inside], months[inside]
    shares = [_shared(values, row, months) for values in (base.opening, base.closing)]
    opening, closing = (added(values, segment, size=axis.count) for values in shares)
    return opening, closing, np.bincount(segment, minlength=axis.count)


def _shared(values: Integers, row: Integers, months: Integers) -> Integers:
    """Each value shared by months between its rows, in whole numbers by largest remainder; equal ones in the order of the rows."""
    whole = added(months, row, size=len(values))[row]
    value = values[row]
    share = value // whole * months + value % whole * months // whole
    remainder = value % whole * months % whole
    missing = values - added(share, row, size=len(values))
    order = np.lexsort((np.arange(len(row)), -remainder, row))
    first = np.searchsorted(row[order], row[order])
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - first
    return share + (rank < missing[row])


def _rules(axis: Axis, sums: dict[str, _Sums], made: dict[str, Any]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {"rule": [], "owner": [], "accounts": [], "opening_mrr": [], "closing_mrr": []}
    paying = int(sums["open"][2].sum())
    for rule, (s, e, n) in sums.items():
        rows = _present(s, n)
        columns["rule"] += [rule] * (len(rows) + 1)
        columns["owner"] += [ALL, *(axis.segments[i] for i in rows)]
        columns["accounts"] += [paying, *n[rows].tolist()]
        columns["opening_mrr"] += [int(s.sum()), *s[rows].tolist()]
        columns["closing_mrr"] += [int(e.sum()), *e[rows].tolist()]
    arrays: dict[str, Any] = {name: np.array(v, dtype=np.int64) if name not in {"rule", "owner"} else v for name, v in columns.items()}
    arrays["nrr"] = ratio(arrays["closing_mrr"], arrays["opening_mrr"])
    return to_frame(arrays, order=[*arrays], stamp=made)


def _present(opening: Integers, accounts: Integers) -> list[int]:
    """Owners with a book, the largest first."""
    rows = np.flatnonzero(accounts > 0)
    found: list[int] = rows[np.lexsort((rows, -opening[rows]))].tolist()
    return found


@dataclass(frozen=True, eq=False)
class _Changes:
    """Handovers in order: row of the account, month, owner before and after, MRR."""

    row: Integers
    month: Integers
    before: Integers
    after: Integers
    mrr: Integers


def _handovers(base: Base, axis: Axis) -> _Changes:
    place = {"open": base.window.open, "close": base.window.close}
    found = base.data.engine.query("handovers", parameters=place, inputs={"chosen": chosen_of(axis)})
    inside = np.flatnonzero(np.isin(found["account"], base.account))
    inside = inside[np.lexsort((found["account"][inside], -found["mrr"][inside], found["m"][inside]))]
    names = ("account", "m", "from_segment", "to_segment", "mrr")
    account, month, before, after, mrr = (found[name][inside].astype(np.int64) for name in names)
    return _Changes(np.searchsorted(base.account, account), month, before, after, mrr)


def _transfers(base: Base, axis: Axis, changed: _Changes, made: dict[str, Any]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "account_id": base.data.engine.account_ids(base.account[changed.row]),
        "month": months_column(changed.month),
        "from_owner": [axis.segments[i] for i in changed.before.tolist()],
        "to_owner": [axis.segments[i] for i in changed.after.tolist()],
        "mrr": changed.mrr,
    }
    return to_frame(columns, order=[*columns], stamp=made)


def _table(axis: Axis, sums: dict[str, _Sums], changed: _Changes, made: dict[str, Any]) -> pd.DataFrame:
    """One row per owner, the rules beside each other."""
    anybody = np.sum([n for _, _, n in sums.values()], axis=0)
    rows = _present(sums["open"][0], anybody)
    received, given = (added(changed.mrr, side, size=axis.count) for side in (changed.after, changed.before))
    columns: dict[str, Any] = {"owner": [ALL, *(axis.segments[i] for i in rows)]}
    for rule, (s, e, _) in sums.items():
        opening, closing = _topped(s, rows), _topped(e, rows)
        columns[f"{rule}_opening_mrr"] = opening
        columns[f"{rule}_nrr"] = ratio(closing, opening)
    columns["received_mrr"], columns["given_mrr"] = _topped(received, rows), _topped(given, rows)
    return to_frame(columns, order=[*columns], stamp=made)


def _topped(values: Integers, rows: Sequence[int]) -> Integers:
    """The total, then the values of some owners."""
    return np.array([int(values.sum()), *values[rows].tolist()], dtype=np.int64)
