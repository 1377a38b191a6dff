"""Looking at packs from outside: overfull boxes, shapes beyond the edge, numbers that nobody computed, pictures of slides."""

import io
import re
import subprocess
from decimal import Decimal

import numpy as np
import pptx
from PIL import Image

from nrr_core.formats import month_label
from nrr_core.report.pack import fit

EMU = 914_400
SUFFIXES = {"T": 10**12, "B": 10**9, "M": 10**6, "K": 10**3, "": 1}


def opened(content):
    return pptx.Presentation(io.BytesIO(content))


def charts(deck):
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def words_of(deck):
    """Every text of a deck: boxes, cells, notes."""
    found = []
    for slide in deck.slides:
        found.append(slide.notes_slide.notes_text_frame.text)
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
    return found


def outside(deck):
    """Shapes that leave their slide."""
    right, low = deck.slide_width + 1, deck.slide_height + 1
    return [
        (number, shape.name)
        for number, slide in enumerate(deck.slides, 1)
        for shape in slide.shapes
        if shape.left < 0 or shape.top < 0 or shape.left + shape.width > right or shape.top + shape.height > low
    ]


def overlapping(deck):
    """Pairs of shapes of a slide, other than the band behind the cover, that lie on each other."""
    found = []
    for number, slide in enumerate(deck.slides, 1):
        boxes = [(s.left, s.top, s.left + s.width, s.top + s.height, s.name) for s in slide.shapes if s.height < 4 * EMU or s.has_chart]
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
                if wide > 0.02 * EMU and high > 0.02 * EMU:
                    found.append((number, a[4], b[4]))
    return found


def overfull(deck):
    """Boxes and cells whose text is higher than they are."""
    found = []
    for number, slide in enumerate(deck.slides, 1):
        for shape in slide.shapes:
            if shape.has_text_frame and shape.text_frame.text and _high(shape.text_frame, shape.width, 0.0) > shape.height / EMU + 0.02:
                found.append((number, shape.name, shape.text_frame.text))
            if shape.has_table:
                found += [(number, shape.name, text) for text in _overfull_cells(shape.table)]
    return found


def _overfull_cells(table):
    for row in table.rows:
        for cell, column in zip(row.cells, table.columns, strict=True):
            margins = (cell.margin_left + cell.margin_right) / EMU
            if _high(cell.text_frame, column.width, margins) > row.height / EMU + 0.02:
                yield cell.text


def _high(frame, width, margins):
    across, high = width / EMU - margins, 0.0
    for paragraph in frame.paragraphs:
        indent = int(paragraph._p.pPr.get("marL") or 0) / EMU if paragraph._p.pPr is not None else 0
        runs = paragraph.runs
        if runs:
            size = runs[0].font.size.pt
            high += fit.height("".join(r.text for r in runs), across=across - indent, size=size, bold=bool(runs[0].font.bold))
        high += (paragraph.space_before or 0) / EMU
    return high


def smallest(deck):
    """The smallest size of letters on the slides, in points."""
    return min(
        run.font.size.pt
        for slide in deck.slides
        for shape in slide.shapes
        for frame in (
            [shape.text_frame]
            if shape.has_text_frame
            else [c.text_frame for r in shape.table.rows for c in r.cells]
            if shape.has_table
            else []
        )
        for paragraph in frame.paragraphs
        for run in paragraph.runs
    )


def uncomputed(sentence):
    """What a sentence holds that no figure of it accounts for: digits, and figures that do not say their value."""
    rest = sentence.text
    for figure in sorted(sentence.figures, key=lambda f: -len(f.text)):
        rest = rest.replace(figure.text, "¤")
    found = re.findall(r"\S*\d\S*", rest)
    return found + [f"{f.text} ≠ {f.value}" for f in sentence.figures if not says(f)]


def says(figure):
    """Whether a figure's text, read by itself, gives its value back to the digits shown."""
    if figure.unit in {"name", "text"}:
        return figure.text == figure.value
    if figure.value is None:
        return figure.text == "–"
    if figure.unit == "month":
        return figure.text == month_label(figure.value)
    return _close(figure)


def _close(figure):
    digits = re.search(r"([\d,]+\.?\d*)\s*([TBMK]?)", figure.text)
    if digits is None:
        return False
    shown, size = Decimal(digits[1].replace(",", "")) * SUFFIXES[digits[2]], abs(Decimal(str(figure.value)))
    if figure.unit in {"ratio", "points"}:
        places = len(digits[1].partition(".")[2])
        return abs(shown - size * 100) <= Decimal("0.51") / 10**places
    allowed = {"count": Decimal(0), "number": Decimal("0.0051")}.get(figure.unit, size * Decimal("0.0051" if size >= 1 else "0.051"))
    return abs(shown - size) <= allowed


def convert(content, name, to, folder):
    """A file converted by LibreOffice, with a profile of its own so that several run side by side."""
    source, target = folder / name, folder / "made"
    source.write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = ["soffice", profile, "--headless", "--norestore", "--convert-to", to, "--outdir", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return target / f"{source.stem}.{to}"


def pictures(pdf):
    """The pages of a PDF as arrays of grey."""
    stem = pdf.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "40", "-gray", "-png", str(pdf), str(stem)], check=True, capture_output=True, timeout=120)
    found = sorted(pdf.parent.glob(f"{stem.name}-*.png"))
    pages = []
    for path in found:
        with Image.open(path) as picture:
            pages.append(np.asarray(picture.convert("L"), dtype=float))
    return pages


def blank(page):
    """Whether a picture shows next to nothing."""
    return float(page.std()) < 2
