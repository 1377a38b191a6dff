"""The masking alarm: an NRR that looks well while something beneath it does not."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.explain.alarms import FALLS, TOP, Growth, Row, beneath, narrow
from nrr_core.explore import retention
from nrr_core.families import TERMS, Courses, Months, reached, told_apart
from nrr_core.frames import to_frame
from nrr_core.ledgers import under
from nrr_core.measures.chosen import choose
from nrr_core.periods import Window, month_text
from nrr_core.schema import ALL
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp
from nrr_core.targets import Targets

__all__ = ["RULES", "masking"]

RULES: Final = ("under_target", "falling", "narrow")
_GROWING: Final = ("movements", "revenue_window")  # families in which an account has an expansion of its own
_COLUMNS = (
    "segment", "rule", "measure", "accounts", "small", "nrr", "nrr_target", "value", "target", "before", "expanded", "from_top_5",
    "sentence",
)  # fmt: skip
_FIGURES = ("nrr", "nrr_target", "value", "target", "before", "expanded", "from_top_5")


def masking(
    data: Dataset,
    *,
    window: int | str | None = None,
    close: str | None = None,
    by: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
    targets: Targets | None = None,
) -> pd.DataFrame:
    """Where the alarm fires, for the total and for each segment of a dimension.

    Parameters
    ----------
    data, window, by, where, card, fiscal_start
        As in ``retention``.
    close
        ``YYYY-MM``; default: the last month of the data.
    targets
        Of the total and of segments, which fall back to the total's. Without a target of NRR it is 100 %.

    Returns
    -------
    pandas.DataFrame
        One row per alarm, the total as ``(all)`` first: segment, rule, measure (``grr`` or ``logo_retention``; blank for
        the rule ``narrow``), accounts (at open), small (fewer than 10), nrr, nrr_target, value and target of the measure,
        before (the value three months earlier), expanded (share of opening accounts that pay more at the close),
        from_top_5 (share of the expansion that its five largest make), sentence. Figures that a rule does not use are NaN.
        Rules: ``under_target``: NRR is at its target, the measure is under its own. ``falling``: NRR is at its target, the
        measure fell in each of the last three months: the window that closes now and those of the same length that closed
        one, two and three months ago. ``narrow``: fewer than 20 % of the opening accounts expanded, and five of them make
        over half of the expansion. Without an opening nothing fires, nor ``falling`` where the data does not reach back.

    Raises
    ------
    SelectionError, DefinitionError
        As in ``retention``; the renewal base, which has no NRR.

    Notes
    -----
    NRR, GRR and logo retention are those of the card. The expansion of an account is that of its family: movements added
    up, or revenue over two windows. A chain and a mean have none for an account; it is then what the account pays more at
    the close than at the opening of the window itself.

    """
    card = card.over(window)
    card.require_nrr()
    kept, targets = frozen_where(where), targets or Targets()
    close = close or month_text(data.last)
    asked = reached(data, card, close=close, fiscal_start=fiscal_start)[0]
    past = _past(data, asked, by=by, where=dict(kept), card=card)
    grown = _growth(data, asked, by=by, where=dict(kept), card=card)
    rows: list[Row] = []
    for segment in (ALL, *(one for one in grown if one != ALL)):
        place = (by, segment) if by is not None and segment != ALL else (None, None)
        rows += beneath(past[segment], place, targets) if segment in past else []
        rows += narrow(segment, grown[segment])
    columns: dict[str, Any] = {name: [row.get(name, math.nan if name in _FIGURES else "") for row in rows] for name in _COLUMNS}
    for name in _FIGURES:
        columns[name] = np.array(columns[name], dtype=np.float64)
    text = (
        f"masking, window {card.window_months}, by {by or 'nothing'}, close {close}, fiscal year from month {fiscal_start}, "
        f"targets {targets.to_json().decode()}"
    )
    return to_frame(columns, order=_COLUMNS, stamp=stamp(data, card=card, where=kept, question=text).as_dict())


def _past(data: Dataset, asked: Window, *, by: str | None, where: Mapping[str, Any], card: Definition) -> dict[str, list[Row]]:
    """By segment, the rows of the window and of those of its length that closed up to three months before, the oldest first."""
    closes = [month_text(asked.close - back) for back in range(FALLS, -1, -1)]
    frame = retention(data, window=asked.months, by=by, where=where, card=card)
    held = frame[frame["close"].isin(closes)]
    found: dict[str, list[Row]] = {}
    for row in _records(held):
        found.setdefault(row["segment"], []).append(row)
    return found


def _records(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _growth(data: Dataset, asked: Window, *, by: str | None, where: Mapping[str, Any], card: Definition) -> dict[str, Growth]:
    """Of the opening accounts, how many grew and by how much, in all and by segment."""
    ledger = under(data, card, opening=asked.open)
    chosen = choose(ledger, by=(by,) if by else (), where=where)
    family = card.family if card.family in _GROWING else "point_to_point"
    plain = replace(card, family=family, population="opening", returns="separate")
    months, (own, settled) = Months(ledger, chosen), told_apart(plain, asked)
    members: dict[str, Integers | None] = {ALL: None}
    if by is not None:
        found = months.members(own, settled=settled)
        members |= {label: found.get(segment, _NOBODY) for segment, (label,) in enumerate(chosen.labels)}
    grown = {}
    for segment, (label, accounts) in enumerate(members.items(), -1):
        terms = TERMS[family](Courses(months, accounts, segment), plain, asked)
        gain = terms.closing - terms.kept  # returns left out, what is not kept of the closing is expansion
        grown[label] = Growth(int(terms.opens.sum()), int((gain > 0).sum()), int(gain.sum()), int(np.sort(gain)[::-1][:TOP].sum()))
    return grown


_NOBODY: Integers = np.zeros(0, dtype=np.int64)
