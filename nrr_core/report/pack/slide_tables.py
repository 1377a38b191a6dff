"""A page's table as a native one: columns as wide as their texts need, every cell cut to its lines."""

from dataclasses import dataclass
from typing import Any, Final

from nrr_core.report.pack import fit
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.canvas import Box, clean, dress, inches, rgb
from nrr_core.report.pack.page import Row, Table

__all__ = ["place", "table_height"]

_SIZES: Final = (16, 14, 12)
_PAD: Final = 0.1
_PLAIN: Final = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # the table style without fills and lines
_CARD_SIZES: Final = (14, 40, 16, 14)
_WIDEST: Final = 6.2
_TONES: Final = ("muted", "gain", "loss")
_SPACE: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@dataclass(frozen=True)
class _Plan:
    """Size of the letters, widths of the columns and lines of every row, the head first."""

    size: int
    across: tuple[float, ...]
    lines: tuple[int, ...]
    cards: bool

    def high(self, number: int) -> float:
        """Inches that a row takes."""
        if self.cards:
            return 0.12 + _CARD_SIZES[min(number, 3)] * fit.LINE / 72
        return 0.012 * self.size + self.lines[number] * self.size * fit.LINE / 72


def _plan(table: Table, across: float, down: float) -> _Plan:
    """The largest letters with which the table fits; in the smallest, texts are cut."""
    count = len(table.rows) + 1
    if table.cards:
        return _Plan(0, (across / len(table.columns),) * len(table.columns), (1,) * count, cards=True)
    for size in _SIZES:
        wanted = _wanted(table, size)
        plan = _planned(table, size, _shared(wanted, across))
        if size == _SIZES[-1] or (sum(wanted) <= across and sum(map(plan.high, range(count))) <= down):
            return plan
    raise AssertionError("the smallest size is always taken")


def _planned(table: Table, size: int, across: list[float]) -> _Plan:
    needed = [
        max(
            fit.lines(clean(c.text), across=w - 2 * _PAD, size=size, bold=row.tone == "total")
            for c, w in zip(row.cells, across, strict=True)
        )
        for row in table.rows
    ]
    return _Plan(size, tuple(across), (1, *(min(table.lines, n) for n in needed)), cards=False)


def table_height(table: Table, across: float, down: float) -> float:
    """Inches from top to bottom in a box so many inches wide and high."""
    plan = _plan(table, across, down)
    return sum(map(plan.high, range(len(table.rows) + 1)))


def place(slide: Any, box: Box, table: Table, brand: Brand) -> Any:
    """Put a table on a slide, in the box's width and as high as it must be; returns its frame."""
    plan, count = _plan(table, box[2], box[3]), len(table.rows) + 1
    shape = slide.shapes.add_table(count, len(table.columns), *map(inches, (*box[:3], sum(map(plan.high, range(count))))))
    made = shape.table
    shape._element.graphic.graphicData.tbl.tblPr.find(f"{_SPACE}tableStyleId").text = _PLAIN  # noqa: SLF001 - no call for a style
    made.horz_banding = False
    for column, wide in zip(made.columns, plan.across, strict=True):
        column.width = inches(wide)
    for number in range(count):
        made.rows[number].height = inches(plan.high(number))
        row = table.rows[number - 1] if number else None
        for at, column in enumerate(table.columns):
            text = column.name if row is None else row.cells[at].text
            size, colour, bold = _look(plan, row, number, at, brand)
            _cell(
                made.cell(number, at),
                text,
                plan.across[at],
                size=size,
                colour=colour,
                bold=bold,
                align=column.align,
                lines=plan.lines[number],
            )
            if at == 0:
                made.cell(number, at).margin_left = 0  # in line with the title
            if not table.cards:
                _line_below(made.cell(number, at), "faint" if number == 0 else "grid")
    return shape


def _look(plan: _Plan, row: Row | None, number: int, at: int, brand: Brand) -> tuple[int, str, bool]:
    """Size, colour and weight of a cell."""
    size = _CARD_SIZES[min(number, 3)] if plan.cards else plan.size
    if row is None:
        return size, "muted", not plan.cards
    tone = (row.tones[at] if row.tones else "") or row.tone
    if plan.cards and number == 1:
        return size, brand.ink, True
    return size, (tone if tone in _TONES else "ink"), tone == "total"


def _wanted(table: Table, size: int) -> list[float]:
    """Inches that each column's longest text takes."""
    return [
        min(
            _WIDEST,
            2 * _PAD
            + 0.04
            + max(fit.width(clean(t), size=size, bold=True) for t in (column.name, *(row.cells[at].text for row in table.rows))),
        )
        for at, column in enumerate(table.columns)
    ]


def _shared(wanted: list[float], across: float) -> list[float]:
    """What is left goes to all columns alike; what is missing comes off the widest."""
    spare = across - sum(wanted)
    if spare >= 0:
        return [w + spare / len(wanted) for w in wanted]
    found = list(wanted)
    while sum(found) > across + 1e-9:
        widest = max(range(len(found)), key=lambda at: found[at])
        found[widest] -= min(0.05, sum(found) - across)
    return found


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
    from pptx.oxml.xmlchemy import OxmlElement  # noqa: PLC0415

    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-pptx has no call for a cell's borders
    line, fill, shade = (OxmlElement(tag) for tag in ("a:lnB", "a:solidFill", "a:srgbClr"))
    line.set("w", "9525")
    shade.set("val", str(rgb(colour)))
    fill.append(shade)
    line.append(fill)
    properties.append(line)
