"""Uncertainty: the range a retention would likely lie in, had a different but similar set of customers signed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Table
from nrr_core.errors import DefinitionError, SelectionError, nearest
from nrr_core.explain.findings import MIN_BASE
from nrr_core.explain.resampling import EXACT, MEASURES, MOST, Base, bounds, drawn, effective
from nrr_core.explore import Filter
from nrr_core.families import by_length
from nrr_core.frames import to_frame
from nrr_core.ledgers import each
from nrr_core.measures import Chosen, by_profile, choose
from nrr_core.periods import Window, month_text
from nrr_core.schema import ALL
from nrr_core.selection import frozen_where, windows
from nrr_core.stamp import stamp

__all__ = ["SEED", "intervals", "require_point_to_point", "unfit"]

SEED: Final = 1
_LEAST_DRAWS: Final = 100
_SUMS = ("opening_mrr", "closing_mrr", "kept_mrr")
_SQUARES = ("opening_squared", "closing_squared", "kept_squared", "opening_closing", "opening_kept")
_COLUMNS = ("close", "segment", "measure", "value", "low", "high", "accounts", "small")

_MANY = 3  # months from which it pays to look among the accounts that ever pay most
_AMONG = 1_000
_UNKNOWN = (math.nan, math.nan)

People = dict[tuple[int, int], npt.NDArray[np.int64]]  # account, opening, closing (rows) by segment and month of opening
Bases = dict[tuple[int, str], Base]  # by month of close and segment
Row = tuple[Any, ...]


def intervals(
    data: Dataset,
    *,
    window: int | str | None = None,
    by: str | None = None,
    where: Filter = None,
    close: str | None = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
    level: float = 0.9,
    draws: int = 2_000,
    seed: int = SEED,
    against: str | None = None,
) -> pd.DataFrame:
    """Intervals of NRR, GRR and logo retention, by an account-level bootstrap.

    Parameters
    ----------
    data, window, where, close, card, fiscal_start
        As in ``retention``.
    by
        One dimension, or None for the total alone.
    level
        Share of such intervals that hold the true value, between 0.5 and 0.999.
    draws
        At least 100.
    seed
        The same seed gives the same bytes.
    against
        A segment of ``by``: each row is then the difference of a segment to this one, in ratios.

    Returns
    -------
    pandas.DataFrame
        One row per close, segment (the total as ``(all)`` first, not with ``against``) and measure (``nrr``, ``grr``,
        ``logo_retention``): value, low, high (floats; value is NaN where the opening is 0, the interval also where there
        is one account), accounts (at open; of the smaller side of a difference), small (fewer than 10 of them).
        Where all accounts did the same, low and high are that value: nothing in the data says otherwise.

    Raises
    ------
    SelectionError, DefinitionError
        As in ``retention``; a card that is not opening against closing of the same accounts.

    Notes
    -----
    An account is resampled whole (B. Efron, “Bootstrap Methods”, 1979, with Poisson weights). Up to 2,000 opening accounts
    each is drawn; above, the 200 that weigh most, and a normal distribution stands for the sums of the others.

    """
    card = card.over(window)
    require_point_to_point(card, segments=by is not None or bool(where))
    _check(level, draws)
    if against is not None:
        _check_against(data, by, against)
    kept = frozen_where(where)
    asked = windows(card.window_months, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start)
    bases = _all_bases(data, asked, by=by, where=dict(kept), card=card)
    luck = _Luck(level=level, draws=draws, seed=seed)
    rows = _levels(bases, luck) if against is None else _differences(bases, against, luck)
    columns: dict[str, Any] = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)) if rows else ([] for _ in _COLUMNS), strict=True))
    for name in ("value", "low", "high"):
        columns[name] = np.array(columns[name], dtype=np.float64)
    text = (
        f"intervals, window {card.window_months}, by {by or 'nothing'}, close {close or 'every'}, fiscal year from month "
        f"{fiscal_start}, level {level}, draws {draws}, seed {seed}" + (f", against {against}" if against is not None else "")
    )
    return to_frame(columns, order=_COLUMNS, stamp=stamp(data, card=card, where=kept, question=text).as_dict())


def unfit(card: Definition, *, segments: bool) -> list[str]:
    """The knobs by which a card's NRR is not opening against closing of the same accounts; its ledger may be any.

    ``segments``: some are compared or filtered, which are then read at the opening.
    """
    wrong = {
        "family": card.family != "point_to_point",
        "returns": card.returns == "all",
        "average": card.average != "none",
        "segment_as_of": segments and card.segment_as_of == "close",
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def require_point_to_point(card: Definition, *, segments: bool) -> None:
    """Refuse a card that is ``unfit``, by the name of its first such knob."""
    for name in unfit(card, segments=segments):
        raise DefinitionError(
            f"{name} = {getattr(card, name)!r} is not available here: this is about opening against closing of the same accounts, as "
            f"{name} = {getattr(STANDARD, name)!r} has it. Choose a card of that kind."
        )


def _check(level: float, draws: int) -> None:
    if not 0.5 <= level <= 0.999:  # noqa: PLR2004 - a level
        raise SelectionError(f"The level is {level!r}: it must lie between 0.5 and 0.999, for example 0.9.")
    if not isinstance(draws, int) or draws < _LEAST_DRAWS:
        raise SelectionError(f"A bootstrap needs at least {_LEAST_DRAWS} draws, not {draws!r}.")


def _check_against(data: Dataset, by: str | None, against: str) -> None:
    if by is None:
        raise SelectionError("A difference needs a dimension: say with by= which one has the segment.")
    if against not in data.axis(by).segments:
        raise SelectionError(f"“{by}” has no segment “{against}”.{nearest(against, data.axis(by).segments)}")


@dataclass(frozen=True, slots=True)
class _Luck:
    """How the draws are made and what of them is told."""

    level: float
    draws: int
    seed: int


def _levels(bases: Bases, luck: _Luck) -> list[Row]:
    """The rows of every window and segment."""
    rows = []
    for (month, segment), base, made in zip(bases, bases.values(), drawn([*bases.values()], draws=luck.draws, seed=luck.seed), strict=True):
        for measure in MEASURES:
            found = bounds(made[measure], level=luck.level, equal=effective(base, measure)) if base.accounts > 1 else _UNKNOWN
            rows.append((month_text(month), segment, measure, _value(base, measure), *found, base.accounts, base.accounts < MIN_BASE))
    return rows


def _differences(bases: Bases, against: str, luck: _Luck) -> list[Row]:
    """The rows of every segment against one, window by window."""
    others = {month: base for (month, segment), base in bases.items() if segment == against}
    some = {(month, segment): base for (month, segment), base in bases.items() if segment not in {ALL, against} and month in others}
    theirs = dict(zip(others, drawn([*others.values()], draws=luck.draws, seed=luck.seed, stream=1), strict=True))
    rows = []
    for (month, segment), base, mine in zip(some, some.values(), drawn([*some.values()], draws=luck.draws, seed=luck.seed), strict=True):
        other = others[month]
        least = min(base.accounts, other.accounts)
        for measure in MEASURES:
            apart, equal = mine[measure] - theirs[month][measure], min(effective(base, measure), effective(other, measure))
            found = bounds(apart, level=luck.level, equal=equal) if least > 1 else _UNKNOWN
            value = _value(base, measure) - _value(other, measure)
            rows.append((month_text(month), segment, measure, value, *found, least, least < MIN_BASE))
    return rows


def _value(base: Base, measure: str) -> float:
    opening, closing, kept = base.sums
    part, whole = {"nrr": (closing, opening), "grr": (kept, opening), "logo_retention": (base.retained, base.accounts)}[measure]
    return float(part / whole) if whole else math.nan


def _all_bases(data: Dataset, asked: Sequence[Window], *, by: str | None, where: dict[str, tuple[str, ...]], card: Definition) -> Bases:
    """The base of every window and segment, the total first; windows of one length and one ledger are read together."""
    bases: Bases = {}
    for ledger, own in each(data, card, [w.open for w in asked]):
        chosen = choose(ledger, by=(by,) if by else (), where=where)
        for places in by_length(asked, own):
            bases |= _bases(ledger, chosen, [asked[i] for i in places], floor=card.min_opening_mrr)
    return {key: bases[key] for key in sorted(bases, key=itemgetter(0))}


def _bases(data: Dataset, chosen: Chosen, asked: Sequence[Window], *, floor: int) -> Bases:
    months, opens = asked[0].months, np.array([w.open for w in asked], dtype=np.int64)
    table = by_profile(data, chosen)
    size = max(len(chosen.labels), 1)
    span = {"earliest": int(opens.min()), "latest": int(opens.max()), "floor": floor}
    steps = data.engine.query("moments", inputs={"chosen": table}, parameters=span, window=months)
    sums = {
        name: _running(steps, name, size=size, span=span)[:, opens - span["earliest"]] for name in steps if name not in {"segment", "m"}
    }
    tops = _largest(data, table, sums["opening_accounts"], opens, months=months, floor=floor)
    bases: Bases = {}
    for column, w in enumerate(asked):
        one = {name: values[:, column] for name, values in sums.items()}
        lists = [tops.get((segment, w.open), _NOBODY) for segment in range(size)]
        bases[w.close, ALL] = _base({name: values.sum() for name, values in one.items()}, np.concatenate(lists, axis=1))
        for segment, label in enumerate(chosen.labels if chosen.labels != ((),) else ()):
            bases[w.close, label[0]] = _base({name: values[segment] for name, values in one.items()}, lists[segment])
    return bases


_NOBODY = np.zeros((3, 0), dtype=np.int64)


def _running(steps: Table, name: str, *, size: int, span: dict[str, int]) -> npt.NDArray[Any]:
    """Running sums of signed steps, segments × months of opening."""
    width = span["latest"] - span["earliest"] + 1
    sums = np.zeros((size, width), dtype=steps[name].dtype)
    sums[steps["segment"], steps["m"] - span["earliest"]] = steps[name]  # one step a segment and month
    running: npt.NDArray[Any] = np.cumsum(sums, axis=1)
    return running


def _largest(
    data: Dataset, table: Table, accounts: npt.NDArray[np.int64], opens: npt.NDArray[np.int64], *, months: int, floor: int
) -> People:
    """The accounts that are drawn one by one, by segment and month of opening."""
    small = [(segment, int(opens[at])) for segment, at in np.argwhere((accounts > 0) & (accounts <= EXACT)).tolist()]
    large = [(segment, int(opens[at])) for segment, at in np.argwhere(accounts > EXACT).tolist()]
    ask = _Asking(data, table, months, floor)
    found = ask("largest", small, most=EXACT)
    if len({month for _, month in large}) > _MANY:
        found |= ask("giants", large, most=MOST)
    return found | ask("largest", [place for place in large if place not in found], most=MOST)


@dataclass(frozen=True, eq=False)
class _Asking:
    """Asks for the accounts that weigh most in some segments and months."""

    data: Dataset
    table: Table
    months: int
    floor: int

    def __call__(self, name: str, places: list[tuple[int, int]], *, most: int) -> People:
        if not places:
            return {}
        segment, month = (np.array(values, dtype=np.int32) for values in zip(*places, strict=True))
        given = {"most": most, "floor": self.floor}
        if name == "giants":
            given |= {"among": _AMONG, "earliest": int(month.min()), "latest": int(month.max()) + self.months}
        inputs = {"chosen": self.table, "opens": {"segment": segment, "m": month}}
        rows = self.data.engine.query(name, inputs=inputs, parameters=given, window=self.months)
        key = rows["segment"].astype(np.int64) * (1 << 32) + rows["m"]
        order = np.argsort(key, kind="stable")
        listed = np.stack([rows[column][order].astype(np.int64) for column in ("account", "opening", "closing")])
        keys, starts = np.unique(key[order], return_index=True)
        parts = zip(keys.tolist(), np.split(listed, starts[1:], axis=1), strict=True)
        found = {(one >> 32, one & 0xFFFFFFFF): part for one, part in parts}
        if name == "largest" or not len(key):
            return found
        others = int(rows["others"][0])
        return {at: part for at, part in found.items() if part.shape[1] == most and int(part[1:].max(axis=0).min()) > others}


def _base(sums: dict[str, Any], people: npt.NDArray[np.int64]) -> Base:
    """A base from its sums, and its accounts in the order of their weight."""
    account, opening, closing = people
    accounts = int(sums["opening_accounts"])
    order = np.lexsort((account, -np.maximum(opening, closing)))[: EXACT if accounts <= EXACT else MOST]
    return Base(
        accounts=accounts,
        retained=int(sums["retained_accounts"]),
        sums=np.array([sums[name] for name in _SUMS], dtype=np.float64),
        squares=np.array([sums[name] for name in _SQUARES], dtype=np.float64),
        largest=np.stack([opening[order], closing[order]]).astype(np.float64),
    )
