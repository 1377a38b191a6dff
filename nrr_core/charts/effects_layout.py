"""Where the words of the effects stand: upright where each name has room, else lying."""

import functools
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme
from nrr_core.charts.bridge import HUE, Bridge

__all__ = ["WRAPS", "spec"]

WRAPS: Final = {"under": (13, 3), "wide": (22, 2), "phone": (16, 2)}  # characters and lines of a step's name
_ROOM, _WIDE_ROOM = 92, 160  # pixels from bar to bar for a name ``under`` it, and for a ``wide`` one
_BRIDGE: Final = Bridge(lying=f"(narrow || (width - 64) / datum.n < {_ROOM})", names="(narrow ? 118 : 260)", foot="64")


@functools.cache
def spec() -> dict[str, Any]:
    """The specification of the effects."""
    lying = _BRIDGE.lying
    bold: dict[str, Any] = {"fontSize": 12, "fontWeight": "bold", "color": theme.colour("ink"), "lineHeight": 14}
    amounts = _BRIDGE.places(tx=f"{lying} ? datum.a1 + 6 : datum.c", ty=f"{lying} ? datum.c : datum.py - 11")
    beside = _BRIDGE.places(
        tx=f"{_BRIDGE.names} - 10",
        ty="datum.c - (narrow && indexof(datum.phone, '\\n') > 0 ? 7 : 0)",
        shown="narrow ? datum.phone : datum.label",
    )
    under = _BRIDGE.places(
        tx="datum.c", ty=f"height - {_BRIDGE.foot} + 16", shown=f"{_BRIDGE.slot} < {_WIDE_ROOM} ? datum.under : datum.wide"
    )
    scale = {
        "a": _BRIDGE.level("datum.f"),
        "tx": f"{lying} ? datum.a : 50",
        "ty": f"{lying} ? 12 : datum.a",
        "shown": "narrow && datum.odd ? '' : datum.text",
    }
    bars = _BRIDGE.bars(alt.Tooltip("label:N", title="Step"), alt.Tooltip("text:N", title="Effect"), alt.Tooltip("level:N", title="Level"))
    return theme.finish(
        [
            _BRIDGE.grid(),
            theme.words("ticks", "shown", scale, align=alt.ExprRef(f"{lying} ? 'center' : 'right'"), fontSize=11),
            _BRIDGE.connectors(),
            bars,
            _BRIDGE.cuts(),
            theme.words(
                "steps",
                "text",
                amounts,
                align=alt.ExprRef(f"{lying} ? 'left' : 'center'"),
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(f"{HUE} : datum.kind == 'none' ? muted : ink"),
            ),
            theme.words(
                "steps", "shown", beside, where=lying, align="right", lineBreak="\n", limit=alt.ExprRef(f"{_BRIDGE.names} - 14"), **bold
            ),
            theme.words(
                "steps",
                "shown",
                under,
                where=f"!{lying}",
                align="center",
                lineBreak="\n",
                limit=alt.ExprRef("(width - 64) / datum.n - 2"),
                **bold,
            ),
        ]
    )
