"""Tornado: which lever moves retention most, from the base case outwards."""

from typing import Any, Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import ratio_texts
from nrr_core.charts.scales import Axis, floats, nice_axis
from nrr_core.charts.tornado_layout import HEAD, ROW, spec
from nrr_core.formats import UNKNOWN, is_number, measure_name, percent_text, plain_text, points_text

__all__ = ["MOST", "tornado"]

MOST: Final = 14
_EMPTY: Final = "No lever has been varied yet."
_NAME, _STEP, _PHONE_STEP = 40, 14, 8  # characters of a lever's name and of its step
_SHORT, _LONG, _FEW = 108, 158, 15  # pixels for few and for many characters beyond a bar, and what few are
_NOTHING: Final = 5e-7  # a difference of retention below this is rounding noise


def _ends(row: dict[Any, Any], base: float) -> list[dict[str, Any]]:
    """The two ends of a lever that have a value, each with the side its text stands on.

    A text stands beyond its own bar. Where both ends lie on one side, the nearer one's stands across the base case.
    """
    known = [(row[f"{name}_text"], row[name], row[name] - base) for name in ("low", "high") if is_number(row[name])]
    longest = max((abs(gap) for *_, gap in known), default=0.0)
    if longest < _NOTHING:
        return []
    ends: list[dict[str, Any]] = []
    for change, value, gap in sorted(known, key=lambda end: -abs(end[2])):
        crossed = bool(ends) and (abs(gap) < _NOTHING or (gap < 0) == ends[0]["left"])
        left = not ends[0]["left"] if crossed else gap < 0
        kind = "none" if abs(gap) < _NOTHING else "gain" if gap > 0 else "loss"
        ends.append(
            {"lever": row["lever"], "row": row["row"], "change": change, "value": value, "kind": kind, "left": left, "crossed": crossed}
        )
    return ends


def _bars(rows: pd.DataFrame, axis: Axis, base: float, measure: str) -> pd.DataFrame:
    columns = ["lever", "row", "change", "value", "kind", "left", "crossed"]
    bars = pd.DataFrame([end for row in rows.to_dict("records") for end in _ends(row, base)], columns=columns)
    bars["f"], bars["f_base"] = [axis.fraction(value) for value in bars["value"]], axis.fraction(base)
    bars["f_label"] = bars["f_base"].where(bars["crossed"].astype(bool), bars["f"])
    bars["label"] = [plain_text(lever, limit=_NAME) for lever in bars["lever"]]
    bars["exact"] = [percent_text(value) for value in bars["value"]]
    bars["points"] = [points_text(value - base) for value in bars["value"]]
    bars["phone"] = [f"{plain_text(change, limit=_PHONE_STEP)} →" for change in bars["change"]]
    bars["change"] = [plain_text(change, limit=_STEP) for change in bars["change"]]
    bars = bars.astype(dict.fromkeys(("label", "exact", "points", "change"), object))  # texts also where nothing moves anything
    bars["text"] = bars["change"] + " → " + bars["exact"]
    bars["said"] = (
        bars["label"] + ", " + bars["change"] + f": {measure} " + bars["exact"] + ", " + bars["points"] + " against the base case"
    )
    return bars


def _ticks(axis: Axis) -> pd.DataFrame:
    places = [axis.fraction(tick) for tick in axis.ticks]
    return pd.DataFrame({"f": places, "text": ratio_texts(axis), "odd": [k % 2 == 1 for k in range(len(places))]})


def tornado(rows: pd.DataFrame, *, base: float, measure: str = "NRR") -> Chart:
    """What each lever alone would do to retention, one step down and one step up, the widest first.

    Parameters
    ----------
    rows
        ``lever`` (its name), ``low`` and ``high`` (ratios at a step down and up, or None), ``low_text`` and ``high_text``
        (those steps, such as ``−10 %``).
    base
        The ratio of the base case.
    measure
        What is shown, for the texts.

    Returns
    -------
    Chart
        Click field ``lever``. Bars start at the base case, as the caption says; at most 14 levers, the caption counts the
        rest. Without a lever or a base case: one sentence.

    """
    rows = rows.assign(low=floats(rows["low"]), high=floats(rows["high"])).reset_index(drop=True)
    rows = rows if is_number(base) else rows.head(0)
    reach = rows[["low", "high"]].assign(base=base)
    rows = rows.assign(swing=reach.max(axis=1) - reach.min(axis=1)).sort_values("swing", ascending=False, kind="stable")
    shown = rows.head(MOST).reset_index(drop=True)
    shown["row"] = range(len(shown))
    height = HEAD + max(len(shown), 3) * ROW + 8
    if shown.empty:
        empty = {name: pd.DataFrame() for name in ("bars", "rows", "base", "ticks")}
        return Chart({**spec(_SHORT), "height": height}, {**empty, "notice": pd.DataFrame({"text": [_EMPTY]})}, _EMPTY, None, height)
    ends = [value for name in ("low", "high") for value in shown[name] if is_number(value)]
    axis = nice_axis([*ends, base], least=0.02)
    name = measure_name(measure)
    bars = _bars(shown, axis, base, name)
    shown["f"], shown["label"] = axis.fraction(base), [plain_text(lever, limit=_NAME) for lever in shown["lever"]]
    known = shown[["low", "high"]].notna().any(axis=1)
    shown["note"] = [
        "" if row in set(bars["row"]) else "no effect" if there else UNKNOWN for row, there in zip(shown["row"], known, strict=True)
    ]
    datasets = {
        "bars": bars,
        "rows": shown[["lever", "row", "label", "note", "f"]],
        "base": pd.DataFrame({"f": [axis.fraction(base)], "text": [f"Base case {percent_text(base)}"]}),
        "ticks": _ticks(axis),
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    drawing = {**spec(_SHORT if bars["text"].str.len().max() <= _FEW else _LONG), "height": height}
    return Chart(drawing, datasets, _alt(shown, bars, base, name), _caption(len(rows) - len(shown), base), height)


def _caption(left_out: int, base: float) -> str:
    start = f"Bars start at the base case, {percent_text(base)}."
    if not left_out:
        return start
    return f"{start} {left_out} lever{'s' if left_out > 1 else ''} with less effect {'are' if left_out > 1 else 'is'} in the table only."


def _alt(shown: pd.DataFrame, bars: pd.DataFrame, base: float, measure: str) -> str:
    texts = {row: ", ".join(own) for row, own in bars.sort_values("value").groupby("row")["text"]}
    told = [f"{label}: {texts.get(row, note)}" for label, row, note in zip(shown["label"], shown["row"], shown["note"], strict=True)]
    return f"Effect of each lever on {measure}, base case {percent_text(base)}. " + "; ".join(told) + "."
