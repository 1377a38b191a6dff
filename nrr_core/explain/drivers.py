"""Drivers of a period: what expansion, contraction and churn came from, ranked by MRR."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.explain.base import Base, by_account, chosen_of, opening_accounts, window_of
from nrr_core.explain.parts import NOT_SPLIT, parts_of
from nrr_core.frames import to_frame
from nrr_core.periods import month_text
from nrr_core.roles import role
from nrr_core.schema import NONE
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["LEFT", "REASON", "TYPE", "Drivers", "drivers"]

TYPE: Final = "type"  # ranked by what changed: seats, price, plan …
REASON: Final = "reason"  # ranked by the reason that was written down
LEFT: Final = "left"  # the type of churn
_UNCODED: Final = (NOT_SPLIT, NONE)


@dataclass(frozen=True, eq=False)
class Drivers:
    """Ranked drivers of one window.

    Attributes
    ----------
    gains
        Drivers of expansion: ranked_by, driver, expansion_mrr, accounts, share (of all expansion), rank (1 = largest; 0
        where the driver is not known: type ``not_split``, segment ``(none)``).
    losses
        Causes of contraction and churn: ranked_by, driver, contraction_mrr, churn_mrr, lost_mrr (both), accounts, share, rank.
    ranked_by
        What was ranked by: ``type``, ``reason`` where the data has such a column, then the dimensions asked for.
    reason
        The column of reasons, or None.

    """

    gains: pd.DataFrame = field(repr=False)
    losses: pd.DataFrame = field(repr=False)
    ranked_by: tuple[str, ...]
    reason: str | None


def drivers(
    data: Dataset,
    *,
    by: str | Sequence[str] | None = None,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> Drivers:
    """What expansion, contraction and churn of one window came from, by type, by reason and by segment.

    Parameters
    ----------
    data, window, where, card, fiscal_start
        As in ``retention``.
    by
        Dimensions to rank as well, each as of window open; default: the owner, where a column is one.
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    Drivers
        Types are those of ``price_split``, and ``left`` for accounts that left. A reason is the last one written down for an
        account within the window; without one the account counts under ``(none)``, which has no rank. The rows of one
        ``ranked_by`` add up to all expansion, contraction and churn.

    """
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    base = opening_accounts(data, asked, where=dict(frozen_where(where)), card=card)
    reason, owner = role(base.data, REASON), role(base.data, "owner")
    wanted = [owner] if by is None and owner else [] if by is None else [by] if isinstance(by, str) else list(by)
    gains, losses = [_gains_by_type(base)], [_losses_by_type(base)]
    named = [TYPE]
    for name in [*([REASON] if reason else []), *dict.fromkeys(wanted)]:
        codes, segments = _reasons(base, reason) if name == REASON and reason else _segments(base, name)
        gains.append(_by_segment(base, name, codes, segments, ("gained",)))
        losses.append(_by_segment(base, name, codes, segments, ("shrunk", "left")))
        named.append(name)
    text = f"drivers, by {', '.join(named)}, window {card.over(window).window_months}, close {month_text(asked.close)}"
    made = stamp(data, card=card, where=frozen_where(where), question=text).as_dict()
    return Drivers(
        gains=_joined(gains, ("expansion_mrr",), made), losses=_joined(losses, ("contraction_mrr", "churn_mrr"), made),
        ranked_by=tuple(named), reason=reason,
    )  # fmt: skip


_Rows = list[tuple[str, str, tuple[int, ...], int]]  # ranked by, driver, amounts, accounts


def _gains_by_type(base: Base) -> _Rows:
    grew = base.gained > 0
    parts = {name: values[grew] for name, values in parts_of(base).items()}
    return [(TYPE, name, (int(values.sum()),), int(np.count_nonzero(values))) for name, values in parts.items() if values.any()]


def _losses_by_type(base: Base) -> _Rows:
    shrank, left = base.shrunk > 0, base.left > 0
    parts = {name: -values[shrank] for name, values in parts_of(base).items()}
    rows: _Rows = [(TYPE, name, (int(values.sum()), 0), int(np.count_nonzero(values))) for name, values in parts.items() if values.any()]
    return rows + ([(TYPE, LEFT, (0, int(base.left.sum())), int(np.count_nonzero(left)))] if left.any() else [])


def _segments(base: Base, name: str) -> tuple[Integers, Sequence[str]]:
    axis = base.data.axis(name)
    return base.codes(axis), axis.segments


def _reasons(base: Base, name: str) -> tuple[Integers, Sequence[str]]:
    """The last reason written down for each account within the window, blank where there is none."""
    axis = base.data.axis(name)
    blank = axis.segments.index(NONE) if NONE in axis.segments else None
    place = {"open": base.window.open, "close": base.window.close}
    found = base.data.engine.query("coded", parameters=place, inputs={"chosen": chosen_of(axis, without=blank)})
    return by_account(base, found["account"], found["segment"], len(axis.segments)), (*axis.segments, NONE)


def _by_segment(base: Base, name: str, codes: Integers, segments: Sequence[str], measured: Sequence[str]) -> _Rows:
    """Amounts of some measures of the accounts by segment."""
    size = len(segments)
    amounts = [getattr(base, measure) for measure in measured]
    sums = [base.summed(values, codes, size).tolist() for values in amounts]
    touched = np.bincount(codes[sum(amounts) > 0], minlength=size).tolist() if len(codes) else [0] * size
    rows: dict[str, tuple[tuple[int, ...], int]] = {}
    for i in np.flatnonzero(touched).tolist():
        rows[segments[i]] = (tuple(one[i] for one in sums), touched[i])
    return [(name, segment, *row) for segment, row in rows.items()]


def _joined(groups: Sequence[_Rows], names: Sequence[str], made: dict[str, Any]) -> pd.DataFrame:
    """The rows of all rankings, each ordered by MRR with the uncoded last."""
    rows: list[tuple[str, str, tuple[int, ...], int, float, int]] = []
    for group in groups:
        whole = sum(sum(amounts) for _, _, amounts, _ in group)
        ordered = sorted(group, key=lambda row: (row[1] in _UNCODED, -sum(row[2]), row[1]))
        rows += [(*row, sum(row[2]) / whole if whole else float("nan"), 0 if row[1] in _UNCODED else k) for k, row in enumerate(ordered, 1)]
    columns: dict[str, Any] = {"ranked_by": [row[0] for row in rows], "driver": [row[1] for row in rows]}
    for k, name in enumerate(names):
        columns[name] = np.array([row[2][k] for row in rows], dtype=np.int64)
    if len(names) > 1:
        columns["lost_mrr"] = np.array([sum(row[2]) for row in rows], dtype=np.int64)
    columns |= {
        "accounts": np.array([row[3] for row in rows], dtype=np.int64),
        "share": np.array([row[4] for row in rows], dtype=np.float64),
        "rank": np.array([row[5] for row in rows], dtype=np.int64),
    }
    return to_frame(columns, order=[*columns], stamp=made)
