"""Where the parts of the conventions chart stand: a name above each line, a dot on it, its value beside the dot."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HEAD", "ROW", "spec"]

ROW: Final = 44
HEAD: Final = 30
_PAD: Final = "(narrow ? 30 : 44)"
_RIGHT: Final = "(narrow ? 66 : 84)"  # room for the value beyond the last dot
_Y: Final = f"({HEAD} + (datum.row + 0.5) * {ROW} + 8)"
_HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss : total"


def _x(fraction: str) -> str:
    return f"({_PAD} + {fraction} * (width - {_PAD} - {_RIGHT}))"


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the conventions chart."""
    clicked = theme.pick("segment")
    dots = (
        theme.layer("dots", {"px": _x("datum.f"), "py": _Y})
        .mark_point(
            cursor="pointer", filled=True, opacity=1, color=theme.colour(_HUE), size=130,
            stroke=theme.colour("datum.chosen ? ink : paper"), strokeWidth=alt.ExprRef("datum.chosen ? 2.5 : 1"),
        )
        .encode(
            **theme.spot(), opacity=theme.dimmed(clicked), description="said:N",
            tooltip=[alt.Tooltip("label:N", title="Definition"), alt.Tooltip("text:N", title="Value")],
        )
        .add_params(clicked)
        .properties(name="dots")
    )  # fmt: skip
    up = {"px": _x("datum.f"), "py": f"{HEAD} - 6", "py2": "height - 4"}
    stem = {"px": _x("datum.f_one"), "px2": _x("datum.f"), "py": _Y}
    grid = theme.layer("ticks", up).mark_rule(
        aria=False, color=theme.colour("datum.strong ? muted : grid"), strokeDash=alt.ExprRef("datum.strong ? [2, 3] : [1, 0]")
    )
    name: dict[str, Any] = {"align": "left", "fontSize": alt.ExprRef("narrow ? 12 : 13"), "limit": alt.ExprRef("width - 8")}
    halo: dict[str, Any] = {"stroke": theme.colour("paper"), "strokeWidth": 4, "strokeJoin": "round"}
    return theme.finish(
        [
            grid.encode(**theme.spot(span="y")),
            theme.words(
                "ticks",
                "shown",
                {"tx": _x("datum.f"), "ty": "14", "shown": "narrow && datum.odd ? '' : datum.text"},
                fontSize=11,
                align="center",
            ),
            theme.layer("dots", stem)
            .mark_rule(aria=False, strokeWidth=2, color=theme.colour(_HUE), opacity=0.55)
            .encode(**theme.spot(span="x")),
            dots,
            theme.words("rows", "label", {"tx": "4", "ty": f"{_Y} - 19"}, **name, **halo),
            theme.words("rows", "label", {"tx": "4", "ty": f"{_Y} - 19"}, **name, color=theme.colour("ink")),
            theme.words(
                "dots",
                "text",
                {"tx": f"{_x('datum.f')} + 11", "ty": _Y},
                align="left",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            theme.words("rows", "text", {"tx": f"{_x('datum.f_one')} + 7", "ty": _Y}, where="!isValid(datum.f)", align="left"),
        ]
    )
