"""Fan: history and forecast on one time axis, with the bands of simulated outcomes."""

import math
from collections.abc import Callable
from typing import Final, Literal

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.fan_frames import SERIES, Months, bands_of, ends_of, lines_of, start_of
from nrr_core.charts.fan_layout import HEIGHT, spec
from nrr_core.charts.plane import money_left, money_ticks, month_ticks, ratio_axis, value_ticks
from nrr_core.charts.scales import Axis, floats, nice_axis
from nrr_core.formats import is_number, measure_name, money_text, month_label, percent_text
from nrr_core.periods import parse_month

__all__ = ["fan"]

_EMPTY: Final = "There is neither history nor forecast to draw."
_LONG: Final = 15  # characters beside the line ends, before they get more room


def fan(
    points: pd.DataFrame,
    bands: pd.DataFrame,
    *,
    measure: str = "NRR",
    unit: Literal["ratio", "money"] = "ratio",
    currency: str = "$",
    target: float | None = None,
    start: str,
) -> Chart:
    """What was, what is expected, and how far simulated outcomes lie apart.

    Parameters
    ----------
    points
        ``month`` (YYYY-MM), ``series`` (``history``, ``baseline`` or ``scenario``), ``value`` (ratio or amount, or None).
    bands
        ``month``, ``share`` (of simulated outcomes inside, such as 0.8), ``low``, ``high``; may be empty.
    measure
        What is shown, for the texts.
    unit
        ``ratio`` (drawn around the 100 % line) or ``money``.
    currency
        Written before amounts.
    target
        A value marked across the chart, or None.
    start
        The last month of history (YYYY-MM); forecasts and bands grow from its value.

    Returns
    -------
    Chart
        Click field ``month``. The caption names the bands, and the range of the vertical axis unless that starts at
        zero. A baseline equal to the scenario is not drawn. Missing values leave a gap; without any value one sentence
        is shown.

    """
    points = points[["month", "series", "value"]].assign(value=floats(points["value"])).reset_index(drop=True)
    bands = bands.reindex(columns=["month", "share", "low", "high"]).astype({"month": "object"})
    bands = bands.assign(low=floats(bands["low"]), high=floats(bands["high"])).dropna(subset=["low", "high"])
    same = _same(points)
    points = points[points["series"] != "baseline"] if same else points
    known = list(points["value"].dropna())
    texts: Callable[[float], str] = percent_text if unit == "ratio" else lambda value: money_text(value, currency=currency)
    if not known:
        names = ("points", "bands", "target", "start", "ends", "months", "values", "times")
        empty = {name: pd.DataFrame() for name in names} | {"notice": pd.DataFrame({"text": [_EMPTY]})}
        return Chart({**spec("46", "116"), "height": HEIGHT}, empty, _EMPTY, None, HEIGHT)
    aim = next((value for value in floats([target]) if is_number(value)), None)
    axis = _axis([*known, *bands["low"], *bands["high"], *([] if aim is None else [aim])], unit)
    every = sorted({*points["month"], *bands["month"]})
    months = Months(parse_month(every[0]), parse_month(every[-1]), start)
    lines = lines_of(points, months, axis)
    ends = ends_of(lines, months, axis, texts, aim)
    said = _said(points, bands, texts, measure_name(measure))
    values = value_ticks(axis) if unit == "ratio" else money_ticks(axis, currency)
    datasets = {
        "points": lines,
        "bands": bands_of(bands, points, months, axis),
        "target": pd.DataFrame({"fy": [] if aim is None else [axis.fraction(aim)]}, dtype="float64"),
        "start": start_of(lines, months, texts),
        "ends": ends,
        "months": _columns(said, months),
        "values": values,
        "times": month_ticks(every),
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    left = "46" if unit == "ratio" else money_left(list(values["text"]))
    drawing = spec(left, "116" if max(map(len, ends["text"]), default=0) <= _LONG else "150")
    span = (values["text"].iloc[0], values["text"].iloc[-1]) if axis.low > 0 else None
    alternative = _alt(said, months, measure_name(measure), "" if aim is None else f" Target {texts(aim)}.")
    return Chart({**drawing, "height": HEIGHT}, datasets, alternative, _caption(bands, span, same=same), HEIGHT)


def _axis(values: list[float], unit: str) -> Axis:
    """Around all values: through 100 % for ratios; for money from zero, unless all lie in the upper half."""
    if unit == "ratio":
        return ratio_axis(values)
    natural = min(values) < max(values) / 2
    return nice_axis([*values, 0.0] if natural or min(values) == max(values) else values)


def _same(points: pd.DataFrame) -> bool:
    """Whether the scenario is the baseline, month by month."""
    known = points.dropna(subset=["value"])
    ours, theirs = (known[known["series"] == name].set_index("month")["value"].to_dict() for name in ("scenario", "baseline"))
    return bool(ours) and ours.keys() == theirs.keys() and all(math.isclose(ours[month], theirs[month]) for month in ours)


def _said(points: pd.DataFrame, bands: pd.DataFrame, texts: Callable[[float], str], measure: str) -> dict[str, str]:
    """For each month all its values and bands in words."""
    said: dict[str, list[str]] = {month: [] for month in sorted({*points["month"], *bands["month"]})}
    for name in reversed(SERIES):
        own = points[points["series"] == name]
        for month, value in zip(own["month"], own["value"], strict=True):
            said[month].append(f"{measure if name == 'history' else name} {texts(value)}")
    rows = bands.sort_values("share")
    for month, share, low, high in zip(rows["month"], rows["share"], rows["low"], rows["high"], strict=True):
        said[month].append(f"{share * 100:g} % of outcomes {texts(low)} to {texts(high)}")
    return {month: f"{month_label(month)}: {', '.join(words)}" for month, words in said.items()}


def _columns(said: dict[str, str], months: Months) -> pd.DataFrame:
    """One clickable column per month, which reads all its values."""
    half = 0.5 / ((months.last - months.first) or 1)
    return pd.DataFrame({"month": list(said), "fx": [months.place(month) for month in said], "half": half, "said": list(said.values())})


def _caption(bands: pd.DataFrame, span: tuple[str, str] | None, *, same: bool) -> str | None:
    shares = [f"{share * 100:g}" for share in sorted(set(bands["share"]))]
    named = f"{', '.join(shares[:-1])} and {shares[-1]}" if len(shares) > 1 else "".join(shares)
    sentences = [
        f"Band{'s' if len(shares) > 1 else ''}: {named} % of simulated outcomes." if shares else "",
        "The scenario equals the baseline." if same else "",
        f"The vertical axis runs from {span[0]} to {span[1]}, not from zero." if span else "",
    ]
    return " ".join(filter(None, sentences)) or None


def _alt(said: dict[str, str], months: Months, measure: str, target: str) -> str:
    told = list(said.values())
    last = f" End of history, {said[months.start]}." if months.split and months.start in said else ""
    return f"{measure} by month, {len(told)} months. First, {told[0]}.{last} Last, {told[-1]}.{target}"
