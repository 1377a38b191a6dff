"""Where the parts of the owners' books stand."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HEAD", "ROW", "spec"]

ROW: Final = 40
HEAD: Final = 66
_LEFT: Final = "(narrow ? 128 : 190)"
_RIGHT: Final = "(narrow ? 18 : 190)"  # the three figures, where there is room


def _x(fraction: str) -> str:
    return f"({_LEFT} + 12 + {fraction} * (width - {_LEFT} - {_RIGHT} - 24))"


_Y: Final = f"({HEAD} + (datum.row + 0.5) * {ROW})"
_HUE: Final = "datum.rule == 'open' ? total : datum.rule == 'weighted' ? accent : loss"
_LIFT: Final = "(datum.rule == 'open' ? -9 : datum.rule == 'weighted' ? 0 : 9)"  # equal ones stay apart
_SHAPE: Final = "datum.rule == 'open' ? 'circle' : datum.rule == 'weighted' ? 'diamond' : 'triangle-right'"


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the books."""
    clicked = theme.pick("owner")
    quiet: dict[str, Any] = {"aria": False}
    points = (
        theme.layer("marks", {"px": _x("datum.f"), "py": f"{_Y} + {_LIFT}"})
        .mark_point(
            filled=True, size=90, cursor="pointer", color=theme.colour(_HUE), shape=alt.ExprRef(_SHAPE),
            stroke=theme.colour("paper"), strokeWidth=1,
        )
        .encode(
            **theme.spot(),
            opacity=theme.dimmed(clicked),
            description="said:N",
            tooltip=[
                alt.Tooltip("owner:N", title="Owner"),
                alt.Tooltip("rule_name:N", title="Rule"),
                alt.Tooltip("text:N", title="NRR"),
                alt.Tooltip("mrr:N", title="Opening"),
                alt.Tooltip("accounts:Q", title="Accounts", format=","),
            ],
        )
        .add_params(clicked)
        .properties(name="points")
    )  # fmt: skip
    up = {"px": _x("datum.f"), "py": f"{HEAD} - 4", "py2": "height - 4"}
    key = {"at": f"{_LEFT} + datum.k * (narrow ? (width - {_LEFT}) / 3 : 132)"}
    shown = {"tx": f"{_LEFT} - 8"}
    return theme.finish(
        [
            theme.layer("ticks", up).mark_rule(color=theme.colour("datum.strong ? muted : grid"), **quiet).encode(**theme.spot(span="y")),
            theme.words(
                "ticks", "shown", {"tx": _x("datum.f"), "ty": f"{HEAD} - 12", "shown": "narrow && datum.odd ? '' : datum.text"},
                fontSize=11, align="center",
            ),
            theme.layer("total", up)
            .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=theme.colour("ink"), **quiet)
            .encode(**theme.spot(span="y")),
            theme.words(
                "total", "text", {"tx": _x("datum.f"), "ty": f"{HEAD} - 28"}, align="center", fontWeight="bold", color=theme.colour("ink")
            ),
            theme.layer("legend", key | {"px": "datum.at + (narrow ? -100 + datum.k * 20 : 6)", "py": "10"})
            .mark_point(filled=True, size=80, color=theme.colour(_HUE), shape=alt.ExprRef(_SHAPE), opacity=1, **quiet)
            .encode(**theme.spot()),
            theme.words(
                "legend", "text", key | {"tx": "datum.at + (narrow ? -92 + datum.k * 20 : 16)", "ty": "11"}, align="left", fontSize=12
            ),
            theme.layer("rows", {"px": _x("datum.low"), "px2": _x("datum.high"), "py": _Y}, where="isValid(datum.low)")
            .mark_rule(strokeWidth=2, color=theme.colour("faint"), **quiet)
            .encode(**theme.spot(span="x")),
            points,
            theme.words("rows", "shown", {"tx": "width - 4", "ty": _Y, "shown": "narrow ? '' : datum.text"}, align="right", fontSize=12),
            theme.words(
                "rows", "label", shown | {"ty": f"{_Y} - 8"}, align="right", fontSize=13, fontWeight="bold",
                color=theme.colour("datum.small ? muted : ink"), limit=alt.ExprRef(f"{_LEFT} - 12"),
            ),
            theme.words("rows", "base", shown | {"ty": f"{_Y} + 8"}, align="right", fontSize=11, limit=alt.ExprRef(f"{_LEFT} - 12")),
        ]
    )  # fmt: skip
