"""Pages as a PowerPoint deck. Knows pages, charts and tables, and nothing of what they are about."""

import io
import re
from typing import Any, Final

from nrr_core.report.pack import fit
from nrr_core.report.pack.brand import Brand, on
from nrr_core.report.pack.canvas import BOTTOM, HIGH, LEFT, RIGHT, WIDE, Box, clean, inches, rectangle, write
from nrr_core.report.pack.page import Page
from nrr_core.report.pack.slide_charts import draw
from nrr_core.report.pack.slide_tables import place, table_height

__all__ = ["deck"]

_TITLE_ONLY: Final = 5  # of python-pptx's own template
_TOP: Final = 0.42
_TITLES: Final = (28, 26)
_GAP: Final = 0.25
_BAR: Final = 0.75  # inches of a lying bar with its gap, at most
_NARROW: Final = 0.42  # of the width, for a table beside a line over months
_SIDE: Final = 3.7  # a column of bullets beside a chart
_SENTENCES: Final = (16, 14, 12)
_NOTES: Final = 12_000  # characters of speaker notes


def deck(pages: list[Page], *, brand: Brand, footer: str, stamp: list[tuple[str, str]]) -> bytes:
    """A 16:9 deck with one slide a page, each with the footer, and in its notes where the figures come from."""
    from pptx import Presentation  # noqa: PLC0415 - only who builds a deck pays for it

    made = Presentation()
    layout = _prepare(made, brand)
    for number, page in enumerate(pages, start=1):
        slide = made.slides.add_slide(layout)
        (_cover if page.kind == "cover" else _body)(slide, page, brand)
        _footer(slide, footer, number)
        slide.notes_slide.notes_text_frame.text = clean(_notes(page, stamp))[:_NOTES]
    made.core_properties.title = clean(pages[0].title.text) if pages else ""
    made.core_properties.author = clean(brand.name)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _prepare(made: Any, brand: Brand) -> Any:
    """The template at 16:9 with one layout, the deck's font and the brand's colour; returns the layout."""
    from pptx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415

    wider = WIDE * 914_400 / made.slide_width
    made.slide_width, made.slide_height = inches(WIDE), inches(HIGH)
    master = made.slide_masters[0]
    layout = made.slide_layouts[_TITLE_ONLY]
    for other in list(made.slide_layouts):
        if other is not layout and other.name != layout.name:
            made.slide_layouts.remove(other)
    for shape in [*master.shapes, *layout.placeholders]:
        shape.left, shape.top, shape.width, shape.height = round(shape.left * wider), shape.top, round(shape.width * wider), shape.height
    for shape in [s for s in layout.placeholders if s.placeholder_format.idx]:
        shape._element.getparent().remove(shape._element)  # noqa: SLF001 - the deck writes its own footer
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    accent = rf"\g<1>{brand.colour.lstrip('#').upper()}"
    text = re.sub(r'(<a:accent1>\s*<a:srgbClr val=")[0-9A-Fa-f]{6}', accent, theme.blob.decode("utf-8"))
    theme._blob = re.sub(r'<a:latin typeface="Calibri[^"]*"', '<a:latin typeface="Arial"', text).encode("utf-8")  # noqa: SLF001
    return layout


def _cover(slide: Any, page: Page, brand: Brand) -> None:
    band = rectangle(slide, (0, 0, WIDE, 4.3), brand.colour)
    slide.shapes._spTree.remove(band._element)  # noqa: SLF001 - behind the title
    slide.shapes._spTree.insert(2, band._element)  # noqa: SLF001
    text = on(brand.colour)
    across = RIGHT - LEFT
    write(
        slide,
        (LEFT, 1.3, across, 1.45),
        [page.title.text],
        sizes=(40, 32),
        colour=text,
        bold=True,
        anchor="bottom",
        shape=slide.shapes.title,
    )
    if page.subtitle is not None:
        write(slide, (LEFT, 2.95, across, 0.7), [page.subtitle.text], sizes=(20, 16), colour=text)
    room = across - (3.2 if brand.logo else 0)
    if page.table is not None:
        place(slide, (LEFT, 4.6, room, 1.4), page.table, brand)
    write(slide, (LEFT, 6.05, room, 0.7), [s.text for s in page.bullets], sizes=(16, 14, 12), colour="muted")
    _logo(slide, brand, (RIGHT - 2.6, 4.75, 2.6, 1.5))


