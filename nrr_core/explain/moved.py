"""Why NRR moved between two windows, or why it differs between two segments: rate, mix and named accounts, exactly.

With rᵢ the NRR of segment i, wᵢ its share of the opening and r̄ the mean of the two totals:

    ΔNRR = Σ (rᵢᴮ − rᵢᴬ)(wᵢᴬ + wᵢᴮ)/2 [rate] + Σ (wᵢᴮ − wᵢᴬ)((rᵢᴬ + rᵢᴮ)/2 − r̄) [mix]

The rate is 1 + expansion − contraction − churn, so its effect splits into those three, and each of them into accounts.
A segment that is in one window only has no rate to compare; all of its effect is mix. Everything is a fraction of whole
numbers, so nothing is left over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError
from nrr_core.explain.base import Base, opening_accounts, window_of
from nrr_core.explain.effects import PARTS, Effects, places
from nrr_core.formats import month_label
from nrr_core.frames import to_frame
from nrr_core.periods import Window, month_text
from nrr_core.schema import ALL
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["Moved", "Side", "why_moved"]

Place = str | Mapping[str, Sequence[str]] | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared. ``nrr`` is exact, None where nobody paid at the open."""

    label: str
    open: str
    close: str
    accounts: int
    nrr: Fraction | None


@dataclass(frozen=True, eq=False)
class Moved:
    """What moved NRR from one side to the other.

    Attributes
    ----------
    before, after
        The two sides.
    by
        The dimension whose mix is told apart, or None.
    change
        NRR after less NRR before, exact; None where either has no value. Then the frames are empty.
    parts
        One row per part of ``PARTS``: part, effect (exact fraction as text), points (the same as a float, 0.01 = one point).
    segments
        The same for each segment: segment, part, effect, points.
    table
        One row per segment: opening, share of opening and NRR on both sides, points of each part and in all.
    accounts
        The accounts with the largest effect on the rate, then ``(all others)``: account_id, segment, change_before_mrr,
        change_after_mrr (closing less opening in each window), effect, points.

    """

    before: Side
    after: Side
    by: str | None
    windows: bool
    change: Fraction | None
    parts: pd.DataFrame = field(repr=False)
    segments: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    accounts: pd.DataFrame = field(repr=False)


