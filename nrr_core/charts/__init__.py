"""Charts: frames in, specifications out. Nothing here computes a metric or knows a page."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from nrr_core.charts.books import books
from nrr_core.charts.chart import Chart, export
from nrr_core.charts.conventions import conventions
from nrr_core.charts.curves import curves
from nrr_core.charts.drivers import drivers
from nrr_core.charts.effects import effects
from nrr_core.charts.fan import fan
from nrr_core.charts.heatmap import heatmap
from nrr_core.charts.history import history
from nrr_core.charts.matrix import matrix
from nrr_core.charts.moved import moved
from nrr_core.charts.multiples import multiples, shared_range
from nrr_core.charts.runway import runway
from nrr_core.charts.segments import segments
from nrr_core.charts.tornado import tornado
from nrr_core.charts.trend import trend
from nrr_core.charts.waterfall import waterfall

__all__ = [
    "CHARTS",
    "Chart",
    "books",
    "conventions",
    "curves",
    "drivers",
    "effects",
    "export",
    "fan",
    "heatmap",
    "history",
    "matrix",
    "moved",
    "multiples",
    "runway",
    "segments",
    "shared_range",
    "tornado",
    "trend",
    "waterfall",
]

CHARTS: Final = MappingProxyType[str, Callable[..., Chart]](
    {
        "waterfall": waterfall,
        "trend": trend,
        "heatmap": heatmap,
        "curves": curves,
        "conventions": conventions,
        "segments": segments,
        "matrix": matrix,
        "multiples": multiples,
        "history": history,
        "fan": fan,
        "tornado": tornado,
        "effects": effects,
        "runway": runway,
        "moved": moved,
        "drivers": drivers,
        "books": books,
    }
)
