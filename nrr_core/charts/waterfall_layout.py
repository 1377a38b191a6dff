"""Where the words of the waterfall stand: upright on screens, lying on phones."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme
from nrr_core.charts.bridge import HUE, Bridge

__all__ = ["spec"]

_BRIDGE: Final = Bridge()
_FLIPPED: Final = "(datum.py2 > height - 66)"  # no room below the bar: the share goes above it, the amount higher still


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the waterfall."""
    hue = theme.colour(HUE + " : datum.kind == 'none' ? muted : ink")
    side, middle = alt.ExprRef("narrow ? 'right' : 'center'"), alt.ExprRef("narrow ? 'left' : 'center'")
    higher = f"({_FLIPPED} && datum.kind != 'total' && datum.share_text ? 15 : 0)"
    below = f"datum.kind == 'total' ? height - 14 : {_FLIPPED} ? datum.py - 10 : datum.py2 + 11"
    amounts = _BRIDGE.places(tx="narrow ? datum.a1 + 6 : datum.c", ty=f"narrow ? datum.c : datum.py - 11 - {higher}")
    wordy = f"datum.kind == 'total' && !narrow && {_BRIDGE.slot} > 104 && datum.share_text"
    shares = _BRIDGE.places(
        tx="narrow ? 94 : datum.c",
        ty=f"narrow ? datum.c + 9 : {below}",
        shown=f"{wordy} ? datum.share_text + ' of opening' : datum.share_text",
    )
    names = _BRIDGE.places(tx="narrow ? 94 : datum.c", ty="narrow ? datum.c - (datum.share_text ? 7 : 0) : height - 32")
    scale = {"a": _BRIDGE.level("datum.f"), "tx": "narrow ? datum.a : 50", "ty": "narrow ? 12 : datum.a"}
    bars = _BRIDGE.bars(
        alt.Tooltip("label:N", title="Step"),
        alt.Tooltip("amount:Q", title="MRR", format=",.2f"),
        alt.Tooltip("share_text:N", title="Of opening"),
        alt.Tooltip("accounts:Q", title="Accounts", format=","),
    )
    return theme.finish(
        [
            _BRIDGE.grid(),
            theme.words("ticks", "text", scale, align=alt.ExprRef("narrow ? 'center' : 'right'"), fontSize=11),
            _BRIDGE.connectors(),
            bars,
            _BRIDGE.cuts(),
            theme.words("steps", "amount_text", amounts, align=middle, fontSize=13, fontWeight="bold", color=hue),
            theme.words("steps", "shown", shares, align=side, fontSize=11.5),
            theme.words("steps", "label", names, align=side, fontSize=13, fontWeight="bold", color=theme.colour("ink")),
        ]
    )
