"""Where the parts of the drivers' bars stand."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HEAD", "ROW", "spec"]

ROW: Final = 40
HEAD: Final = 6
_LEFT: Final = "(width < 420 ? 132 : 176)"
_ROOM: Final = 62  # for the amount beyond a bar


def _x(fraction: str) -> str:
    return f"({_LEFT} + {fraction} * (width - {_LEFT} - {_ROOM}))"


_Y: Final = f"({HEAD} + (datum.row + 0.5) * {ROW})"
_HUE: Final = "datum.kind == 'unknown' ? muted : (datum.side == 'gain') == (datum.f1 >= datum.f0) ? gain : loss"
_BARS: Final = {
    "a": _x("datum.f0"),
    "b": _x("datum.f1"),
    "px": "min(datum.a, datum.b) - (datum.a == datum.b ? 1 : 0)",
    "px2": "max(datum.a, datum.b) + (datum.a == datum.b ? 1 : 0)",
    "py": f"{_Y} - 10",
    "py2": f"{_Y} + 10",
}


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the drivers."""
    clicked = theme.pick("driver")
    bars = (
        theme.layer("drivers", _BARS)
        .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour(_HUE), fillOpacity=alt.ExprRef("datum.kind == 'top' ? 1 : 0.5"))
        .encode(
            **theme.spot(span="xy"),
            opacity=theme.dimmed(clicked),
            description="said:N",
            tooltip=[
                alt.Tooltip("label:N", title="Driver"),
                alt.Tooltip("amount:Q", title="Amount", format=",.0f"),
                alt.Tooltip("base:N", title="Share"),
            ],
        )
        .add_params(clicked)
        .properties(name="bars")
    )
    up = {"px": _x("datum.f"), "py": "0", "py2": "height"}
    zero = theme.layer("zero", up).mark_rule(color=theme.colour("faint"), aria=False).encode(**theme.spot(span="y"))
    name = {"tx": f"{_LEFT} - 8", "ty": f"{_Y} - 8"}
    return theme.finish(
        [
            zero,
            bars,
            theme.words(
                "drivers",
                "text",
                {"tx": f"max({_x('datum.f0')}, {_x('datum.f1')}) + 6", "ty": _Y},
                align="left",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            theme.words(
                "drivers",
                "label",
                name,
                align="right",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour("datum.kind == 'unknown' ? muted : ink"),
                limit=alt.ExprRef(f"{_LEFT} - 12"),
            ),
            theme.words("drivers", "base", name | {"ty": f"{_Y} + 8"}, align="right", fontSize=11, limit=alt.ExprRef(f"{_LEFT} - 12")),
        ]
    )