def why_moved(
    data: Dataset,
    *,
    before: Place = None,
    after: Place = None,
    by: str | None = None,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    named: int = 10,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> Moved:
    """Why NRR moved between two windows, or differs between two segments, exactly.

    Parameters
    ----------
    data
        The dataset.
    before, after
        Two closes ``YYYY-MM`` of the same kind of window (default: the last month, and the window one length earlier);
        or two filters ``{"plan": ["Pro"]}`` at the same ``close``.
    by
        The dimension whose mix is told apart from the rates; None: everything is rate.
    window, close, where, card, fiscal_start
        As in ``retention``; ``close`` for two filters only.
    named
        How many accounts are named.

    Returns
    -------
    Moved
        Its effects add up to the change of NRR without a remainder. Above 60 segments the smallest are taken together.

    Raises
    ------
    SelectionError
        A close outside the data, an unknown dimension or segment, a filter beside a close.

    Examples
    --------
    >>> import nrr_core as nrr
    >>> from nrr_core import explain
    >>> data = nrr.read("data/revenue.csv", accounts="data/accounts.csv")
    >>> explain.why_moved(data, before="2024-12", after="2025-12", by="size").parts.points.round(3).tolist()
    [0.039, 0.004, -0.021, 0.007]

    """
    held = frozen_where(where)
    labels, wins, filters = _sides(data, before, after, dict(held), window=window, close=close, card=card, fiscal_start=fiscal_start)
    bases = [opening_accounts(data, w, where=f, card=card) for w, f in zip(wins, filters, strict=True)]
    sides = [_side(label, base) for label, base in zip(labels, bases, strict=True)]
    ends = " to ".join(_said(place, side) for place, side in zip((before, after), sides, strict=True))
    said = f"why NRR moved, {ends}, window {card.over(window).window_months}, by {by or 'nothing'}, named {named}"
    made = stamp(data, card=card, where=held, question=f"{said}, closes {sides[0].close} and {sides[1].close}").as_dict()
    apart = tuple(labels) if by is None and isinstance(after, Mapping) else None
    work = Effects(bases[0], bases[1], *places(by, bases), apart)
    known = sides[0].nrr is not None and sides[1].nrr is not None
    rows = work.effects() if known else []
    people = work.named(named) if known else []
    return Moved(
        before=sides[0],
        after=sides[1],
        by=by,
        windows=not isinstance(after, Mapping),
        change=sides[1].nrr - sides[0].nrr if sides[0].nrr is not None and sides[1].nrr is not None else None,
        parts=_parts(rows, made),
        segments=_effects({"segment": [work.names[i] for i, _, _ in rows], "part": [p for _, p, _ in rows]}, [e for _, _, e in rows], made),
        table=_table(work, rows, made),
        accounts=_people(people, made),
    )


def _sides(
    data: Dataset, before: Place, after: Place, where: Mapping[str, Sequence[str]], *, close: str | None, **asked: Any
) -> tuple[list[str], list[Window], list[Mapping[str, Sequence[str]]]]:
    """Labels, windows and filters of the two sides."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        one = window_of(data, close=close, **asked)
        return [_words(f) for f in (before, after)], [one, one], [dict(where) | dict(frozen_where(f)) for f in (before, after)]
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        raise SelectionError("Compare two closes, or two filters: one of each has no meaning. Give both as YYYY-MM or both as filters.")
    last = window_of(data, close=after or close, **asked)
    if before is None and last.close - last.months - last.months < data.first:
        raise SelectionError(
            f"The data begins in {month_text(data.first)}: there is no window of {last.months} months before the one that closes in "
            f"{month_text(last.close)}. Choose a shorter window, or a close to compare with."
        )
    first = window_of(data, close=before or month_text(last.close - last.months), **asked)
    return [month_label(month_text(w.close)) for w in (first, last)], [first, last], [where, where]


def _words(one: Mapping[str, Sequence[str]]) -> str:
    """A filter as the name of a side: its segments."""
    return ", ".join(segment for _, segments in frozen_where(one) for segment in segments) or ALL


def _said(place: Place, side: Side) -> str:
    """A side for the stamp."""
    return (
        "; ".join(f"{name}: {', '.join(segments)}" for name, segments in frozen_where(place)) if isinstance(place, Mapping) else side.label
    )


def _side(label: str, base: Base) -> Side:
    opening, closing = int(base.opening.sum()), int(base.closing.sum())
    nrr = Fraction(closing, opening) if opening else None
    return Side(label, month_text(base.window.open), month_text(base.window.close), len(base.account), nrr)


def _effects(columns: Mapping[str, Any], effects: Sequence[Fraction], made: Mapping[str, Any]) -> pd.DataFrame:
    """Columns with the effects behind them, exact and as floats."""
    held = dict(columns) | {"effect": [str(e) for e in effects], "points": np.array([float(e) for e in effects], dtype=np.float64)}
    return to_frame(held, order=[*held], stamp=made)


def _parts(rows: Sequence[tuple[int, str, Fraction]], made: Mapping[str, Any]) -> pd.DataFrame:
    names = list(PARTS) if rows else []
    return _effects({"part": names}, [sum((e for _, p, e in rows if p == name), Fraction(0)) for name in names], made)


def _people(people: Sequence[tuple[str, str, int, int, Fraction]], made: Mapping[str, Any]) -> pd.DataFrame:
    columns = {
        "account_id": [row[0] for row in people],
        "segment": [row[1] for row in people],
        "change_before_mrr": np.array([row[2] for row in people], dtype=np.int64),
        "change_after_mrr": np.array([row[3] for row in people], dtype=np.int64),
    }
    return _effects(columns, [row[4] for row in people], made)


def _table(work: Effects, rows: Sequence[tuple[int, str, Fraction]], made: Mapping[str, Any]) -> pd.DataFrame:
    """One row per segment, both sides beside each other."""
    names = work.names if rows else []
    opening, closing = work.sums("opening"), work.sums("closing")
    columns: dict[str, Any] = {"segment": names}
    for k, side in enumerate(("before", "after")):
        s = np.array(opening[k][: len(names)], dtype=np.int64)
        e = np.array(closing[k][: len(names)], dtype=np.int64)
        columns[f"opening_{side}_mrr"] = s
        columns[f"share_{side}"] = np.divide(s, s.sum(), out=np.full(len(s), np.nan), where=s.sum() > 0)
        columns[f"nrr_{side}"] = np.divide(e, s, out=np.full(len(s), np.nan), where=s > 0)
    effects = {(i, p): e for i, p, e in rows}
    for part in PARTS:
        columns[f"{part}_points"] = np.array([float(effects[i, part]) for i in range(len(names))], dtype=np.float64)
    columns["points"] = np.array([float(sum(effects[i, p] for p in PARTS)) for i in range(len(names))], dtype=np.float64)
    return to_frame(columns, order=[*columns], stamp=made)
