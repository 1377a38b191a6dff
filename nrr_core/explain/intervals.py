"""Uncertainty: the range a retention would likely lie in, had a different but similar set of customers signed."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError, nearest
from nrr_core.explain.bases import Bases, bases_of
from nrr_core.explain.findings import MIN_BASE
from nrr_core.explain.resampling import MEASURES, bounds, drawn, in_turn
from nrr_core.families import TERMS, reached
from nrr_core.frames import to_frame
from nrr_core.periods import month_text
from nrr_core.schema import ALL
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["SEED", "has_intervals", "intervals"]

SEED: Final = 1
_LEAST_DRAWS: Final = 100
_COLUMNS = ("close", "segment", "measure", "value", "low", "high", "accounts", "small")
_UNKNOWN = (math.nan, math.nan)

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
    """Intervals of NRR, GRR and logo retention under any card that has them, by an account-level bootstrap.

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
        ``logo_retention``): value (that of ``retention``), low, high (floats; value is NaN where an opening is 0, the
        interval also where one of the openings it rests on is one account), accounts (at open; of the smaller side of a
        difference), small (fewer than 10 of them).
        Where all accounts did the same, low and high are that value: nothing in the data says otherwise.

    Raises
    ------
    SelectionError, DefinitionError
        As in ``retention``; the renewal base, which has no NRR.

    Notes
    -----
    An account is resampled whole (B. Efron, “Bootstrap Methods”, 1979, with Poisson weights): it has one weight in all months
    of a chain and in all windows of a mean. Up to 2,000 accounts each is drawn; above, the 200 that weigh most, and a
    joint normal distribution stands for the sums of the others.

    """
    card = card.over(window)
    card.require_nrr()
    _check(level, draws)
    if against is not None:
        _check_against(data, by, against)
    kept = frozen_where(where)
    asked = reached(data, card, close=close, fiscal_start=fiscal_start)
    bases = bases_of(data, asked, by=by, where=dict(kept), card=card)
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


def has_intervals(card: Definition) -> bool:
    """Whether the card's ratios are made of sums over accounts, which can then be resampled: all but those of the renewal base."""
    return card.family in TERMS


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
    every, rows = [*bases.items()], {}
    for place, made in in_turn([*bases.values()], draws=luck.draws, seed=luck.seed):
        (month, segment), base = every[place]
        for measure in MEASURES:
            found = bounds(made[measure], level=luck.level, equal=base.sums[measure].equal) if base.least > 1 else _UNKNOWN
            told = (base.value(measure), *found, base.accounts, base.accounts < MIN_BASE)
            rows[place, measure] = (month_text(month), segment, measure, *told)
    return [rows[place, measure] for place in range(len(every)) for measure in MEASURES]


def _differences(bases: Bases, against: str, luck: _Luck) -> list[Row]:
    """The rows of every segment against one, window by window."""
    others = {month: base for (month, segment), base in bases.items() if segment == against}
    some = [(at, base) for at, base in bases.items() if at[1] not in {ALL, against} and at[0] in others]
    theirs = dict(zip(others, drawn([*others.values()], draws=luck.draws, seed=luck.seed, stream=1), strict=True))
    rows = {}
    for place, mine in in_turn([base for _, base in some], draws=luck.draws, seed=luck.seed):
        (month, segment), base = some[place]
        other = others[month]
        accounts = min(base.accounts, other.accounts)
        for measure in MEASURES:
            apart, equal = mine[measure] - theirs[month][measure], min(base.sums[measure].equal, other.sums[measure].equal)
            found = bounds(apart, level=luck.level, equal=equal) if min(base.least, other.least) > 1 else _UNKNOWN
            told = (base.value(measure) - other.value(measure), *found, accounts, accounts < MIN_BASE)
            rows[place, measure] = (month_text(month), segment, measure, *told)
    return [rows[place, measure] for place in range(len(some)) for measure in MEASURES]
