"""The fan's frames: lines, bands and the labels at their ends, placed on one time axis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from nrr_core.charts.fan_layout import BOTTOM, HEIGHT, TOP
from nrr_core.charts.scales import Axis, spread
from nrr_core.periods import parse_month

__all__ = ["SERIES", "Months", "bands_of", "ends_of", "lines_of", "start_of"]

SERIES: Final = ("baseline", "scenario", "history")  # from back to front
_GAP: Final = 16 / (HEIGHT - TOP - BOTTOM)


@dataclass(frozen=True, slots=True)
class Months:
    """The months from the first to the last, and where history ends."""

    first: int
    last: int
    start: str

    def place(self, month: str) -> float:
        """Fraction of the horizontal axis."""
        return (parse_month(month) - self.first) / ((self.last - self.first) or 1)

    @property
    def split(self) -> bool:
        """Whether the end of history lies before the end of the chart."""
        return self.first <= parse_month(self.start) < self.last


def _last(points: pd.DataFrame, start: str) -> float | None:
    """The last value of history, where forecasts begin."""
    values = points.loc[(points["series"] == "history") & (points["month"] == start), "value"].dropna()
    return float(values.iloc[0]) if len(values) else None


def _anchored(points: pd.DataFrame, start: str) -> pd.DataFrame:
    """The same points, each forecast beginning at the end of history."""
    last = _last(points, start)
    began = set(points.loc[points["month"] <= start, "series"])
    names = [name for name in ("baseline", "scenario") if name in set(points["series"]) - began]
    if last is None or not names:
        return points
    return pd.concat([points, pd.DataFrame({"month": start, "series": names, "value": last})], ignore_index=True)


def lines_of(points: pd.DataFrame, months: Months, axis: Axis) -> pd.DataFrame:
    """One row per known value, with its place and its unbroken line, history in front; forecasts begin where history ends."""
    points = _anchored(points, months.start)
    order = points["series"].map({name: k for k, name in enumerate(SERIES)})
    rows = points.assign(order=order, role=points["series"]).sort_values(["order", "month"], kind="stable")
    gaps = rows["value"].isna().groupby(rows["series"]).cumsum()
    rows["line"] = [f"{name}.{gap}" for name, gap in zip(rows["series"], gaps, strict=True)]
    rows = rows.dropna(subset=["value"]).reset_index(drop=True)
    rows["fx"] = [months.place(month) for month in rows["month"]]
    rows["fy"] = [axis.fraction(value) for value in rows["value"]]
    rows["alone"] = rows.groupby("line")["line"].transform("size") == 1
    rows["last"] = (rows["series"] == "history") & (rows["month"] == months.start) & months.split
    return rows


def bands_of(bands: pd.DataFrame, points: pd.DataFrame, months: Months, axis: Axis) -> pd.DataFrame:
    """The bands, widest first, each from the end of history on."""
    last = _last(points, months.start)
    shares = sorted(set(bands["share"]) - set(bands.loc[bands["month"] <= months.start, "share"]))
    if last is not None and shares:
        bands = pd.concat([bands, pd.DataFrame({"month": months.start, "share": shares, "low": last, "high": last})], ignore_index=True)
    bands = bands.sort_values(["share", "month"], ascending=[False, True]).reset_index(drop=True)
    return bands.assign(
        band=[f"{share:g}" for share in bands["share"]],
        fx=[months.place(month) for month in bands["month"]],
        f_low=[axis.fraction(value) for value in bands["low"]],
        f_high=[axis.fraction(value) for value in bands["high"]],
        alone=bands.groupby("share")["share"].transform("size") == 1,
    )


def ends_of(lines: pd.DataFrame, months: Months, axis: Axis, texts: Callable[[float], str], target: float | None) -> pd.DataFrame:
    """The labels at the line ends and the target's, moved apart where they would overlap."""
    last = lines[~(lines["series"].eq("history") & months.split)].groupby("line", sort=False).tail(1).groupby("series", sort=False).tail(1)
    rows = [
        {"fx": fx, "fy": fy, "role": role, "text": f"{role.capitalize()} {texts(value)}"}
        for fx, fy, role, value in zip(last["fx"], last["fy"], last["role"], last["value"], strict=True)
    ]
    if target is not None:
        rows.append({"fx": 1.0, "fy": axis.fraction(target), "role": "target", "text": f"Target {texts(target)}"})
    return pd.DataFrame(rows, columns=["fx", "fy", "role", "text"]).assign(fy=spread([row["fy"] for row in rows], gap=_GAP))


def start_of(lines: pd.DataFrame, months: Months, texts: Callable[[float], str]) -> pd.DataFrame:
    """The rule between history and forecast, or no row where there is nothing to part."""
    last = _last(lines, months.start)
    long = "History" if last is None else f"History, last {texts(last)}"
    return pd.DataFrame({"fx": [months.place(months.start)], "long": [long]}).head(int(months.split))
