"""A page's table as a native one: columns as wide as their texts need, every cell cut to its lines."""

from typing import Any, Final

from nrr_core.report.pack import fit
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.canvas import Box, clean, dress, inches, rgb
from nrr_core.report.pack.page import Row, Table

__all__ = ["place", "table_height"]

_SIZE: Final = 12
_PAD: Final = 0.08
_PLAIN: Final = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # the table style without fills and lines
_CARD_SIZES: Final = (14, 40, 14, 14)
_WIDEST: Final = 5.2
_TONES: Final = {"muted": "muted", "gain": "gain", "loss": "loss"}


def table_height(table: Table) -> float:
    """Inches from top to bottom."""
    if table.cards:
        return sum(_card_height(place) for place in range(len(table.rows) + 1))
    return _row_height(1) + len(table.rows) * _row_height(table.lines)


def _row_height(lines: int) -> float:
    return 0.14 + lines * _SIZE * fit.LINE / 72


def _card_height(place: int) -> float:
    return 0.12 + _CARD_SIZES[min(place, 3)] * fit.LINE / 72


def place(slide: Any, box: Box, table: Table, brand: Brand) -> Any:
    """Put a table on a slide, in the box's width and as high as it must be; returns its frame."""
    shape = slide.shapes.add_table(len(table.rows) + 1, len(table.columns), *map(inches, (*box[:3], table_height(table))))
    made = shape.table
    shape._element.graphic.graphicData.tbl.tblPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId").text = _PLAIN  # noqa: SLF001
    made.horz_banding = False
    across = [box[2] / len(table.columns)] * len(table.columns) if table.cards else _widths(table, box[2])
    for column, wide in zip(made.columns, across, strict=True):
        column.width = inches(wide)
    for number in range(len(table.rows) + 1):
        made.rows[number].height = inches(_card_height(number) if table.cards else _row_height(table.lines if number else 1))
        row = table.rows[number - 1] if number else None
        for at, column in enumerate(table.columns):
            text = column.name if row is None else row.cells[at].text
            size, colour, bold = _look(table, row, number, brand)
            lines = table.lines if number and not table.cards else 1
            _cell(made.cell(number, at), text, across[at], size=size, colour=colour, bold=bold, align=column.align, lines=lines)
            if not table.cards:
                _line_below(made.cell(number, at), "faint" if number == 0 else "grid")
    return shape


def _look(table: Table, row: Row | None, number: int, brand: Brand) -> tuple[int, str, bool]:
    """Size, colour and weight of a row's cells."""
    if table.cards:
        return _CARD_SIZES[min(number, 3)], (brand.ink if number == 1 else "muted" if row is None else _TONES.get(row.tone, "ink")), number == 1
    if row is None:
        return _SIZE, "muted", True
    return _SIZE, _TONES.get(row.tone, "ink"), row.tone == "total"


def _widths(table: Table, across: float) -> list[float]:
    """Columns as wide as their longest text; what is left goes to the first, what is missing comes off the widest."""
    wanted = [
        min(_WIDEST, 2 * _PAD + 0.04 + max(fit.width(t, size=_SIZE, bold=True) for t in (column.name, *(row.cells[at].text for row in table.rows))))
        for at, column in enumerate(table.columns)
    ]
    spare = across - sum(wanted)
    if spare >= 0:
        share = spare / len(wanted)
        return [w + share for w in wanted]
    while sum(wanted) > across:
        widest = max(range(len(wanted)), key=lambda at: wanted[at])
        wanted[widest] -= min(0.05, sum(wanted) - across)
    return wanted


def _cell(cell: Any, text: str, across: float, *, size: int, colour: str, bold: bool, align: str, lines: int) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN  # noqa: PLC0415

    cell.margin_left = cell.margin_right = inches(_PAD)
    cell.margin_top = cell.margin_bottom = inches(0.04)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if align == "right" else PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = fit.cut(clean(text), across=across - 2 * _PAD, size=size, most=lines, bold=bold)
    dress(run.font, size=size, colour=colour, bold=bold)


def _line_below(cell: Any, colour: str) -> None:
    from lxml import etree  # noqa: PLC0415

    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-pptx has no call for a cell's borders
    line = etree.SubElement(properties, f"{space}lnB", w="9525")
    fill = etree.SubElement(etree.SubElement(line, f"{space}solidFill"), f"{space}srgbClr")
    fill.set("val", str(rgb(colour)))
