"""A slide to write on: places in inches, texts that fit, rectangles, pictures."""

import re
from typing import Any, Final

from nrr_core.report.pack import fit
from nrr_core.report.pack.brand import COLOURS

__all__ = ["BOTTOM", "FONT", "HIGH", "LEFT", "RIGHT", "WIDE", "Box", "clean", "dress", "inches", "paint", "rectangle", "rgb", "write"]

WIDE: Final = 13.333
HIGH: Final = 7.5
LEFT: Final = 0.6
RIGHT: Final = WIDE - 0.6
BOTTOM: Final = 6.82  # of what stands above the footer
FONT: Final = "Arial"
_GAP: Final = 0.09  # between paragraphs
_INDENT: Final = 0.22
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold
_LEAST: Final = 11
_SLIDES: Final = "http://schemas.openxmlformats.org/presentationml/2006/main"

Box = tuple[float, float, float, float]  # left, top, width, height


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def inches(value: float) -> Any:
    """A length for python-pptx."""
    from pptx.util import Emu  # noqa: PLC0415 - only who builds a deck pays for it

    return Emu(round(value * 914_400))


def rgb(colour: str) -> Any:
    """A colour for python-pptx, from ``#RRGGBB`` or a role."""
    from pptx.dml.color import RGBColor  # noqa: PLC0415

    made: Any = RGBColor
    return made(*bytes.fromhex(COLOURS.get(colour, colour).lstrip("#")))


def paint(shape: Any, colour: str) -> None:
    """Fill a shape with one colour and take its outline away."""
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    shape.line.fill.background()


def rectangle(slide: Any, box: Box, colour: str) -> Any:
    """A plain filled rectangle."""
    from pptx.enum.shapes import MSO_SHAPE  # noqa: PLC0415

    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(inches, box))
    paint(shape, colour)
    shape._element.remove(shape._element.find(f"{{{_SLIDES}}}style"))  # noqa: SLF001 - the template's style brings a shadow
    return shape


def write(
    slide: Any,
    box: Box,
    texts: list[str],
    *,
    sizes: tuple[int, ...],
    colour: str = "ink",
    bold: bool = False,
    bullets: bool = False,
    align: str = "left",
    anchor: str = "top",
    shape: Any = None,
) -> Any:
    """Paragraphs in a box, in the largest of the sizes that fits; what does not fit the smallest ends with ….

    ``shape`` is a placeholder to write into instead of a new text box.
    """
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN  # noqa: PLC0415

    shape = shape or slide.shapes.add_textbox(*map(inches, box))
    shape.left, shape.top, shape.width, shape.height = map(inches, box)
    frame = shape.text_frame
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}[anchor]
    across = box[2] - (_INDENT if bullets else 0)
    texts = [clean(t) for t in texts]
    size = fit.size_for(texts, across=across, down=box[3], sizes=sizes, gap=_GAP, bold=bold)
    for place, text in enumerate(_fitted(texts, across, box[3], max(size, _LEAST), bold=bold)):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[align]
        run = paragraph.add_run()
        run.text = text
        dress(run.font, size=size, colour=colour, bold=bold)
        if place:
            paragraph.space_before = inches(_GAP)
        if bullets:
            _bullet(paragraph)
    return shape


def _fitted(texts: list[str], across: float, down: float, size: int, *, bold: bool) -> list[str]:
    """The paragraphs that fit, the last of them cut where the room ends."""
    line, room, kept = size * fit.LINE / 72, down, []
    for text in texts:
        most = int(round(room / line, 6))
        if most < 1:
            break
        shown = fit.cut(text, across=across, size=size, most=most, bold=bold)
        kept.append(shown)
        room -= fit.lines(shown, across=across, size=size, bold=bold) * line + _GAP
    return kept


def dress(font: Any, *, size: int, colour: str = "ink", bold: bool = False) -> None:
    """Set a font: the deck's family, a size in points, a colour."""
    from pptx.util import Pt  # noqa: PLC0415

    font.name, font.size, font.bold = FONT, Pt(size), bold
    font.color.rgb = rgb(colour)


def _bullet(paragraph: Any) -> None:
    from pptx.oxml.xmlchemy import OxmlElement  # noqa: PLC0415

    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - python-pptx has no call for bullets
    properties.set("marL", str(inches(_INDENT)))
    properties.set("indent", str(-inches(_INDENT)))
    mark = OxmlElement("a:buChar")
    mark.set("char", "•")
    properties.append(mark)
