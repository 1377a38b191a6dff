"""The masking alarm: an NRR that looks well while something beneath it does not."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.explain.findings import MIN_BASE
from nrr_core.explain.intervals import require_point_to_point
from nrr_core.explore import Filter, movements, retention
from nrr_core.formats import percent_text, plain_text
from nrr_core.frames import to_frame
from nrr_core.ledgers import under
from nrr_core.measures import by_profile, choose
from nrr_core.periods import Window, month_text
from nrr_core.schema import ALL, UNIT
from nrr_core.selection import frozen_where, windows
from nrr_core.stamp import stamp
from nrr_core.targets import Targets, is_met

__all__ = ["DEFAULT_NRR", "RULES", "masking"]

RULES: Final = ("under_target", "falling", "narrow")
DEFAULT_NRR: Final = 1.0  # the target of NRR where none is set
_BENEATH = {"grr": "GRR", "logo_retention": "logo retention"}
_FALLS = 3  # in a row, month by month
_TOP = 5
_FEW = 5  # fewer than one account in so many has grown
_COLUMNS = (
    "segment", "rule", "measure", "accounts", "small", "nrr", "nrr_target", "value", "target", "before", "expanded", "from_top_5",
    "sentence",
)  # fmt: skip
_FIGURES = ("nrr", "nrr_target", "value", "target", "before", "expanded", "from_top_5")

Row = dict[str, Any]


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

    """
    card = card.over(window)
    require_point_to_point(card, segments=by is not None or bool(where))
    kept, targets = frozen_where(where), targets or Targets()
    close = close or month_text(data.last)
    asked = windows(card.window_months, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start)[0]
    past = _past(data, asked, by=by, where=dict(kept), card=card)
    bridge = movements(data, window=asked.months, by=by, where=dict(kept), close=close, card=card)
    gains = _gains(data, asked, by=by, where=dict(kept), card=card)
    rows: list[Row] = []
    for moved in _records(bridge):
        segment = moved["segment"]
        place = (by, segment) if by is not None and segment != ALL else (None, None)
        rows += _beneath(past[segment], place, targets) if segment in past else []
        rows += _narrow(moved, gains.get(segment, 0))
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
    closes = [month_text(asked.close - back) for back in range(_FALLS, -1, -1)]
    frame = retention(data, window=asked.months, by=by, where=where, card=card)
    held = frame[frame["close"].isin(closes)]
    found: dict[str, list[Row]] = {}
    for row in _records(held):
        found.setdefault(row["segment"], []).append(row)
    return found


def _records(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _beneath(past: list[Row], place: tuple[str | None, str | None], targets: Targets) -> list[Row]:
    """The alarms of one segment whose NRR holds while a measure beneath it does not."""
    now = past[-1]
    wanted = targets.of("nrr", *place)
    aim = DEFAULT_NRR if wanted is None else wanted
    if math.isnan(now["nrr"]) or not is_met("nrr", now["nrr"], aim):
        return []
    against = (
        f"meets its target of {percent_text(aim)}" if wanted is not None else "looks well (no target is set, so it is held against 100%)"
    )
    holds = f"{_named(now['segment'])}NRR of {percent_text(now['nrr'])} {against}"
    same = {"segment": now["segment"], **_base(now), "nrr": now["nrr"], "nrr_target": aim}
    rows: list[Row] = []
    for measure, label in _BENEATH.items():
        value, target = now[measure], targets.of(measure, *place)
        if target is not None and not is_met(measure, value, target):
            said = f"{holds}, but {label} is {percent_text(value)}, under its target of {percent_text(target)}.{_few(now)}"
            rows.append({**same, "rule": "under_target", "measure": measure, "value": value, "target": target, "sentence": said})
        values = [row[measure] for row in past]
        if len(values) > _FALLS and all(later < earlier for earlier, later in pairwise(values)):
            steps = ", ".join(percent_text(one) for one in values)
            said = f"{holds}, but {label} fell three months running: {steps}.{_few(now)}"
            rows.append({**same, "rule": "falling", "measure": measure, "value": value, "before": values[0], "sentence": said})
    return rows


def _narrow(moved: Row, top: int) -> list[Row]:
    """The alarm of one segment whose expansion rests on few accounts."""
    accounts, grown, gained = int(moved["opening_accounts"]), int(moved["expansion_accounts"]), int(moved["expansion_mrr"] * UNIT)
    if not gained or _FEW * grown >= accounts or 2 * top <= gained:
        return []
    expanded, share = grown / accounts, top / gained
    few = f"{grown:,} of {accounts:,} opening accounts" if grown != 1 else f"1 of {accounts:,} opening accounts"
    rest = f"the {_TOP} largest expansions make {percent_text(share)} of all expansion" if grown > 1 else "it makes all of the expansion"
    said = f"{_named(moved['segment'])}Only {percent_text(expanded)} of accounts expanded ({few}), and {rest}.{_few(moved)}"
    return [{"segment": moved["segment"], **_base(moved), "rule": "narrow", "expanded": expanded, "from_top_5": share, "sentence": said}]


def _base(row: Row) -> Row:
    return {"accounts": int(row["opening_accounts"]), "small": int(row["opening_accounts"]) < MIN_BASE}


def _named(segment: str) -> str:
    return "" if segment == ALL else f"{plain_text(segment)}: "


def _few(row: Row) -> str:
    count = int(row["opening_accounts"])
    return "" if count >= MIN_BASE else f" It rests on {count} {'account' if count == 1 else 'accounts'} only."


def _gains(data: Dataset, asked: Window, *, by: str | None, where: Mapping[str, Any], card: Definition) -> dict[str, int]:
    """The five largest expansions added up, by segment and of all."""
    ledger = under(data, card, opening=asked.open)
    chosen = choose(ledger, by=(by,) if by else (), where=where)
    parameters = {"open": asked.open, "most": _TOP, "floor": card.min_opening_mrr}
    rows = ledger.engine.query("gains", inputs={"chosen": by_profile(ledger, chosen)}, parameters=parameters, window=asked.months)
    gain, segment = rows["gain"].astype(np.int64), rows["segment"]
    found = {ALL: int(np.sort(gain)[::-1][:_TOP].sum())}
    if by is not None:
        found |= {label[0]: int(gain[segment == place].sum()) for place, label in enumerate(chosen.labels)}
    return found
