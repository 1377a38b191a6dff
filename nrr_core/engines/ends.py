"""Sums at the ends of windows, by segment, from runs in memory: what base, kept, arrivals and transfers say, for a few windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Codes, Integers, Runs
from nrr_core.engines.lines import spelled
from nrr_core.engines.runs import begins
from nrr_core.rollups import added

__all__ = ["Asked", "Sums", "at_ends", "months_of", "segments_then"]

Sums = dict[str, Integers]
_OPENED = (
    "opening_mrr", "closing_mrr", "kept_mrr", "paired_mrr", "opening_accounts", "retained_accounts", "expansion_accounts",
    "contraction_accounts",
)  # fmt: skip
_ARRIVED = ("new_mrr", "new_accounts", "reactivation_mrr", "reactivation_accounts", "transfer_in_mrr", "transfer_out_mrr")
_FEW = 6  # months that are looked up one by one
_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of windows.

    Attributes
    ----------
    segment
        Each profile's segment, −1 for none.
    size
        Number of segments.
    floor
        Smallest opening that counts.
    settled
        Opening accounts belong to their segment at the close, or to the last one before it.
    arrivals
        Also what is paid at the close and was not at the open, and what changed segment.

    """

    segment: Integers
    size: int
    floor: int = 0
    settled: bool = False
    arrivals: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """The accounts that pay at the end of a month."""

    account: Codes
    profile: Codes
    mrr: Integers


def at_ends(parts: Sequence[Runs], asked: Asked, *, opens: Sequence[int], closes: Sequence[int]) -> Sums:
    """Sums of every window: row 0 is the total, then one row per segment; one column per window.

    The total of transfers is what crossed the filter's border.
    """
    names = (*_OPENED, *(_ARRIVED if asked.arrivals else ()))
    sums = {name: np.zeros((asked.size + 1, len(opens)), dtype=np.int64) for name in names}
    months = months_of(parts, sorted({*opens, *closes}))
    size = 1 + max((int(part.account[-1]) for part in parts if len(part.account)), default=-1)
    first = _first_months(parts, size) if asked.arrivals else np.zeros(0, dtype=np.int64)
    for place, (opened, closed) in enumerate(zip(opens, closes, strict=True)):
        found = _window(asked, months[opened], months[closed], segments_then(parts, asked, closed, size), size)
        if asked.arrivals:
            found |= _arrived(asked, months[opened], months[closed], first, opened)
        for name, values in found.items():
            sums[name][:, place] = values
    return sums


def _first_months(parts: Sequence[Runs], size: int) -> Integers:
    """The first paid month of each account."""
    first = np.full(size, _NEVER, dtype=np.int64)
    for part in parts:
        start = begins(part)
        first[part.account[start]] = part.f[start]
    return first


def months_of(parts: Sequence[Runs], wanted: Sequence[int]) -> dict[int, Month]:
    """The accounts that pay at the end of each of these months, given in order."""
    found = [_months(part, wanted) for part in parts if len(part.account)]
    nothing = Month(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))
    return {month: _joined([months[month] for months in found] or [nothing]) for month in wanted}


def _joined(months: Sequence[Month]) -> Month:
    if len(months) == 1:
        return months[0]
    return Month(*(np.concatenate([getattr(month, name) for month in months]) for name in ("account", "profile", "mrr")))


def _months(part: Runs, wanted: Sequence[int]) -> dict[int, Month]:
    """The accounts of a part that pay at the end of each of these months."""
    if len(wanted) <= _FEW:
        places = [np.flatnonzero((part.f <= month) & (part.t > month)) for month in wanted]
        return {month: _month(part, rows) for month, rows in zip(wanted, places, strict=True)}
    low, high = min(int(part.f.min()), wanted[0]), max(int(part.t.max()), wanted[-1]) + 1
    before = np.zeros(high - low + 1, dtype=np.int64)  # how many of the months lie before each month
    before[np.asarray(wanted) - low + 1] = 1
    before = np.cumsum(before)
    start, end = before[part.f - low], before[part.t - low]
    times = end - start
    alive = np.flatnonzero(times)
    row, which = spelled(times[alive], start[alive])
    order = alive[row][np.argsort(which.astype(np.int16), kind="stable")]
    borders = np.cumsum(np.bincount(which, minlength=len(wanted)))
    return {month: _month(part, rows) for month, rows in zip(wanted, np.split(order, borders[:-1]), strict=True)}


