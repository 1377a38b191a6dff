"""Single accounts: who is behind a figure, and one account's history."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Table
from nrr_core.errors import SelectionError, nearest
from nrr_core.frames import months_column, to_frame
from nrr_core.ledgers import under
from nrr_core.periods import cadence_months, month_text, period_end, period_text
from nrr_core.schema import UNIT
from nrr_core.selection import Filter, frozen_where, windows
from nrr_core.stamp import stamp

__all__ = ["STATES", "account_key", "account_of_key", "accounts", "attributes_of", "history", "segment_profiles", "sparklines"]

STATES = ("expansion", "contraction", "churn", "flat", "new", "reactivation")
_MONEY = ("opening_mrr", "closing_mrr", "change_mrr", "raised_mrr", "lowered_mrr", "left_mrr", "returned_mrr")
_KEY = 16
_SORTS = ("change", "opening", "closing", "account")


def accounts(
    data: Dataset,
    *,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    state: str | Sequence[str] | None = None,
    cohort: str | None = None,
    cadence: str = "month",
    contains: str | None = None,
    sort: str = "change",
    limit: int | None = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """Every account that pays at the open or the close of one window.

    Parameters
    ----------
    data
        The dataset.
    window, where, card, fiscal_start
        As in ``retention``; segments as of window open, of new and reactivated accounts at close.
    close
        ``YYYY-MM``; default: the last close of the data.
    state
        One or several of ``STATES`` to keep.
    cohort, cadence
        Keep the accounts of one acquisition cohort, as ``cohorts`` names it.
    contains
        Keep accounts with this text in their id or in any attribute, whatever the case.
    sort
        ``change`` (largest effect first), ``opening``, ``closing`` or ``account``.
    limit
        At most so many rows, after sorting.

    Returns
    -------
    pandas.DataFrame
        account_id, state, first_paid (YYYY-MM), opening_mrr, closing_mrr, change_mrr, nrr (closing ÷ opening, NaN for
        accounts outside the base), the movements inside the window (raised_mrr, lowered_mrr, left_mrr, returned_mrr:
        they may cancel out between open and close), then one column per dimension. Before ``limit``,
        ``attrs["total_rows"]`` counts the rows and ``attrs["states"]`` those of each state.

    """
    card = card.over(window)
    window, kept = card.window_months, frozen_where(where)
    asked = windows(window, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start, before=True)[-1]
    given, data = data, under(data, card, opening=asked.open)
    close = month_text(asked.close)
    found = data.engine.query("accounts", parameters={"open": asked.open, "close": asked.close})
    opening, closing = found["opening_mrr"].astype(np.int64), found["closing_mrr"].astype(np.int64)
    profile = segment_profiles(found, card)
    states = _states(opening, closing, found["first_paid"] > asked.open)
    keep = data.mask(dict(kept))[profile] & ((opening == 0) | (opening >= card.min_opening_mrr))
    if state is not None:
        keep &= np.isin(states, [_state(s) for s in ([state] if isinstance(state, str) else state)])
    if cohort is not None:
        keep &= _in_cohort(found["first_paid"], cohort, length=cadence_months(cadence), fiscal_start=fiscal_start)
    if contains:
        keep &= _containing(data, contains, found["account"], profile)
    place = np.flatnonzero(keep)
    place = place[_order(sort, opening[place], closing[place], found["account"][place])]
    total, place = len(place), place[:limit]
    ids = data.engine.account_ids(found["account"][place])
    columns: dict[str, Any] = {
        "account_id": ids,
        "state": states[place],
        "first_paid": months_column(found["first_paid"][place]),
        "opening_mrr": opening[place],
        "closing_mrr": closing[place],
        "change_mrr": closing[place] - opening[place],
        "nrr": metrics.compute("nrr", {"opening_mrr": opening[place], "closing_mrr": closing[place]}),
    }
    for name in ("raised_mrr", "lowered_mrr", "left_mrr", "returned_mrr"):
        columns[name] = found[name][place].astype(np.int64)
    order = [*columns]
    attributes = attributes_of(data, profile[place], taken=order)
    narrowed = {"state": state, "cohort": cohort, "cadence": cadence, "contains": contains, "sort": sort, "limit": limit}
    plain = {name: _plainly(value) for name, value in narrowed.items() if value is not None}
    said = "".join(f", {name} {' + '.join(value) if isinstance(value, list) else value}" for name, value in plain.items())
    text = f"accounts, window {window}, close {close}, fiscal year from month {fiscal_start}{said}"
    recipe = {"function": "accounts", "window": window, "close": close, "fiscal_start": fiscal_start} | plain
    made = stamp(given, card=card, where=kept, question=text, recipe=recipe).as_dict()
    frame = to_frame(columns, order=order, stamp=made).assign(**attributes)
    frame.attrs["total_rows"] = total
    frame.attrs["states"] = {state: int((states[keep] == state).sum()) for state in STATES}
    return frame


def _plainly(value: Any) -> Any:
    return value if isinstance(value, str | int) else list(value)


def _containing(data: Dataset, text: str, account: Any, profile: Any) -> Any:
    wanted = text.casefold()
    keep = np.isin(account, data.engine.accounts_containing(wanted))
    for axis in data.axes:
        codes = [i for i, segment in enumerate(axis.segments) if wanted in segment.casefold()]
        if codes:
            keep |= np.isin(axis.codes[profile], codes)
    return keep


def _plain(column: Any) -> Any:
    return np.ma.filled(column, 0)


def _states(opening: Any, closing: Any, first_inside: Any) -> Any:
    return np.select(
        [
            (opening > 0) & (closing > opening),
            (opening > 0) & (closing == 0),
            closing < opening,
            opening > 0,
            first_inside,
        ],
        ["expansion", "churn", "contraction", "flat", "new"],
        default="reactivation",
    )


def _state(name: str) -> str:
    if name not in STATES:
        raise SelectionError(f"“{name}” is not a state: {', '.join(STATES)}.{nearest(name, STATES)}")
    return name


def _in_cohort(first_paid: Any, cohort: str, *, length: int, fiscal_start: int) -> Any:
    months = np.unique(first_paid).tolist()
    ends = {m: period_end(m, length=length, fiscal_start=fiscal_start) for m in months}
    texts = {m: period_text(e, length=length, fiscal_start=fiscal_start) for m, e in ends.items()}
    return np.isin(first_paid, [m for m, text in texts.items() if text == cohort])


def _order(sort: str, opening: Any, closing: Any, account: Any) -> Any:
    if sort not in _SORTS:
        raise SelectionError(f"“{sort}” is not an order: {', '.join(_SORTS)}.{nearest(sort, _SORTS)}")
    first = {"change": -np.abs(closing - opening), "opening": -opening, "closing": -closing, "account": account}[sort]
    return np.lexsort((account, first))


def segment_profiles(found: Table, card: Definition) -> Any:
    """The profile that each row of the statement ``accounts`` is judged by: at the card's end of the window, else at the other."""
    if card.segment_as_of == "close":
        return found["last_run"].astype(np.int64) % (1 << 32)
    return np.where(found["opening_mrr"] > 0, _plain(found["open_profile"]), _plain(found["close_profile"])).astype(np.int64)


