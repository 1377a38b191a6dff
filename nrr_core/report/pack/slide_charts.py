"""A page's chart as a native one, which can be edited: its numbers are in a workbook behind it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from nrr_core.report.pack.brand import COLOURS, Brand
from nrr_core.report.pack.canvas import FONT, Box, clean, inches, rgb
from nrr_core.report.pack.page import Chart, Series

__all__ = ["draw", "levels", "number_format"]

_ROOM: Final = 0.07  # above the highest bar, for its label
_SIZE: Final = 12
_KINDS: Final = {"waterfall": "COLUMN_STACKED", "stacked": "COLUMN_STACKED", "line": "LINE_MARKERS", "bar": "BAR_CLUSTERED"}
_UNITS: Final = ((1e9, ",,,", "B"), (1e6, ",,", "M"), (1e3, ",", "K"))
_LEAST_SPAN: Final = 0.04
_FINE: Final = 0.01  # of a ratio: below it an axis shows decimals
_MOST_LABELS: Final = 13


def draw(slide: Any, box: Box, chart: Chart, brand: Brand) -> Any:
    """Put a chart on a slide; returns its frame."""
    from pptx.enum.chart import XL_CHART_TYPE  # noqa: PLC0415 - only who builds a deck pays for it

    chart = _drawable(chart)
    frame = slide.shapes.add_chart(getattr(XL_CHART_TYPE, _KINDS[chart.kind]), *map(inches, box), _data(chart))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(chart.alt))  # noqa: SLF001 - no call for a description
    made = frame.chart
    made.font.name, made.font.size = FONT, _points(_SIZE)
    made.font.color.rgb = rgb("ink")
    made.has_title, made.has_legend = False, False
    {"waterfall": _waterfall, "stacked": _stacked, "line": _line, "bar": _bar}[chart.kind](made, chart, brand)
    return frame


def _drawable(chart: Chart) -> Chart:
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


def number_format(chart: Chart, *, step: float | None = None) -> str:
    """Excel's format for the chart's unit: money in thousands or millions, with the decimals that steps of an axis need."""
    if chart.unit != "money":
        return "0.0%" if step is None or step < _FINE else "0%"
    largest = max((abs(v) for s in chart.series for v in s.values if v is not None), default=0.0)
    sign = '"' + chart.prefix.replace('"', "") + '"' if chart.prefix else ""
    unit, commas, letter = next(((u, c, f'"{x}"') for u, c, x in _UNITS if largest >= u), (1.0, "", ""))
    digits = max(0, math.ceil(-math.log10((step or unit / 10) / unit) - 1e-9)) if letter else 0
    form = f"{sign}#,##0{'.' + '0' * digits if digits else ''}{commas}{letter}"
    return f"{form};-{form};{sign}0"


def _data(chart: Chart) -> Any:
    """The numbers behind the chart; the workbook they go to takes every name as text, never as a formula or a link."""
    from pptx.chart.data import CategoryChartData  # noqa: PLC0415
    from pptx.chart.xlsx import CategoryWorkbookWriter  # noqa: PLC0415
    from xlsxwriter import Workbook  # noqa: PLC0415

    class Writer(CategoryWorkbookWriter):
        @contextmanager
        def _open_worksheet(self, xlsx_file: Any) -> Iterator[Any]:
            options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
            with Workbook(xlsx_file, options) as book:
                yield book, book.add_worksheet()

    class Data(CategoryChartData):
        @property
        def _workbook_writer(self) -> Any:
            return Writer(self)

    data = Data(number_format=number_format(chart))
    data.categories = [clean(name) or " " for name in chart.categories]
    for name, values in _columns(chart):
        data.add_series(clean(name), values)
    return data


def _columns(chart: Chart) -> list[tuple[str, list[float | None]]]:
    if chart.kind != "waterfall":
        return [(s.name, list(s.values)) for s in chart.series]
    spans, tones = levels(chart.series[0]), chart.series[0].tones
    size = [abs(end - start) for start, end in spans]
    above = max((max(pair) for pair in spans), default=0.0) * _ROOM or 1.0
    parts = {"Total": {"total"}, "Gain": {"gain", "muted"}, "Loss": {"loss"}}
    return [
        ("Base", [min(pair) for pair in spans]),
        *((name, [s if tone in of else None for s, tone in zip(size, tones, strict=True)]) for name, of in parts.items()),
        ("Label", [above] * len(spans)),
    ]


def _waterfall(made: Any, chart: Chart, brand: Brand) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION  # noqa: PLC0415

    plot = made.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    _quiet_axes(made)
    made.value_axis.minimum_scale = 0
    made.value_axis.maximum_scale = max((max(pair) for pair in levels(chart.series[0])), default=0.0) * (1 + 1.3 * _ROOM) or 1
    base, total, gain, loss, label = plot.series
    for series, colour in ((total, "total"), (gain, "gain"), (loss, "loss")):
        _fill(series, _colour(colour, brand))
    for series in (base, label):
        series.format.fill.background()
        series.format.line.fill.background()
    for place, (figure, tone) in enumerate(zip(chart.series[0].figures, chart.series[0].tones, strict=True)):
        sign = "" if tone == "total" or figure.text[:1] in "+\u2212\u2013" else "\u2212" if tone == "loss" else "+"
        text = f"{sign}{figure.text}" if figure.value else figure.text
        colour = tone if tone in {"gain", "loss"} else "ink"
        _label(label.points[place], text, XL_LABEL_POSITION.INSIDE_BASE, colour)


def _stacked(made: Any, chart: Chart, brand: Brand) -> None:
    plot = made.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    sums = [sum(v or 0.0 for v in values) for values in zip(*(s.values for s in chart.series), strict=True)]
    _light_axes(made, chart, [0.0, *sums])
    _thin_out(made, len(chart.categories))
    for series, given in zip(plot.series, chart.series, strict=True):
        _fill(series, _colour(given.tone, brand))
    if len(chart.series) > 1:
        _legend(made)


def _bar(made: Any, chart: Chart, brand: Brand) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION, XL_TICK_LABEL_POSITION  # noqa: PLC0415

    plot, given = made.plots[0], chart.series[0]
    plot.gap_width, plot.vary_by_categories = 45, False
    _quiet_axes(made)
    values = [v for v in given.values if v is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * (0.42 if low < 0 else 0.18)
    made.value_axis.minimum_scale, made.value_axis.maximum_scale = (
        (low - room if low < 0 else 0),
        (high + room if high > 0 else 0 if low else 1),
    )
    made.category_axis.reverse_order = True
    made.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    series = plot.series[0]
    series.invert_if_negative = False
    _fill(series, _colour(given.tone, brand))
    for place, figure in enumerate(given.figures):
        point = series.points[place]
        if place < len(given.tones):
            _fill(point, _colour(given.tones[place], brand))
        if given.values[place] is not None:
            _label(point, figure.text, XL_LABEL_POSITION.OUTSIDE_END, "ink")


def _line(made: Any, chart: Chart, brand: Brand) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION, XL_MARKER_STYLE  # noqa: PLC0415
    from pptx.enum.dml import MSO_LINE  # noqa: PLC0415

    _light_axes(made, chart, [v for s in chart.series for v in s.values if v is not None])
    last = sorted((s.values[-1], place) for place, s in enumerate(chart.series) if s.values[-1] is not None and s.tone != "faint")
    above = {place: i >= len(last) / 2 for i, (_, place) in enumerate(last)}
    for place, (series, given) in enumerate(zip(made.plots[0].series, chart.series, strict=True)):
        series.smooth = False
        series.format.line.color.rgb = rgb(_colour(given.tone, brand))
        series.format.line.width = _points(2.5 if given.tone == "accent" else 1.75)
        faint = given.tone == "faint"
        series.format.line.dash_style = MSO_LINE.DASH if given.tone in {"faint", "muted"} else None
        series.marker.style = XL_MARKER_STYLE.NONE if faint else XL_MARKER_STYLE.CIRCLE
        if not faint:
            series.marker.size = 6
            _fill(series.marker, _colour(given.tone, brand))
        if place in above:
            where = XL_LABEL_POSITION.ABOVE if above[place] else XL_LABEL_POSITION.BELOW
            _label(series.points[len(given.values) - 1], given.figures[-1].text, where, _colour(given.tone, brand))
    _legend(made)


def _scale(values: list[float]) -> tuple[float, float, float]:
    """Lowest and highest tick around the values, and the step between ticks: 1, 2 or 5 times a power of ten."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = max(high - low, abs(high) * _LEAST_SPAN, 1e-9)
    low, high = low - (span * 0.2 if low else 0), high + span * (0.2 if low else 0.05)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    down = math.floor(low / step) * step
    return (max(down, 0.0) if min([0.0, *values]) >= 0 else down), math.ceil(high / step) * step, step


