"""Slides as LibreOffice draws them: as many pages as slides, and none of them blank."""

import io

import futures
import pptx
import pytest
from edges import EDGES
from seen import blank, pictures

from nrr_core import report

pytestmark = pytest.mark.slow


def drawn(content, office, name):
    return pictures(office(content, f"{name}.pptx", "pdf"))


@pytest.mark.parametrize("pack", list(report.PACKS))
def test_every_slide_is_drawn(sample, future, office, pack):
    content = report.build(sample, pack=pack, by="size", targets={"nrr": 1.05, "grr": 0.9}, **future)
    pages = drawn(content, office, pack)
    assert len(pages) == len(pptx.Presentation(io.BytesIO(content)).slides)
    assert [i for i, page in enumerate(pages, 1) if blank(page)] == []


def test_a_brief_is_drawn(sample, office):
    pages = drawn(report.brief(sample, "A0410", runway=futures.runway(), projection=futures.projection()), office, "brief")
    assert [blank(page) for page in pages] == [False]


def test_hostile_names_are_drawn(office):
    content = report.build(EDGES["hostile names"](), window=1, projection=futures.projection(), runway=futures.runway())
    pages = drawn(content, office, "hostile")
    assert len(pages) == len(pptx.Presentation(io.BytesIO(content)).slides)
    assert not any(blank(page) for page in pages)


def test_the_check_sees_a_blank_slide(book, office):
    deck = pptx.Presentation(io.BytesIO(report.build(book, window=1, pages=["bridge"])))
    empty = deck.slides.add_slide(deck.slide_layouts[0])
    for shape in list(empty.shapes):
        shape._element.getparent().remove(shape._element)
    target = io.BytesIO()
    deck.save(target)
    assert [blank(page) for page in drawn(target.getvalue(), office, "blank")] == [False, False, True]
