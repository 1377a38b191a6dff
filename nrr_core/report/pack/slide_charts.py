"""A page's chart as a native one, which can be edited: its numbers are in a workbook behind it."""

import math
from typing import Any, Final

from nrr_core.report.pack.brand import COLOURS, Brand
from nrr_core.report.pack.canvas import FONT, Box, clean, inches, rgb
from nrr_core.report.pack.chart_data import ROOM, behind, drawable, levels, number_format, scale
from nrr_core.report.pack.page import Chart

__all__ = ["draw"]

_SIZE: Final = 12
_KINDS: Final = {"waterfall": "COLUMN_STACKED", "stacked": "COLUMN_STACKED", "line": "LINE_MARKERS", "bar": "BAR_CLUSTERED"}
_MOST_LABELS: Final = 13


def draw(slide: Any, box: Box, chart: Chart, brand: Brand) -> Any:
    """Put a chart on a slide; returns its frame."""
    from pptx.enum.chart import XL_CHART_TYPE  # noqa: PLC0415 - only who builds a deck pays for it

    chart = drawable(chart)
    frame = slide.shapes.add_chart(getattr(XL_CHART_TYPE, _KINDS[chart.kind]), *map(inches, box), behind(chart))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(chart.alt))  # noqa: SLF001 - no call for a description
    made = frame.chart
    made.font.name, made.font.size = FONT, _points(_SIZE)
    made.font.color.rgb = rgb("ink")
    made.has_title, made.has_legend = False, False
    {"waterfall": _waterfall, "stacked": _stacked, "line": _line, "bar": _bar}[chart.kind](made, chart, brand)
    return frame


def _waterfall(made: Any, chart: Chart, brand: Brand) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION  # noqa: PLC0415

    plot = made.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    _quiet_axes(made)
    made.value_axis.minimum_scale = 0
    made.value_axis.maximum_scale = max((max(pair) for pair in levels(chart.series[0])), default=0.0) * (1 + 1.3 * ROOM) or 1
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
        colour = brand.line if given.tone == "accent" else _colour(given.tone, brand)
        series.format.line.color.rgb = rgb(colour)
        series.format.line.width = _points(2.5 if given.tone == "accent" else 1.75)
        faint = given.tone == "faint"
        series.format.line.dash_style = MSO_LINE.DASH if given.tone in {"faint", "muted"} else None
        series.marker.style = XL_MARKER_STYLE.NONE if faint else XL_MARKER_STYLE.CIRCLE
        if not faint:
            series.marker.size = 6
            _fill(series.marker, colour)
        if place in above:
            where = XL_LABEL_POSITION.ABOVE if above[place] else XL_LABEL_POSITION.BELOW
            _label(series.points[len(given.values) - 1], given.figures[-1].text, where, brand.ink if given.tone == "accent" else colour)
    _legend(made)


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

    low, high, step = scale(values)
    form = number_format(chart, step=step, highest=high)
    made.value_axis.minimum_scale, made.value_axis.maximum_scale, made.value_axis.major_unit = low, high, step
    made.value_axis.has_major_gridlines = True
    made.value_axis.major_gridlines.format.line.color.rgb = rgb("grid")
    made.value_axis.format.line.fill.background()
    made.value_axis.major_tick_mark = made.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    made.value_axis.tick_labels.number_format, made.value_axis.tick_labels.number_format_is_linked = form, False
    made.category_axis.format.line.color.rgb = rgb("faint")


def _thin_out(made: Any, categories: int) -> None:
    """Every so manieth category’s label, aslant, where all would not fit."""
    from pptx.oxml.xmlchemy import OxmlElement  # noqa: PLC0415

    if categories <= _MOST_LABELS:
        return
    made.category_axis.tick_labels.font.size = _points(_SIZE)
    made.category_axis._element.txPr.bodyPr.set("rot", "-2700000")  # noqa: SLF001 - python-pptx has no call for it
    skip = OxmlElement("c:tickLblSkip")
    skip.set("val", str(math.ceil(categories / _MOST_LABELS) + 1))
    made.category_axis._element.xpath("c:noMultiLvlLbl")[0].addprevious(skip)  # noqa: SLF001


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