def attributes_of(data: Dataset, profile: Any, *, taken: Sequence[str]) -> dict[str, Any]:
    """One column per dimension; a dimension named like another column gets a note behind its name."""
    return {
        f"{axis.name} (attribute)" if axis.name in taken else axis.name: pd.Categorical.from_codes(
            axis.codes[profile], pd.Index(axis.segments)
        )
        for axis in data.axes
    }


def account_key(account_id: str) -> str:
    """What stands for an account in an address: 16 characters of its sha256, since addresses end up in logs and histories."""
    return hashlib.sha256(account_id.encode()).hexdigest()[:_KEY]


def account_of_key(data: Dataset, key: str) -> str:
    """The account that a key stands for; raises SelectionError where this dataset has none."""
    found = data.engine.account_with_key(key) if len(key) == _KEY else None
    if found is None:
        raise SelectionError("The account of this address is not in this dataset. Choose one from the list.")
    return found


def history(data: Dataset, account_id: str, *, card: Definition = STANDARD) -> pd.DataFrame:
    """One account, month by month, from its first payment to the end of the data.

    Returns
    -------
    pandas.DataFrame
        month (YYYY-MM), mrr, change_mrr (against the month before), movement (new, expansion, contraction, churn,
        reactivation or blank), then the attributes of the month (blank while nothing is paid).

    Raises
    ------
    SelectionError
        No account of that id ever paid.

    """
    given, data = data, under(data, card)
    number = data.engine.account_numbers([account_id])
    runs = _runs(data, list(number.values()))
    if not len(runs["f"]):
        raise SelectionError(f"No account “{account_id[:80]}” ever paid in this dataset.")
    first = int(runs["f"].min())
    months = np.arange(first, data.last + 1)
    mrr, profile = np.zeros(len(months), dtype=np.int64), np.full(len(months), -1)
    for f, t, amount, at in zip(runs["f"], runs["t"], runs["mrr"], runs["profile"], strict=True):
        mrr[f - first : t - first] = amount
        profile[f - first : t - first] = at
    change = np.diff(mrr, prepend=0)
    before = mrr - change
    movement = np.select(
        [change == 0, months == first, before == 0, mrr == 0, change > 0],
        ["", "new", "reactivation", "churn", "expansion"],
        default="contraction",
    )
    columns = {"month": months_column(months), "mrr": mrr, "change_mrr": change, "movement": movement}
    recipe = {"function": "history", "account_id": account_id}
    made = stamp(given, card=card, where=(), question=f"history of {account_id}", recipe=recipe).as_dict()
    frame = to_frame(columns, order=[*columns], stamp=made)
    for axis in data.axes:
        texts = ["" if p < 0 else axis.segments[axis.codes[p]] for p in profile.tolist()]
        frame[f"{axis.name} (attribute)" if axis.name in columns else axis.name] = texts
    return frame


def sparklines(data: Dataset, account_ids: Sequence[str], *, months: int = 24) -> dict[str, list[float]]:
    """MRR of the last ``months`` months of some accounts, as floats for small pictures, by account id."""
    numbers = data.engine.account_numbers(account_ids)
    first = max(data.first, data.last - months + 1)
    series = {number: [0.0] * (data.last - first + 1) for number in numbers.values()}
    runs = _runs(data, [*numbers.values()])
    for account, f, t, mrr in zip(runs["account"], runs["f"], runs["t"], runs["mrr"], strict=True):
        low, high = max(int(f) - first, 0), max(min(int(t), data.last + 1) - first, 0)
        series[int(account)][low:high] = [float(mrr) / UNIT] * (high - low)
    return {text: series[number] for text, number in numbers.items()}


def _runs(data: Dataset, numbers: Sequence[int]) -> Table:
    return data.engine.query("history", inputs={"wanted": {"account": np.array(numbers, dtype=np.int32)}})
