"""Where the parts of the runway stand."""

import functools
from typing import Any

import altair as alt

from nrr_core.charts import theme
from nrr_core.charts.plane import Plane

__all__ = ["spec"]


@functools.cache
def spec(left: str) -> dict[str, Any]:
    """The specification of the runway with ``left`` pixels for the amounts beside it."""
    plane = Plane(left=left, right="12", top="52")
    clicked = theme.pick("month")
    half = f"min(datum.half * (width - {plane.left} - {plane.right}) * 0.68, 28)"
    bar = {"c": plane.x(), "px": f"datum.c - {half}", "px2": f"datum.c + {half}", "py": plane.y("datum.f0"), "py2": plane.y("datum.f1")}
    column = {
        "px": plane.x("(datum.fx - datum.half)"),
        "px2": plane.x("(datum.fx + datum.half)"),
        "py": f"{plane.top} - 20",
        "py2": f"height - {plane.bottom}",
    }
    look: dict[str, Any] = {
        "aria": False,
        "color": theme.colour("accent"),
        "fillOpacity": alt.ExprRef("datum.state == 'open' ? 0.22 : 1"),
        "stroke": theme.colour("accent"),
        "strokeWidth": 1,
    }
    key = {"kx": "narrow ? 8 : datum.place * 240 + 8", "ky": "narrow ? datum.place * 18 + 10 : 12"}  # side by side, on phones stacked
    swatch = key | {"px": "datum.kx", "px2": "datum.kx + 12", "py": "datum.ky - 6", "py2": "datum.ky + 6"}
    label = {"tx": f"min(max({plane.x()}, {left} + 20), width - 32)", "ty": f"{plane.y()} - 9"}
    return theme.finish(
        [
            *plane.grid(),
            theme.layer("bars", bar).mark_rect(**look).encode(**theme.spot(span="xy")),
            theme.layer("keys", swatch).mark_rect(cornerRadius=2, **look).encode(**theme.spot(span="xy")),
            theme.words("keys", "text", key | {"tx": "datum.kx + 18", "ty": "datum.ky"}, align="left", color=theme.colour("ink")),
            theme.words(
                "totals",
                "text",
                label,
                where="narrow ? datum.on_phones : datum.labelled",
                align="center",
                fontSize=11.5,
                fontWeight="bold",
                color=theme.colour("ink"),
            ),
            theme.month_columns(clicked, column),
        ]
    )
