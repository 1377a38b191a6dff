"""Where the parts of the waterfall stand: upright on screens, lying on phones."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["spec"]


def _level(fraction: str) -> str:
    """Place along the amount axis: across on phones, up elsewhere."""
    return f"(narrow ? 104 + {fraction} * (width - 174) : height - 48 - {fraction} * (height - 98))"


_SLOT: Final = "(narrow ? (height - 34) / datum.n : (width - 64) / datum.n)"
_CENTRE: Final = f"((narrow ? 28 : 58) + (datum.i + 0.5) * {_SLOT})"
_HALF: Final = f"(narrow ? min({_SLOT} * 0.3, 13) : min({_SLOT} * 0.33, 46))"
_BARS: Final = {
    "c": _CENTRE,
    "h": _HALF,
    "a0": _level("datum.f0"),
    "a1": _level("datum.f1") + " + (datum.f1 == datum.f0 ? (narrow ? 2 : -2) : 0)",
    "px": "narrow ? datum.a0 : datum.c - datum.h",
    "px2": "narrow ? datum.a1 : datum.c + datum.h",
    "py": "narrow ? datum.c - datum.h : datum.a1",
    "py2": "narrow ? datum.c + datum.h : datum.a0",
}
_HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss"
_FLIPPED: Final = "(datum.py2 > height - 66)"  # no room below the bar: the share goes above it, the amount higher still


def _places(**more: str) -> dict[str, str]:
    return {**_BARS, **more}


def _bars() -> alt.Chart:
    clicked = theme.pick("step")
    bars: alt.Chart = (
        theme.layer("steps", _BARS)
        .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour("datum.kind == 'none' ? muted : " + _HUE + " : total"))
        .encode(
            **theme.spot(span="xy"),
            opacity=theme.dimmed(clicked),
            description="description:N",
            tooltip=[
                alt.Tooltip("label:N", title="Step"),
                alt.Tooltip("amount:Q", title="MRR", format=",.2f"),
                alt.Tooltip("share_text:N", title="Of opening"),
                alt.Tooltip("accounts:Q", title="Accounts", format=","),
            ],
        )
        .add_params(clicked)
        .properties(name="bars")
    )
    return bars


def _lines() -> tuple[alt.Chart, alt.Chart, alt.Chart]:
    """Grid, dashed connectors between neighbours, and the cut through totals whose foot is not zero."""
    grid = {"a": _level("datum.f"), "px": "narrow ? datum.a : 58", "py": "narrow ? 24 : datum.a"}
    ends = {"px2": "narrow ? datum.a : width - 6", "py2": "narrow ? height - 6 : datum.a"}
    joins = _places(
        b=_level("datum.end"),
        head="datum.c + datum.h",
        tail=f"datum.c + {_SLOT} - datum.h",
        qx="narrow ? datum.b : datum.head",
        qx2="narrow ? datum.b : datum.tail",
        qy="narrow ? datum.head : datum.b",
        qy2="narrow ? datum.tail : datum.b",
    )
    cuts = _places(
        o="narrow ? datum.a0 + 14 : datum.a0 - 16",
        qx="narrow ? datum.o + 3 : datum.px - 2",
        qx2="narrow ? datum.o - 3 : datum.px2 + 2",
        qy="narrow ? datum.py - 2 : datum.o + 4",
        qy2="narrow ? datum.py2 + 2 : datum.o - 4",
    )
    between = theme.spot(span="xy", columns={"x": "qx", "x2": "qx2", "y": "qy", "y2": "qy2"})
    rule: dict[str, Any] = {"aria": False}
    return (
        theme.layer("ticks", grid | ends).mark_rule(color=theme.colour("grid"), **rule).encode(**theme.spot(span="xy")),
        theme.layer("steps", joins, where="datum.i < datum.n - 1")
        .mark_rule(strokeDash=[2, 2], color=theme.colour("muted"), **rule)
        .encode(**between),
        theme.layer("steps", cuts, where="datum.broken").mark_rule(strokeWidth=3, color=theme.colour("paper"), **rule).encode(**between),
    )


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the waterfall."""
    hue = theme.colour(_HUE + " : datum.kind == 'none' ? muted : ink")
    side, middle = alt.ExprRef("narrow ? 'right' : 'center'"), alt.ExprRef("narrow ? 'left' : 'center'")
    higher = f"({_FLIPPED} && datum.kind != 'total' && datum.share_text ? 15 : 0)"
    below = f"datum.kind == 'total' ? height - 14 : {_FLIPPED} ? datum.py - 10 : datum.py2 + 11"
    amounts = _places(tx="narrow ? datum.a1 + 6 : datum.c", ty=f"narrow ? datum.c : datum.py - 11 - {higher}")
    wordy = f"datum.kind == 'total' && !narrow && {_SLOT} > 104 && datum.share_text"
    shares = _places(
        tx="narrow ? 94 : datum.c",
        ty=f"narrow ? datum.c + 9 : {below}",
        shown=f"{wordy} ? datum.share_text + ' of opening' : datum.share_text",
    )
    names = _places(tx="narrow ? 94 : datum.c", ty="narrow ? datum.c - (datum.share_text ? 7 : 0) : height - 32")
    scale = {"a": _level("datum.f"), "tx": "narrow ? datum.a : 50", "ty": "narrow ? 12 : datum.a"}
    grid, connectors, cuts = _lines()
    return theme.finish(
        [
            grid,
            theme.words("ticks", "text", scale, align=alt.ExprRef("narrow ? 'center' : 'right'"), fontSize=11),
            connectors,
            _bars(),
            cuts,
            theme.words("steps", "amount_text", amounts, align=middle, fontSize=13, fontWeight="bold", color=hue),
            theme.words("steps", "shown", shares, align=side, fontSize=11.5),
            theme.words("steps", "label", names, align=side, fontSize=13, fontWeight="bold", color=theme.colour("ink")),
        ]
    )
