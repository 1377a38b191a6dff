"""Trend: retention month by month."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import month_ticks, ratio_axis, runs, value_ticks
from nrr_core.charts.scales import Axis, spread
from nrr_core.charts.trend_layout import spec
from nrr_core.formats import is_number, measure_name, month_label, percent_text, plain_text
from nrr_core.periods import parse_month

__all__ = ["trend"]

HEIGHT: Final = 320
_EMPTY: Final = "No month has a full window behind it yet."
_ROLES: Final = {"nrr": "accent", "grr": "total", "logo_retention": "muted"}
_SHORT: Final = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logos"}
_OTHERS: Final = ("total", "muted", "gain", "loss")
_GAP: Final = 16 / (HEIGHT - 52)


def _points(points: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """One row per known value, with its place, its unbroken run and its words."""
    first, last = parse_month(points["month"].min()), parse_month(points["month"].max())
    names = list(dict.fromkeys(points["series"]))
    roles = {name: _ROLES.get(name, _OTHERS[k % len(_OTHERS)]) for k, name in enumerate(names)}
    frames = []
    for name in names:
        own = points[points["series"] == name].sort_values("month").reset_index(drop=True)
        own["run"] = runs([is_number(value) for value in own["value"]])
        frames.append(own[own["value"].notna()])
    placed: pd.DataFrame = pd.concat(frames, ignore_index=True)
    placed["fx"] = [(parse_month(month) - first) / ((last - first) or 1) for month in placed["month"]]
    for column, place in (("value", "fy"), ("lower", "f_lower"), ("upper", "f_upper")):
        placed[place] = [axis.fraction(value) if is_number(value) else None for value in placed[column]]
    placed["role"] = [roles[name] for name in placed["series"]]
    placed["line"] = [f"{names.index(name)}.{run}" for name, run in zip(placed["series"], placed["run"], strict=True)]
    placed["at"] = [names.index(name) for name in placed["series"]]
    placed["text"] = [percent_text(value) for value in placed["value"]]
    placed["series"] = [plain_text(name) for name in placed["series"]]
    return placed


def _ends(placed: pd.DataFrame) -> pd.DataFrame:
    """The labels at the line ends, moved apart where they would overlap."""
    last = placed.groupby("at", sort=False).tail(1)
    pairs = zip(last["series"], last["text"], strict=True)
    texts = [f"{_SHORT[name]} {text}" if name in _SHORT else f"{text} {name}" for name, text in pairs]  # the value survives
    return pd.DataFrame({"fx": last["fx"], "fy": spread(list(last["fy"]), gap=_GAP), "text": texts, "role": last["role"]})


def _months(points: pd.DataFrame) -> pd.DataFrame:
    """One clickable column per month, which reads out all its values."""
    months = sorted(set(points["month"]))
    first, count = parse_month(months[0]), parse_month(months[-1]) - parse_month(months[0])
    columns = (points["month"], points["series"], points["value"], points["partial"])
    partial: set[str] = set()
    values: dict[str, list[str]] = {month: [] for month in months}
    for month, name, value, unfinished in zip(*columns, strict=True):
        values[month].append(f"{measure_name(name)} {percent_text(value)}")
        partial |= {month} if unfinished else set()
    notes = {month: " (partial)" if month in partial else "" for month in months}
    said = [f"{month_label(month)}{notes[month]}: {', '.join(values[month])}" for month in months]
    places = [(parse_month(month) - first) / (count or 1) for month in months]
    flags = [month in partial for month in months]
    return pd.DataFrame({"month": months, "fx": places, "half": 0.5 / (count or 1), "partial": flags, "said": said})


def trend(points: pd.DataFrame, *, measure: str = "Retention", targets: Mapping[str, float] | None = None) -> Chart:
    """NRR, GRR and logo retention (or one measure for a few segments) month by month around the 100 % line.

    Parameters
    ----------
    points
        ``month`` (YYYY-MM, the close of the window), ``series`` (``nrr``, ``grr``, ``logo_retention`` or a segment's
        name; at most six), ``value`` (ratio or None); optional ``lower`` and ``upper`` (interval, ratios) and
        ``partial`` (bool: the month is not over).
    measure
        What is shown, for the alternative text.
    targets
        Ratio by series: a dashed line across, with its words. Of series that are not drawn, none is.

    Returns
    -------
    Chart
        Click field ``month``. The caption tells the range of the vertical axis. Missing values leave a gap; without
        any value one sentence is shown.

    """
    points = points.reset_index(drop=True)
    points = points.assign(**{name: None for name in ("lower", "upper") if name not in points})
    points["partial"] = points["partial"].astype(bool) if "partial" in points else False
    known = [value for name in ("value", "lower", "upper") for value in points[name] if is_number(value)]
    aims = {name: ratio for name, ratio in (targets or {}).items() if name in set(points["series"])}
    notice = pd.DataFrame({"text": [] if known else [_EMPTY]}, dtype="str")
    right = "92" if set(points["series"]) <= set(_SHORT) else "(narrow ? 112 : 168)"
    drawing = {**spec(right), "height": HEIGHT}
    if not known:
        names = ("points", "tails", "ends", "months", "targets", "values", "times")
        return Chart(drawing, {name: pd.DataFrame() for name in names} | {"notice": notice}, _EMPTY, None, HEIGHT)
    axis = ratio_axis([*known, *aims.values()])
    placed = _points(points, axis)
    counts = placed.groupby("line")["partial"].transform(lambda flags: (~flags).sum())
    placed["alone"] = counts == 1
    datasets = {
        "points": placed,
        "tails": _tails(placed),
        "ends": _ends(placed),
        "months": _months(points),
        "targets": _targets(aims, placed, axis),
        "values": value_ticks(axis),
        "times": month_ticks(sorted(set(points["month"]))),
        "notice": notice,
    }
    span = f"{percent_text(axis.low, digits=0)} to {percent_text(axis.high, digits=0)}"
    return Chart(
        drawing,
        datasets,
        " ".join([_alt(datasets["months"], measure), *(f"{text}." for text in datasets["targets"]["text"])]),
        f"The vertical axis runs from {span}, not from zero.",
        HEIGHT,
    )


def _targets(aims: Mapping[str, float], placed: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """The lines of the targets, in the colour of what they are for."""
    roles = dict(zip(placed["series"], placed["role"], strict=True))
    rows = [
        {"fy": axis.fraction(ratio), "text": f"Target {_SHORT.get(name, name)} {percent_text(ratio)}", "role": roles[name]}
        for name, ratio in aims.items()
        if name in roles
    ]
    return pd.DataFrame(rows, columns=["fy", "text", "role"])


def _tails(placed: pd.DataFrame) -> pd.DataFrame:
    """The last full point and the partial point of each line: drawn dashed."""
    pieces = [group.tail(2) for _, group in placed.groupby("line", sort=False) if group["partial"].iloc[-1]]
    return pd.concat(pieces, ignore_index=True) if pieces else placed.head(0)


def _alt(months: pd.DataFrame, measure: str) -> str:
    said = list(months["said"])
    return f"{plain_text(measure)} by month, {len(said)} months. First, {said[0]}. Last, {said[-1]}."