def _quiet_axes(made: Any) -> None:
    """No value axis, no grid: labels say the values."""
    from pptx.enum.chart import XL_TICK_MARK  # noqa: PLC0415

    made.value_axis.visible = False
    made.value_axis.has_major_gridlines = False
    made.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    made.category_axis.format.line.color.rgb = rgb("faint")
    made.category_axis.has_major_gridlines = False


def _light_axes(made: Any, chart: Chart, values: list[float]) -> None:
    """A value axis of round steps around the values, with a light grid."""
    from pptx.enum.chart import XL_TICK_MARK  # noqa: PLC0415

    low, high, step = _scale(values)
    form = number_format(chart, step=step)
    made.value_axis.minimum_scale, made.value_axis.maximum_scale, made.value_axis.major_unit = low, high, step
    made.value_axis.has_major_gridlines = True
    made.value_axis.major_gridlines.format.line.color.rgb = rgb("grid")
    made.value_axis.format.line.fill.background()
    made.value_axis.major_tick_mark = made.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    made.value_axis.tick_labels.number_format, made.value_axis.tick_labels.number_format_is_linked = form, False
    made.category_axis.format.line.color.rgb = rgb("faint")


def _thin_out(made: Any, categories: int) -> None:
    """Every so manieth category's label, where all would not fit."""
    from lxml import etree  # type: ignore[import-untyped] # noqa: PLC0415

    if categories <= _MOST_LABELS:
        return
    axis = made.category_axis._element  # noqa: SLF001 - python-pptx has no call for it
    space = axis.nsmap["c"]
    skip = etree.Element(f"{{{space}}}tickLblSkip", val=str(math.ceil(categories / _MOST_LABELS) + 1))
    axis.find(f"{{{space}}}noMultiLvlLbl").addprevious(skip)


def _legend(made: Any) -> None:
    from pptx.enum.chart import XL_LEGEND_POSITION  # noqa: PLC0415

    made.has_legend = True
    made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    made.legend.font.size, made.legend.font.name = _points(_SIZE), FONT


def _fill(shape: Any, colour: str) -> None:
    shape.format.fill.solid()
    shape.format.fill.fore_color.rgb = rgb(colour)
    shape.format.line.fill.background() if not hasattr(shape, "smooth") else None


def _colour(tone: str, brand: Brand) -> str:
    return brand.colour if tone == "accent" else COLOURS.get(tone, tone)


def _label(point: Any, text: str, position: Any, colour: str) -> None:
    label = point.data_label
    frame = label.text_frame
    frame.text = clean(text)
    font = frame.paragraphs[0].runs[0].font
    font.name, font.size, font.bold = FONT, _points(_SIZE), True
    font.color.rgb = rgb(colour)
    label.position = position


def _points(size: float) -> Any:
    from pptx.util import Pt  # noqa: PLC0415

    return Pt(size)
