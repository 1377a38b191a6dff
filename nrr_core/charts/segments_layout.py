"""Where the parts of the segment bars stand."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HEAD", "ROW", "spec"]

ROW: Final = 42
HEAD: Final = 42
_LEFT: Final = "(narrow ? 116 : 190)"
_PAD: Final = "(narrow ? 46 : 56)"  # room for the value beyond the longest bar


def _x(fraction: str) -> str:
    return f"({_LEFT} + {_PAD} + {fraction} * (width - {_LEFT} - 2 * {_PAD}))"


_Y: Final = f"({HEAD} + (datum.row + 0.5) * {ROW})"
_HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss : datum.kind == 'small' ? muted : total"
_BARS: Final = {
    "a": _x("datum.f_one"),
    "b": _x("datum.f"),
    "px": "min(datum.a, datum.b) - (datum.a == datum.b ? 1 : 0)",
    "px2": "max(datum.a, datum.b) + (datum.a == datum.b ? 1 : 0)",
    "py": f"{_Y} - 10",
    "py2": f"{_Y} + 10",
}


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the segment bars."""
    clicked = theme.pick("segment")
    bars = (
        theme.layer("bars", _BARS)
        .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour(_HUE), fillOpacity=alt.ExprRef("datum.small ? 0.4 : 1"))
        .encode(
            **theme.spot(span="xy"),
            opacity=theme.dimmed(clicked),
            description="said:N",
            tooltip=[
                alt.Tooltip("label:N", title="Segment"),
                alt.Tooltip("exact:N", title="Value"),
                alt.Tooltip("interval:N", title="Interval"),
                alt.Tooltip("aim:N", title="Target"),
                alt.Tooltip("accounts:Q", title="Accounts", format=","),
                alt.Tooltip("opening_mrr:Q", title="Opening MRR", format=",.0f"),
            ],
        )
        .add_params(clicked)
        .properties(name="bars")
    )
    whisker = {"px": _x("datum.f_lower"), "px2": _x("datum.f_upper"), "py": _Y}
    aim = {"px": _x("datum.f_target"), "py": f"{_Y} - 15", "py2": f"{_Y} + 15"}
    value = {"tx": f"datum.below ? {_x('datum.f_low')} - 7 : {_x('datum.f_high')} + 7", "ty": _Y}
    up = {"px": _x("datum.f"), "py": f"{HEAD} - 4", "py2": "height - 4"}
    rule: dict[str, Any] = {"aria": False}
    return theme.finish(
        [
            theme.layer("ticks", up).mark_rule(color=theme.colour("datum.strong ? muted : grid"), **rule).encode(**theme.spot(span="y")),
            theme.words(
                "ticks",
                "shown",
                {"tx": _x("datum.f"), "ty": f"{HEAD} - 12", "shown": "narrow && datum.odd ? '' : datum.text"},
                fontSize=11,
                align="center",
            ),
            theme.layer("total", up)
            .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=theme.colour("ink"), **rule)
            .encode(**theme.spot(span="y")),
            theme.words(
                "total",
                "text",
                {"tx": _x("datum.f"), "ty": "10"},
                align="center",
                fontWeight="bold",
                color=theme.colour("ink"),
            ),
            bars,
            theme.layer("bars", whisker, where="isValid(datum.f_lower) && isValid(datum.f_upper)")
            .mark_rule(strokeWidth=5, color=theme.colour("paper"), opacity=0.75, **rule)
            .encode(**theme.spot(span="x")),
            theme.layer("bars", whisker, where="isValid(datum.f_lower) && isValid(datum.f_upper)")
            .mark_rule(strokeWidth=1.5, color=theme.colour("ink"), opacity=0.75, **rule)
            .encode(**theme.spot(span="x")),
            theme.layer("bars", aim, where="isValid(datum.f_target)")
            .mark_rule(strokeWidth=2.5, color=theme.colour("accent"), **rule)
            .encode(**theme.spot(span="y")),
            theme.words(
                "bars",
                "text",
                value,
                align=alt.ExprRef("datum.below ? 'right' : 'left'"),
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            theme.words(
                "rows",
                "text",
                {"tx": f"{_x('datum.f_one')} + 7", "ty": _Y},
                where="!isValid(datum.f)",
                align="left",
                fontSize=13,
            ),
            theme.words(
                "rows",
                "label",
                {"tx": f"{_LEFT} - 6", "ty": f"{_Y} - 8"},
                align="right",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour("datum.small ? muted : ink"),
                limit=alt.ExprRef(f"{_LEFT} - 10"),
            ),
            theme.words(
                "rows",
                "shown",
                {"tx": f"{_LEFT} - 6", "ty": f"{_Y} + 8", "shown": "narrow ? datum.short : datum.base"},
                align="right",
                fontSize=11,
                limit=alt.ExprRef(f"{_LEFT} - 10"),
            ),
        ]
    )
