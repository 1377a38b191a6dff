"""Small multiples: one segment's line in front of the others, one chart per card."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import Plane, ratio_axis, runs, value_ticks
from nrr_core.formats import is_number, month_label, percent_text, plain_text
from nrr_core.periods import parse_month

__all__ = ["multiples", "shared_range"]

HEIGHT: Final = 150
CONTEXT: Final = 12  # grey lines at most, largest first as given
_EMPTY: Final = "No full window yet."
_HUE: Final = "datum.kind == 'gain' ? gain : loss"


def shared_range(points: pd.DataFrame) -> tuple[float, float]:
    """The vertical range for all cards of a page: round ends around every value, every end of an interval and 100 %."""
    named = [name for name in ("value", "lower", "upper") if name in points]
    axis = ratio_axis([value for name in named for value in points[name] if is_number(value)])
    return axis.low, axis.high


@functools.cache
def _spec() -> dict[str, Any]:
    plane = Plane(left="40", right="54", top="10", bottom="24")
    lines: dict[str, Any] = {**theme.spot(), "detail": "line:N", "order": alt.Order("fx:Q")}
    band = plane.at() | {"py": plane.y("datum.f_lower"), "py2": plane.y("datum.f_upper")}
    dots = (
        theme.layer("own", plane.at())
        .mark_circle(size=50, opacity=0, color=theme.colour(_HUE))
        .encode(**theme.spot(), description="said:N", tooltip=alt.Tooltip("said:N", title="Month"))
    )
    return theme.finish(
        [
            *plane.grid(),
            theme.layer("context", plane.at()).mark_line(strokeWidth=1, color=theme.colour("faint"), aria=False).encode(**lines),
            theme.layer("own", band, where="isValid(datum.f_lower) && isValid(datum.f_upper)")
            .mark_area(aria=False, opacity=0.16, color=theme.colour(_HUE))
            .encode(**theme.spot(span="y"), detail="line:N"),
            theme.layer("own", plane.at(), where="!datum.partial")
            .mark_line(strokeWidth=2.5, strokeJoin="round", color=theme.colour(_HUE), aria=False)
            .encode(**lines),
            theme.layer("own", plane.at(), where="datum.late")
            .mark_line(strokeWidth=2.5, strokeDash=[2, 3], color=theme.colour(_HUE), aria=False)
            .encode(**lines),
            theme.layer("ends", plane.at())
            .mark_point(
                size=46,
                filled=True,
                opacity=1,
                strokeWidth=2,
                fill=theme.colour(f"datum.partial ? paper : ({_HUE})"),
                stroke=theme.colour(_HUE),
                aria=False,
            )
            .encode(**theme.spot()),
            theme.words(
                "ends",
                "text",
                {"tx": f"{plane.x()} + 7", "ty": plane.y()},
                align="left",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            dots,
        ]
    )


def multiples(points: pd.DataFrame, *, segment: str, low: float, high: float) -> Chart:
    """One segment's retention over time; the other segments are grey context.

    Parameters
    ----------
    points
        ``month`` (YYYY-MM), ``segment`` (text), ``value`` (ratio or None); optional ``lower`` and ``upper`` (interval,
        ratios) and ``partial`` (bool). All segments of the page.
    segment
        The one in front.
    low, high
        The range all cards share, from ``shared_range``.

    Returns
    -------
    Chart
        No click. The card carries the segment's name; a segment without values shows a sentence.

    """
    points = points.assign(partial=points["partial"].astype(bool) if "partial" in points else False)
    points = points.assign(**{name: None for name in ("lower", "upper") if name not in points})
    axis = ratio_axis([low, high])
    first, last = (parse_month(points["month"].min()), parse_month(points["month"].max())) if len(points) else (0, 0)
    placed = points.sort_values(["segment", "month"], kind="stable").reset_index(drop=True)
    placed["fx"] = [(parse_month(month) - first) / ((last - first) or 1) for month in placed["month"]]
    placed["run"] = runs([is_number(value) for value in placed["value"]])
    placed["line"] = [f"{plain_text(name)}.{run}" for name, run in zip(placed["segment"], placed["run"], strict=True)]
    placed = placed[placed["value"].notna()].reset_index(drop=True)
    placed["fy"] = [axis.fraction(value) for value in placed["value"]]
    own = placed[placed["segment"] == segment].reset_index(drop=True)
    for name in ("lower", "upper"):
        own[f"f_{name}"] = [axis.fraction(value) if is_number(value) else None for value in own[name]]
    others = list(dict.fromkeys(points.loc[points["segment"] != segment, "segment"]))[:CONTEXT]
    final = own["value"].iloc[-1] if len(own) else None
    own["kind"] = "gain" if final is not None and final >= 1 else "loss"
    own["late"] = own["partial"] | own["partial"].shift(-1, fill_value=False)
    own["said"] = [
        f"{month_label(month)}: {percent_text(value)}{' (partial)' if partial else ''}"
        for month, value, partial in zip(own["month"], own["value"], own["partial"], strict=True)
    ]
    times = _ends_of(points) if len(own) else pd.DataFrame()
    datasets = {
        "own": own,
        "context": placed[placed["segment"].isin(others)],
        "ends": own.tail(1).assign(text=percent_text(final, digits=0)),
        "values": _few(value_ticks(axis)) if len(own) else pd.DataFrame(),
        "times": times,
        "notice": pd.DataFrame({"text": [] if len(own) else [_EMPTY]}, dtype="str"),
    }
    said = f"{plain_text(segment)}: " + (f"from {own['said'].iloc[0]} to {own['said'].iloc[-1]}." if len(own) else _EMPTY)
    return Chart({**_spec(), "height": HEIGHT}, datasets, said, None, HEIGHT)


def _ends_of(points: pd.DataFrame) -> pd.DataFrame:
    ends = [points["month"].min(), points["month"].max()]
    return pd.DataFrame({"fx": [0.0, 1.0], "text": [month_label(month) for month in ends], "rank": 0}).drop_duplicates("text")


def _few(values: pd.DataFrame) -> pd.DataFrame:
    """The two ends and the 100 % line: a small chart has room for no more."""
    return values[values["strong"] | values.index.isin([0, len(values) - 1])]