def _body(slide: Any, page: Page, brand: Brand) -> None:
    across = RIGHT - LEFT - (1.9 if brand.logo else 0)
    title = clean(page.title.text)
    size = next((s for s in _TITLES if fit.lines(title, across=across, size=s, bold=True) == 1), _TITLES[-1])
    high = min(2, fit.lines(title, across=across, size=size, bold=True)) * size * fit.LINE / 72 + 0.02
    rectangle(slide, (0, _TOP, 0.14, high), brand.colour)
    write(slide, (LEFT, _TOP, across, high), [title], sizes=(size,), bold=True, shape=slide.shapes.title)
    _logo(slide, brand, (RIGHT - 1.6, 0.38, 1.6, 0.8))
    top = _TOP + high + 0.08
    if page.subtitle is not None:
        write(slide, (LEFT, top, RIGHT - LEFT, 0.3), [page.subtitle.text], sizes=(14, 12), colour="muted")
        top += 0.3
    top += _GAP
    bottom = BOTTOM
    if page.footnote is not None:
        needed = min(2, fit.lines(clean(page.footnote.text), across=RIGHT - LEFT, size=12)) * 12 * fit.LINE / 72 + 0.01
        write(slide, (LEFT, BOTTOM - needed, RIGHT - LEFT, needed), [page.footnote.text], sizes=(12,), colour="muted")
        bottom = BOTTOM - needed - 0.1
    _parts(slide, page, brand, (LEFT, top, RIGHT - LEFT, bottom - top))


def _parts(slide: Any, page: Page, brand: Brand, box: Box) -> None:
    """Chart, table and sentences in the room below the title."""
    left, top, across, down = box
    texts = [s.text for s in page.bullets]
    beside = page.chart is not None and page.chart.kind == "line" and page.table is None and texts
    if texts and not beside:
        alone = page.chart is None and page.table is None
        needed = down if alone else min(1.7, _needed(texts, across))
        if page.chart is None and page.table is not None:
            at = top + table_height(page.table, box[2], down - _needed(texts, across) - 2 * _GAP) + 2 * _GAP
            write(slide, (left, at, across, top + down - at), texts, sizes=_SENTENCES, bullets=True)
        else:
            down -= needed + _GAP
            at = top + min(down, _short(page, across, down)) + _GAP
            write(slide, (left, at, across, needed), texts, sizes=_SENTENCES, bullets=True)
    if beside:
        write(slide, (left + across - _SIDE, top + 0.45, _SIDE, down - 0.45), texts, sizes=_SENTENCES, bullets=True)
        across -= _SIDE + 2 * _GAP
    if page.table is not None:
        if page.chart is None:
            place(slide, (left, top, across, down - (_needed(texts, across) + 2 * _GAP if texts else 0)), page.table, brand)
        else:
            half = across * (_NARROW if page.chart.kind == "line" else 0.5)
            place(slide, (left + across - half, top, half, down), page.table, brand)
            across -= half + 2 * _GAP
    if page.chart is not None:
        rows = len(page.chart.categories)
        down = min(down, rows * _BAR + 0.3) if page.chart.kind == "bar" else down
        draw(slide, (left, top, across, down), page.chart, brand)


def _short(page: Page, across: float, down: float) -> float:
    """Inches that a lying bar chart and the table beside it take of the room they have; other charts take all."""
    if page.chart is None or page.chart.kind != "bar":
        return down
    beside = table_height(page.table, across * 0.5, down) if page.table is not None else 0.0
    return max(len(page.chart.categories) * _BAR + 0.3, beside)


def _needed(texts: list[str], across: float) -> float:
    size = _SENTENCES[0]
    return sum(fit.height(clean(t), across=across - 0.22, size=size) for t in texts) + 0.09 * (len(texts) - 1) + 0.02


def _logo(slide: Any, brand: Brand, box: Box) -> None:
    """The logo as large as the box holds, at its upper right."""
    if brand.logo is None:
        return
    picture = slide.shapes.add_picture(io.BytesIO(brand.logo), 0, 0)
    scale = min(inches(box[2]) / picture.width, inches(box[3]) / picture.height)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    picture.left, picture.top = inches(box[0] + box[2]) - picture.width, inches(box[1])
    picture._element.nvPicPr.cNvPr.set("descr", clean(f"Logo {brand.name}".strip()))  # noqa: SLF001 - no call for a description


def _footer(slide: Any, text: str, number: int) -> None:
    rectangle(slide, (LEFT, 6.92, RIGHT - LEFT, 0.01), "grid")
    write(slide, (LEFT, 6.98, RIGHT - LEFT - 0.8, 0.38), [text], sizes=(11,), colour="muted")
    write(slide, (RIGHT - 0.6, 6.98, 0.6, 0.2), [str(number)], sizes=(11,), colour="muted", align="right")


def _notes(page: Page, stamp: list[tuple[str, str]]) -> str:
    """Where each sentence's figures come from: the question, the values in full, and the stamp."""
    parts = []
    for sentence in page.sentences:
        values = "; ".join(f"{f.label} = {f.value}" for f in sentence.figures if f.value is not None and f.unit not in {"text", "name"})
        parts.append("\n".join(filter(None, (f"“{sentence.text}”", values, f"From: {sentence.source}" if sentence.source else ""))))
    rests = "\n".join(f"{label}: {text}" for label, text in stamp)
    return "\n\n".join([*parts, f"What these numbers rest on\n{rests}"])
