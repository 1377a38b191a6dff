"""The numbers behind a native chart: series, levels of a waterfall, round axes, Excel's formats."""

import math
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from nrr_core.report.pack.book import WHEN
from nrr_core.report.pack.canvas import clean
from nrr_core.report.pack.page import Chart, Series

__all__ = ["ROOM", "behind", "drawable", "levels", "number_format", "scale"]

ROOM: Final = 0.07  # above the highest bar, for its label


_UNITS: Final = ((1e9, ",,,", "B"), (1e6, ",,", "M"), (1e3, ",", "K"))


_LEAST_SPAN: Final = 0.04


_FINE: Final = 0.01  # of a ratio: below it an axis shows decimals


def drawable(chart: Chart) -> Chart:
    """A waterfall that would go below zero is drawn as bars: columns cannot hang there."""
    if chart.kind == "waterfall" and any(min(pair) < 0 for pair in levels(chart.series[0])):
        return Chart("bar", chart.categories, chart.series, chart.unit, chart.prefix, chart.alt)
    return chart


def levels(series: Series) -> list[tuple[float, float]]:
    """From where to where each step of a waterfall goes; a total goes from zero."""
    found, level = [], 0.0
    for value, tone in zip(series.values, series.tones, strict=True):
        amount = value or 0.0
        end = amount if tone == "total" else level - abs(amount) if tone == "loss" else level + amount
        found.append((0.0 if tone == "total" else level, end))
        level = end
    return found


def number_format(chart: Chart, *, step: float | None = None, highest: float = 0.0) -> str:
    """Excel's format for the chart's unit: money in thousands or millions, with the decimals that steps of an axis need."""
    if chart.unit != "money":
        return "0.0%" if step is None or step < _FINE else "0%"
    largest = max((abs(v) for s in chart.series for v in s.values if v is not None), default=0.0)
    largest = max(largest, highest)
    plain = "".join(c for c in chart.prefix if c.isalnum() or c == " " or unicodedata.category(c) == "Sc")  # it goes into XML as it is
    sign = f'"{plain}"' if plain else ""
    unit, commas, letter = next(((u, c, f'"{x}"') for u, c, x in _UNITS if largest >= u), (1.0, "", ""))
    digits = max(0, math.ceil(-math.log10((step or unit / 10) / unit) - 1e-9)) if letter else 0
    form = f"{sign}#,##0{'.' + '0' * digits if digits else ''}{commas}{letter}"
    return f"{form};-{form};{sign}0"


def behind(chart: Chart) -> Any:
    """The numbers behind the chart; the workbook they go to takes every name as text, never as a formula or a link."""
    from pptx.chart.data import CategoryChartData  # noqa: PLC0415
    from pptx.chart.xlsx import CategoryWorkbookWriter  # noqa: PLC0415
    from xlsxwriter import Workbook  # noqa: PLC0415

    class Writer(CategoryWorkbookWriter):
        @contextmanager
        def _open_worksheet(self, xlsx_file: Any) -> Iterator[Any]:
            options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
            with Workbook(xlsx_file, options) as book:
                book.set_properties({"created": WHEN})
                yield book, book.add_worksheet()

    class Data(CategoryChartData):
        @property
        def _workbook_writer(self) -> Any:
            writer: Any = Writer
            return writer(self)

    made: Any = Data
    data = made(number_format=number_format(chart))
    data.categories = [clean(name) or " " for name in chart.categories]
    for name, values in _columns(chart):
        data.add_series(clean(name), values)
    return data


def _columns(chart: Chart) -> list[tuple[str, list[float | None]]]:
    if chart.kind != "waterfall":
        return [(s.name, list(s.values)) for s in chart.series]
    spans, tones = levels(chart.series[0]), chart.series[0].tones
    size = [abs(end - start) for start, end in spans]
    above = max((max(pair) for pair in spans), default=0.0) * ROOM or 1.0
    parts = {"Total": {"total"}, "Gain": {"gain", "muted"}, "Loss": {"loss"}}
    return [
        ("Base", [min(pair) for pair in spans]),
        *((name, [s if tone in of else None for s, tone in zip(size, tones, strict=True)]) for name, of in parts.items()),
        ("Label", [above] * len(spans)),
    ]


def scale(values: list[float]) -> tuple[float, float, float]:
    """Lowest and highest tick around the values, and the step between ticks: 1, 2 or 5 times a power of ten."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = max(high - low, abs(high) * _LEAST_SPAN, 1e-9)
    low, high = low - (span * 0.2 if low else 0), high + span * (0.2 if low else 0.05)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    down = math.floor(low / step) * step
    return (max(down, 0.0) if min([0.0, *values]) >= 0 else down), math.ceil(high / step) * step, step
