"""The rectangle that lines and areas are drawn in, its grid and its axis labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.charts.scales import Axis, nice_axis, through
from nrr_core.formats import money_text, month_label, percent_text
from nrr_core.periods import month_text, parse_month

__all__ = ["Plane", "money_left", "money_ticks", "month_ticks", "ratio_axis", "ratio_texts", "runs", "value_ticks"]

_SHORT_AMOUNT: Final = 7  # characters, such as −$12.5M
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 1200)


@dataclass(frozen=True, slots=True)
class Plane:
    """Margins in pixels, as Vega expressions or numbers, around the drawing."""

    left: str = "46"
    right: str = "12"
    top: str = "14"
    bottom: str = "28"

    def x(self, fraction: str = "datum.fx") -> str:
        """Pixel of a fraction of the horizontal axis."""
        return f"({self.left} + {fraction} * (width - {self.left} - {self.right}))"

    def y(self, fraction: str = "datum.fy") -> str:
        """Pixel of a fraction of the vertical axis, upwards."""
        return f"(height - {self.bottom} - {fraction} * (height - {self.top} - {self.bottom}))"

    def at(self) -> dict[str, str]:
        """Columns ``px`` and ``py`` of a frame with ``fx`` and ``fy``."""
        return {"px": self.x(), "py": self.y()}

    def grid(self) -> list[alt.Chart]:
        """Value lines (dataset ``values``: fy, text, strong) and labels under the plane (``times``: fx, text, rank)."""
        across = {"px": self.left, "px2": f"width - {self.right}", "py": self.y()}
        crowded = "(narrow && datum.rank > 0)"
        tucked = f"datum.fx < 0.02 ? 'left' : datum.fx > 0.98 && {self.right} < 40 ? 'right' : 'center'"
        below = {"tx": self.x(), "ty": f"height - {self.bottom} + 16", "shown": f"{crowded} ? '' : datum.text"}
        return [
            theme.layer("values", across)
            .mark_rule(
                aria=False,
                color=theme.colour("datum.strong ? muted : grid"),
                strokeDash=alt.ExprRef("datum.strong ? [2, 3] : [1, 0]"),
            )
            .encode(**theme.spot(span="x")),
            theme.words("values", "text", {"tx": f"{self.left} - 8", "ty": self.y()}, align="right", fontSize=11),
            theme.words("times", "shown", below, align=alt.ExprRef(tucked), fontSize=11),
        ]


def ratio_axis(values: Sequence[float], *, least: float = 0.04) -> Axis:
    """A vertical axis for ratios that always shows the 100 % line."""
    return through(nice_axis([*values, 1.0], count=5, least=least), 1.0)


def ratio_texts(axis: Axis) -> list[str]:
    """The ticks of an axis of ratios as per cent, with a decimal only where one of them needs it."""
    whole = all(abs(tick * 100 - round(tick * 100)) < 1e-6 for tick in axis.ticks)  # noqa: PLR2004 - rounding noise
    return [percent_text(tick, digits=0 if whole else 1) for tick in axis.ticks]


def value_ticks(axis: Axis) -> pd.DataFrame:
    """The rows of ``values`` for an axis of ratios; 100 % is ``strong``."""
    strong = [abs(tick - 1.0) < 1e-9 for tick in axis.ticks]  # noqa: PLR2004 - rounding noise
    return pd.DataFrame({"fy": [axis.fraction(tick) for tick in axis.ticks], "text": ratio_texts(axis), "strong": strong})


def money_ticks(axis: Axis, currency: str) -> pd.DataFrame:
    """The rows of ``values`` for an axis of amounts; zero is ``strong`` where some lie below it."""
    texts = [money_text(tick, currency=currency) for tick in axis.ticks]
    strong = [tick == 0 and axis.low < 0 for tick in axis.ticks]
    return pd.DataFrame({"fy": [axis.fraction(tick) for tick in axis.ticks], "text": texts, "strong": strong})


def money_left(texts: Sequence[str]) -> str:
    """Pixels left of a plane for amounts on its vertical axis."""
    return "62" if max(map(len, texts)) <= _SHORT_AMOUNT else "84"


def month_ticks(months: Sequence[str], *, most: int = 6) -> pd.DataFrame:
    """The rows of ``times``: at most ``most`` months, evenly spaced up to the last; phones show every other one."""
    first, last = parse_month(months[0]), parse_month(months[-1])
    step = next(step for step in _MONTH_STEPS if (last - first) / step < most)
    at = list(range(last, first - 1, -step))[::-1]
    ranks = [(len(at) - 1 - k) % 2 if len(at) > 3 else 0 for k in range(len(at))]  # noqa: PLR2004 - three always fit
    places = [(month - first) / ((last - first) or 1) for month in at]
    return pd.DataFrame({"fx": places, "text": [month_label(month_text(month)) for month in at], "rank": ranks})


def runs(known: Sequence[bool]) -> list[int]:
    """A number for each unbroken stretch of known values, so that no line is drawn across a gap."""
    numbers, run = [], 0
    for k, here in enumerate(known):
        run += int(not here and k > 0 and known[k - 1])
        numbers.append(run)
    return numbers