def _month(part: Runs, rows: npt.NDArray[np.intp]) -> Month:
    return Month(part.account[rows], part.profile[rows], part.mrr[rows])


def segments_then(parts: Sequence[Runs], asked: Asked, month: int, size: int) -> Integers | None:
    """Each account's segment in a month, or the last one before it; only where windows are settled so."""
    if not asked.settled:
        return None
    last = np.zeros(size, dtype=np.int64)
    for part in parts:
        past = part.f <= month
        last[part.account[past]] = part.profile[past]  # by month: of several, the last one stays
    return asked.segment[last]


def _window(asked: Asked, opened: Month, closed: Month, then: Integers | None, size: int) -> Sums:
    """Opening accounts: what they pay at both ends."""
    at_close = np.zeros(size, dtype=np.int64)
    at_close[closed.account] = closed.mrr
    segment = asked.segment[opened.profile] if then is None else then[opened.account]
    opening, closing = opened.mrr, at_close[opened.account]
    counted = segment >= 0
    if asked.floor:
        counted &= opening >= asked.floor
    if not counted.all():
        segment, opening, closing = segment[counted], opening[counted], closing[counted]
    paired, kept = np.where(closing > 0, opening, 0), np.minimum(opening, closing)
    found = {
        name: added(values, segment, size=asked.size)
        for name, values in (("opening_mrr", opening), ("closing_mrr", closing), ("kept_mrr", kept), ("paired_mrr", paired))
    }
    became = 2 * (closing > opening) + 3 * ((closing > 0) & (closing < opening)) + (closing == opening)  # 0 is lost, 1 is unchanged
    counts = np.bincount(segment * 4 + became, minlength=asked.size * 4).reshape(asked.size, 4)
    found |= {
        "opening_accounts": counts.sum(axis=1), "retained_accounts": counts[:, 1:].sum(axis=1), "expansion_accounts": counts[:, 2],
        "contraction_accounts": counts[:, 3],
    }  # fmt: skip
    return {name: np.concatenate([values.sum(keepdims=True), values]) for name, values in found.items()}


def _arrived(asked: Asked, opened: Month, closed: Month, first: Integers, month: int) -> Sums:
    """Accounts that pay at the close: new, back, or in another segment than at the open."""
    before = np.full(len(first), -2, dtype=np.int64)  # −2: not paying at the open; −1: outside the filter there
    before[opened.account] = asked.segment[opened.profile]
    left, entered, mrr = before[closed.account], asked.segment[closed.profile], closed.mrr
    came, new = (left == -2) & (entered >= 0), first[closed.account] > month  # noqa: PLR2004 - said above
    found: Sums = {}
    for name, which in (("new", came & new), ("reactivation", came & ~new)):
        amounts, counts = added(mrr[which], entered[which], size=asked.size), np.bincount(entered[which], minlength=asked.size)
        found[f"{name}_mrr"] = np.concatenate([amounts.sum(keepdims=True), amounts])
        found[f"{name}_accounts"] = np.concatenate([counts.sum(keepdims=True), counts])
    moved = (left > -2) & (left != entered)  # noqa: PLR2004 - said above
    for name, side, other in (("transfer_in_mrr", entered, left), ("transfer_out_mrr", left, entered)):
        own = moved & (side >= 0)
        border = mrr[own & (other < 0)].sum(keepdims=True)
        found[name] = np.concatenate([border, added(mrr[own], side[own], size=asked.size)])
    return found
