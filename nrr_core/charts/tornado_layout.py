"""Where the parts of the tornado stand: names beside the bars, on phones above them."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HEAD", "ROW", "spec"]

ROW: Final = 44
HEAD: Final = 42
_LEFT: Final = "(narrow ? 0 : min(196, width * 0.24))"
_Y: Final = f"({HEAD} + (datum.row + 0.5) * {ROW} + (narrow ? 8 : 0))"
_HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss : muted"


def _x(fraction: str, pad: int) -> str:
    """Pixel along the axis, with room for the texts beyond the longest bars."""
    room = f"(narrow ? 66 : {pad})"
    return f"({_LEFT} + {room} + {fraction} * (width - {_LEFT} - 2 * {room}))"


def _texts(pad: int) -> list[alt.Chart]:
    """Step and value beyond each bar: in one line, on phones in two."""
    beyond = {"tx": f"{_x('datum.f_label', pad)} + (datum.left ? -7 : 7)"}
    look: dict[str, Any] = {"align": alt.ExprRef("datum.left ? 'right' : 'left'")}
    bold: dict[str, Any] = look | {"fontWeight": "bold", "color": theme.colour(_HUE)}
    return [
        theme.words("bars", "text", beyond | {"ty": _Y}, where="!narrow", limit=pad - 8, **bold),
        theme.words("bars", "phone", beyond | {"ty": f"{_Y} - 6"}, where="narrow", fontSize=11, limit=60, **look),
        theme.words("bars", "exact", beyond | {"ty": f"{_Y} + 8"}, where="narrow", limit=60, **bold),
    ]


def _names() -> list[alt.Chart]:
    """The levers' names; on phones they lie over the rules and keep them off."""
    place = {"tx": "narrow ? 4 : " + _LEFT, "ty": f"narrow ? {_Y} - 22 : {_Y}"}
    look: dict[str, Any] = {
        "align": alt.ExprRef("narrow ? 'left' : 'right'"),
        "fontSize": alt.ExprRef("narrow ? 12 : 13"),
        "fontWeight": "bold",
        "limit": alt.ExprRef(f"narrow ? width - 8 : {_LEFT} - 4"),
    }
    halo: dict[str, Any] = {"stroke": theme.colour("paper"), "strokeWidth": 4, "strokeJoin": "round"}
    return [
        theme.words("rows", "label", place, where="narrow", **look, **halo),
        theme.words("rows", "label", place, color=theme.colour("ink"), **look),
    ]


@functools.cache
def spec(pad: int) -> dict[str, Any]:
    """The specification of the tornado with ``pad`` pixels for the texts beyond the bars."""
    clicked = theme.pick("lever")
    places = {
        "a": _x("datum.f_base", pad),
        "b": _x("datum.f", pad),
        "px": "min(datum.a, datum.b)",
        "px2": "max(datum.a, datum.b)",
        "py": f"{_Y} - (narrow ? 9 : 12)",
        "py2": f"{_Y} + (narrow ? 9 : 12)",
    }
    bars = (
        theme.layer("bars", places)
        .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour(_HUE), stroke=theme.colour("paper"), strokeWidth=1)
        .encode(
            **theme.spot(span="xy"),
            opacity=theme.dimmed(clicked),
            description="said:N",
            tooltip=[
                alt.Tooltip("label:N", title="Lever"),
                alt.Tooltip("change:N", title="Change"),
                alt.Tooltip("exact:N", title="Value"),
                alt.Tooltip("points:N", title="Against the base case"),
            ],
        )
        .add_params(clicked)
        .properties(name="bars")
    )
    along = _x("datum.f", pad)
    up = {"px": along, "py": f"{HEAD} - 4", "py2": "height - 4"}
    base = theme.layer("base", up).mark_rule(aria=False, strokeWidth=1.5, color=theme.colour("ink")).encode(**theme.spot(span="y"))
    scale = {"tx": along, "ty": f"{HEAD} - 12", "shown": "narrow && datum.odd ? '' : datum.text"}
    above: dict[str, Any] = {"align": "center", "fontWeight": "bold", "color": theme.colour("ink")}
    return theme.finish(
        [
            theme.layer("ticks", up).mark_rule(aria=False, color=theme.colour("grid")).encode(**theme.spot(span="y")),
            theme.words("ticks", "shown", scale, fontSize=11, align="center"),
            bars,
            base,
            theme.words("base", "text", {"tx": along, "ty": "10"}, **above),
            *_names(),
            *_texts(pad),
            theme.words("rows", "note", {"tx": f"{along} + 7", "ty": _Y}, align="left"),
        ]
    )
