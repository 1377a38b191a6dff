"""Where the parts of the fan stand."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme
from nrr_core.charts.plane import Plane

__all__ = ["BOTTOM", "HEIGHT", "TOP", "spec"]

HEIGHT, TOP, BOTTOM = 340, 26, 28
_HUE: Final = "datum.role == 'scenario' ? accent : datum.role == 'history' ? ink : datum.role == 'target' ? total : muted"
_DASH: Final = "datum.role == 'scenario' ? [7, 3] : datum.role == 'baseline' ? [2, 3] : [1, 0]"  # colour never alone
_WIDTH: Final = "datum.role == 'scenario' ? 3 : datum.role == 'history' ? 2.5 : 1.5"


def _bands(plane: Plane) -> list[alt.Chart]:
    """Areas from the widest to the narrowest, each over the last; a band of one month is a bar."""
    ends = {"px": plane.x(), "py": plane.y("datum.f_low"), "py2": plane.y("datum.f_high")}
    look: dict[str, Any] = {"aria": False, "color": theme.colour("accent")}
    area = theme.layer("bands", ends, where="!datum.alone").mark_area(opacity=0.16, **look)
    bar = theme.layer("bands", ends, where="datum.alone").mark_rule(opacity=0.2, strokeWidth=10, **look)
    return [area.encode(**theme.spot(span="y"), detail="band:N"), bar.encode(**theme.spot(span="y"))]


def _lines(plane: Plane) -> list[alt.Chart]:
    look: dict[str, Any] = {"aria": False, "strokeJoin": "round", "color": theme.colour(_HUE)}
    lines = {**theme.spot(), "detail": "line:N", "order": alt.Order("fx:Q")}
    return [
        theme.layer("points", plane.at()).mark_line(strokeWidth=alt.ExprRef(_WIDTH), strokeDash=alt.ExprRef(_DASH), **look).encode(**lines),
        theme.layer("points", plane.at(), where="datum.alone || datum.last")
        .mark_circle(size=54, opacity=1, aria=False, color=theme.colour(_HUE))
        .encode(**theme.spot()),
    ]


def _rules(plane: Plane) -> list[alt.Chart]:
    """The target across, and the end of history upwards with its two words."""
    across = {"px": plane.left, "px2": f"width - {plane.right}", "py": plane.y()}
    up = {"px": plane.x(), "py": "16", "py2": f"height - {plane.bottom}"}
    room = f"({plane.x()} - {plane.left})"
    before = {
        "tx": f"{plane.x()} - 7",
        "ty": "10",
        "shown": f"{room} > 140 ? datum.long : {room} > 54 ? 'History' : ''",
    }
    after = {"tx": f"{plane.x()} + 7", "ty": "10", "shown": "'Forecast'"}
    return [
        theme.layer("target", across)
        .mark_rule(aria=False, strokeDash=[6, 4], strokeWidth=1.5, color=theme.colour("total"))
        .encode(**theme.spot(span="x")),
        theme.layer("start", up).mark_rule(aria=False, color=theme.colour("muted")).encode(**theme.spot(span="y")),
        theme.words("start", "shown", before, align="right", fontSize=11.5),
        theme.words("start", "shown", after, align="left", fontSize=11.5),
    ]


@functools.cache
def spec(left: str, right: str) -> dict[str, Any]:
    """The specification of the fan with ``left`` and ``right`` pixels for the texts beside it."""
    plane = Plane(left=left, right=right, top=str(TOP), bottom=str(BOTTOM))
    clicked = theme.pick("month")
    column = {
        "px": f"max({plane.x('(datum.fx - datum.half)')}, {left} - 6)",
        "px2": f"min({plane.x('(datum.fx + datum.half)')}, width - {right} + 6)",
        "py": plane.top,
        "py2": f"height - {plane.bottom}",
    }
    return theme.finish(
        [
            *plane.grid(),
            *_bands(plane),
            *_rules(plane),
            *_lines(plane),
            theme.words(
                "ends",
                "text",
                {"tx": f"{plane.x()} + 9", "ty": plane.y()},
                align="left",
                fontSize=12.5,
                fontWeight="bold",
                color=theme.colour(_HUE),
                limit=alt.ExprRef(f"{right} - 10"),
            ),
            theme.month_columns(clicked, column),
        ]
    )
