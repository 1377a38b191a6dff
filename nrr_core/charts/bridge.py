"""Where the bars of a bridge stand, upright or lying, with their grid, connectors and cuts."""

from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from nrr_core.charts import theme

__all__ = ["HUE", "Bridge"]

HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss"
_RULE: Final[dict[str, Any]] = {"aria": False}


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge over the dataset ``steps`` (i, n, kind, f0, f1, end, broken), its ticks in ``ticks`` (f; n where ``lying`` asks).

    ``lying`` is the expression for bars that run across, ``names`` the pixels left of them, ``foot`` the pixels under
    upright ones.
    """

    lying: str = "narrow"
    names: str = "104"
    foot: str = "48"

    def level(self, fraction: str) -> str:
        """Pixel along the value axis: across where the bars lie, up elsewhere."""
        across = f"{self.names} + {fraction} * (width - {self.names} - 70)"
        return f"({self.lying} ? {across} : height - {self.foot} - {fraction} * (height - {self.foot} - 50))"

    @property
    def slot(self) -> str:
        """Pixels from one bar to the next."""
        return f"({self.lying} ? (height - 34) / datum.n : (width - 64) / datum.n)"

    def places(self, **more: str) -> dict[str, str]:
        """Columns of a bar: ``c`` its centre, ``a0`` and ``a1`` its ends, ``px`` to ``py2`` its sides, then ``more``."""
        lying, slot = self.lying, self.slot
        return {
            "c": f"(({lying} ? 28 : 58) + (datum.i + 0.5) * {slot})",
            "h": f"({lying} ? min({slot} * 0.3, 13) : min({slot} * 0.33, 46))",
            "a0": self.level("datum.f0"),
            "a1": f"{self.level('datum.f1')} + (datum.f1 == datum.f0 ? ({lying} ? 2 : -2) : 0)",
            "px": f"{lying} ? datum.a0 : datum.c - datum.h",
            "px2": f"{lying} ? datum.a1 : datum.c + datum.h",
            "py": f"{lying} ? datum.c - datum.h : datum.a1",
            "py2": f"{lying} ? datum.c + datum.h : datum.a0",
            **more,
        }

    def bars(self, *tooltip: alt.Tooltip) -> alt.Chart:
        """The bars, which speak (``description``) and can be picked by ``step``."""
        clicked = theme.pick("step")
        bars: alt.Chart = (
            theme.layer("steps", self.places())
            .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour(f"datum.kind == 'none' ? muted : {HUE} : total"))
            .encode(**theme.spot(span="xy"), opacity=theme.dimmed(clicked), description="description:N", tooltip=list(tooltip))
            .add_params(clicked)
            .properties(name="bars")
        )
        return bars

    def grid(self) -> alt.Chart:
        """A line for each tick."""
        lying = self.lying
        ends = {"px2": f"{lying} ? datum.a : width - 6", "py2": f"{lying} ? height - 6 : datum.a"}
        starts = {"a": self.level("datum.f"), "px": f"{lying} ? datum.a : 58", "py": f"{lying} ? 24 : datum.a"}
        lines: alt.Chart = theme.layer("ticks", starts | ends).mark_rule(color=theme.colour("grid"), **_RULE)
        return lines.encode(**theme.spot(span="xy"))

    def connectors(self) -> alt.Chart:
        """Dashed lines from one bar's level to the next bar."""
        lying = self.lying
        joins = self.places(
            b=self.level("datum.end"),
            head="datum.c + datum.h",
            tail=f"datum.c + {self.slot} - datum.h",
            qx=f"{lying} ? datum.b : datum.head",
            qx2=f"{lying} ? datum.b : datum.tail",
            qy=f"{lying} ? datum.head : datum.b",
            qy2=f"{lying} ? datum.tail : datum.b",
        )
        lines = theme.layer("steps", joins, where="datum.i < datum.n - 1").mark_rule(
            strokeDash=[2, 2], color=theme.colour("muted"), **_RULE
        )
        return self._between(lines)

    def cuts(self) -> alt.Chart:
        """The cut through totals whose foot is not zero."""
        lying = self.lying
        places = self.places(
            o=f"{lying} ? datum.a0 + 14 : datum.a0 - 16",
            qx=f"{lying} ? datum.o + 3 : datum.px - 2",
            qx2=f"{lying} ? datum.o - 3 : datum.px2 + 2",
            qy=f"{lying} ? datum.py - 2 : datum.o + 4",
            qy2=f"{lying} ? datum.py2 + 2 : datum.o - 4",
        )
        lines = theme.layer("steps", places, where="datum.broken").mark_rule(strokeWidth=3, color=theme.colour("paper"), **_RULE)
        return self._between(lines)

    @staticmethod
    def _between(lines: alt.Chart) -> alt.Chart:
        placed: alt.Chart = lines.encode(**theme.spot(span="xy", columns={"x": "qx", "x2": "qx2", "y": "qy", "y2": "qy2"}))
        return placed
