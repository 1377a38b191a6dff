"""Where the parts of the trend stand."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme
from nrr_core.charts.plane import Plane

__all__ = ["spec"]

_HUE: Final = (
    "datum.role == 'accent' ? accent : datum.role == 'total' ? total : datum.role == 'gain' ? gain : datum.role == 'loss' ? loss : muted"
)
_DASH: Final = "datum.role == 'muted' ? [8, 3] : [1, 0]"  # colour never alone


def _lines(plane: Plane) -> list[alt.Chart]:
    full = theme.layer("points", plane.at(), where="!datum.partial")
    tail = theme.layer("tails", plane.at())
    look: dict[str, Any] = {"color": theme.colour(_HUE), "aria": False, "strokeJoin": "round"}
    band = plane.at() | {"py": plane.y("datum.f_lower"), "py2": plane.y("datum.f_upper")}
    width = alt.ExprRef("datum.role == 'accent' ? 3 : 2")
    lines = {**theme.spot(), "detail": "line:N", "order": alt.Order("fx:Q")}
    return [
        theme.layer("points", band, where="isValid(datum.f_lower) && isValid(datum.f_upper)")
        .mark_area(aria=False, opacity=0.16, color=theme.colour(_HUE))
        .encode(**theme.spot(span="y"), detail="line:N"),
        full.mark_line(strokeWidth=width, strokeDash=alt.ExprRef(_DASH), **look).encode(**lines),
        tail.mark_line(strokeWidth=width, strokeDash=[3, 4], **look).encode(**lines),
        theme.layer("points", plane.at(), where="datum.partial || datum.alone")
        .mark_point(
            size=54,
            filled=True,
            fill=theme.colour(f"datum.partial ? paper : {_HUE}"),
            fillOpacity=1,
            opacity=1,
            strokeWidth=2,
            stroke=theme.colour(_HUE),
            aria=False,
        )
        .encode(**theme.spot()),
    ]


def _aims(plane: Plane) -> list[alt.Chart]:
    """The words of the targets, on a ground of paper: lines may cross them."""
    place = {"tx": f"{plane.left} + 4", "ty": f"{plane.y()} - 8"}
    look: dict[str, Any] = {"align": "left", "fontSize": 11}
    ground = theme.words("targets", "text", place, stroke=theme.colour("paper"), strokeWidth=4, strokeJoin="round", **look)
    return [ground, theme.words("targets", "text", place, **(look | {"color": theme.colour(_HUE)}))]


@functools.cache
def spec(right: str) -> dict[str, Any]:
    """The specification of the trend with ``right`` (pixels or an expression) for the labels at the line ends."""
    plane = Plane(right=right, top="24")
    clicked = theme.pick("month")
    column = {
        "px": f"max({plane.x('(datum.fx - datum.half)')}, {plane.left} - 6)",
        "px2": f"min({plane.x('(datum.fx + datum.half)')}, width - {right} + 6)",
        "py": plane.top,
        "py2": f"height - {plane.bottom}",
    }
    columns = theme.month_columns(clicked, column)
    across = {"px": plane.left, "px2": f"width - {right}", "py": plane.y()}
    partial = {"tx": plane.x(), "ty": "10"}
    label = {"tx": f"{plane.x()} + 9", "ty": plane.y()}
    return theme.finish(
        [
            *plane.grid(),
            theme.layer("targets", across)
            .mark_rule(aria=False, color=theme.colour(_HUE), strokeDash=[10, 4, 2, 4], strokeWidth=1.25, opacity=0.8)
            .encode(**theme.spot(span="x")),
            *_lines(plane),
            *_aims(plane),
            theme.words(
                "ends",
                "text",
                label,
                align="left",
                fontSize=12.5,
                fontWeight="bold",
                color=theme.colour(_HUE),
                limit=alt.ExprRef(f"{right} - 10"),
            ),
            theme.words(
                "months",
                "note",
                partial | {"note": "'partial'"},
                where="datum.partial",
                fontSize=11,
                fontStyle="italic",
                align="center",
            ),
            columns,
        ]
    )
