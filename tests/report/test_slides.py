"""The deck, opened again: native charts that add up, texts that fit, names that stay text, sources in the notes."""

import io
import zipfile

import numpy as np
import openpyxl
import pptx
import pytest
from edges import EDGES, HOSTILE, ledger, moving
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from seen import charts, opened, outside, overfull, overlapping, smallest, words_of

import nrr_core as nrr
from nrr_core import report
from nrr_core.errors import NrrError
from nrr_core.report.pack import fit
from nrr_core.report.pack.make import facts_of, footer_text, made_pages

TARGETS = {"nrr": 1.05, "grr": 0.9, "churn_rate": 0.08}


def picture(form="PNG", size=(300, 100)):
    target = io.BytesIO()
    Image.new("RGB", size, "#804020").save(target, format=form)
    return target.getvalue()


@pytest.fixture(scope="module", params=list(report.PACKS))
def deck(request, sample, future):
    return opened(report.build(sample, pack=request.param, by="region", targets=TARGETS, **future))


def test_every_chart_is_native_and_has_its_numbers_behind_it(deck):
    assert len(charts(deck)) >= 2
    for chart in charts(deck):
        with zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
            assert "xl/worksheets/sheet1.xml" in book.namelist()
    assert not [s.name for slide in deck.slides for s in slide.shapes if s.shape_type == 13]  # no pictures of charts


def series_of(chart):
    return {s.name: [v or 0 for v in s.values] for s in chart.plots[0].series}


@pytest.mark.parametrize("pack", ["qbr", "board"])
def test_the_visible_columns_of_the_waterfall_add_up_to_the_bridge(sample, pack):
    deck = opened(report.build(sample, pack=pack))
    chart = next(c for c in charts(deck) if c.plots[0].categories[0] == "Opening")
    bridge = nrr.movements(sample, window=12, close="2025-12").iloc[0]
    shown = series_of(chart)
    total, gain, loss, base = (np.array(shown[name]) for name in ("Total", "Gain", "Loss", "Base"))
    assert total[0] + gain.sum() - loss.sum() == pytest.approx(total[-1], abs=1e-6)
    assert (total[0], total[-1]) == (float(bridge.opening_mrr), float(bridge.closing_mrr))
    tops = base + total + gain + loss
    assert base[1] == pytest.approx(tops[0])  # expansion stands on the opening
    assert tops[2] == pytest.approx(tops[1])  # contraction hangs from expansion's top
    assert base[3] == pytest.approx(total[4])  # what churn leaves is what is retained
    assert chart.value_axis.minimum_scale == 0
    assert series_of(chart)["Base"][0] == 0
    assert chart.plots[0].series[0].format.fill.type.name == "BACKGROUND"


def test_the_scenarios_effects_add_up_too(sample, future):
    deck = opened(report.build(sample, **future))
    chart = next(c for c in charts(deck) if c.plots[0].categories[0] == "Baseline")
    shown = series_of(chart)
    assert shown["Total"][0] + sum(shown["Gain"]) - sum(shown["Loss"]) == pytest.approx(shown["Total"][-1])


def test_nothing_leaves_a_slide_overlaps_or_overflows(deck):
    assert outside(deck) == []
    assert overfull(deck) == []
    assert overlapping(deck) == []
    assert smallest(deck) >= 11


def test_the_checks_see_what_leaves_overlaps_and_overflows():
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box = slide.shapes.add_textbox(Inches(8), Inches(1), Inches(4), Inches(0.5))
    box.text_frame.text = "far too much " * 20
    box.text_frame.paragraphs[0].runs[0].font.size = pptx.util.Pt(14)
    slide.shapes.add_textbox(Inches(7), Inches(1.2), Inches(2), Inches(0.5))
    assert len(outside(deck)) == 1
    assert len(overfull(deck)) == 1
    assert len(overlapping(deck)) == 1


def test_every_slide_carries_the_stamp_and_its_notes_the_sources(deck, sample):
    hashes = (nrr.STANDARD.short_hash, sample.sha256[:12], "as of 2025-12", "filters: none", f"version {nrr.__version__}")
    for slide in deck.slides:
        text = "\n".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
        assert all(part in text for part in hashes)
        notes = slide.notes_slide.notes_text_frame.text
        assert "What these numbers rest on" in notes
        assert f"“{slide.shapes.title.text_frame.text.rstrip('…')}" in notes
    sources = [slide.notes_slide.notes_text_frame.text for slide in deck.slides]
    assert sum("From: retention, window 12" in notes for notes in sources) >= 2
    last = [c.text for s in deck.slides[-1].shapes if s.has_table for r in s.table.rows for c in r.cells]
    assert {"Definition", "Dataset", "Rows", "As of", "Filters", "Question", "Version"} <= set(last)


def test_the_notes_hold_the_figures_in_full(sample):
    notes = opened(report.build(sample, pages=["outcomes"])).slides[0].notes_slide.notes_text_frame.text
    assert f"NRR = {nrr.retention(sample, window=12, close='2025-12').iloc[0].nrr}" in notes


def test_names_stay_text_behind_the_charts_and_on_the_slides():
    deck = opened(report.build(EDGES["hostile names"](), window=1))
    assert len(charts(deck)) >= 3
    assert formulas(deck) == []
    assert any("<script>" in text for text in words_of(deck))
    assert not any("\u202e" in text or "\ufffe" in text for text in words_of(deck))
    assert overfull(deck) == []


def formulas(deck):
    found = []
    for chart in charts(deck):
        book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        found += [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
    return found


def test_the_check_of_formulas_sees_what_the_usual_writer_makes_of_names():
    data = CategoryChartData()
    data.categories = HOSTILE[:3]
    data.add_series("=1+1", [1, 2, 3])
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_STACKED, 0, 0, Inches(4), Inches(3), data)
    assert len(formulas(deck)) >= 3


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_logo_is_on_every_slide_in_its_proportions(book, form):
    brand = report.Brand(logo=picture(form), name="Acme", colour="#FFDD00")
    deck = opened(report.build(book, window=1, brand=brand))
    for slide in deck.slides:
        logos = [s for s in slide.shapes if s.shape_type == 13]
        assert len(logos) == 1
        assert logos[0].width / logos[0].height == pytest.approx(3, rel=0.01)
    assert outside(deck) == []
    assert overlapping(deck) == []


@pytest.mark.parametrize(
    ("logo", "words"),
    [
        (b"", "could not be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "could not be read"),
        (picture()[:60], "could not be read"),
        (picture("GIF"), "could not be read"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 100, "could not be read"),
        (picture(size=(4_001, 10)), "4,001 × 10 pixels"),
        (b"0" * 1_000_001, "1.0 MB"),
    ],
)
def test_a_bad_logo_is_refused_with_a_sentence(logo, words):
    with pytest.raises(NrrError, match=words):
        report.Brand(logo=logo)


def test_what_hides_in_a_logo_does_not_travel():
    assert b"secret" not in report.Brand(logo=picture() + b"secret").logo


def test_the_same_figures_give_the_same_parts(book):
    def parts():
        with zipfile.ZipFile(io.BytesIO(report.build(book, window=1))) as made:
            return {name: made.read(name) for name in made.namelist()}

    assert parts() == parts()


def test_a_waterfall_that_would_go_below_zero_becomes_bars():
    from nrr_core.report.pack.chart_data import drawable  # noqa: PLC0415
    from nrr_core.report.pack.page import Chart, Figure, Series  # noqa: PLC0415

    steps = tuple(Figure(n, str(v), v, "money") for n, v in (("Baseline", 10), ("Lever", -30), ("Scenario", -20)))
    chart = Chart("waterfall", ("Baseline", "Lever", "Scenario"), (Series("MRR", steps, "total", ("total", "loss", "total")),), "money")
    assert drawable(chart).kind == "bar"


def test_the_footer_names_what_the_numbers_rest_on_even_with_long_filters(book):
    made = facts_of(book, window=1, close="2024-03", where={"plan": ["big", "small"]})
    assert "filters: plan: big, small" in footer_text(made.stamp)
    segments = {"plan": [f"segment number {i}" for i in range(14)]}
    data = ledger([line for i, name in enumerate(segments["plan"]) for line in moving(f"a{i}", (10, 20, 30), name)])
    deck = opened(report.build(data, window=1, where=segments))
    assert overfull(deck) == []
    assert all(
        f"version {nrr.__version__}" in "\n".join(s.text_frame.text for s in slide.shapes if s.has_text_frame) for slide in deck.slides
    )


@pytest.mark.parametrize(("text", "most"), [("word " * 60, 1), ("x" * 500, 2), ("株式会社" * 40, 1), ("", 1), ("short", 1)])
def test_a_text_is_cut_to_its_lines(text, most):
    shown = fit.cut(text, across=4.0, size=14, most=most)
    assert fit.lines(shown, across=4.0, size=14) <= most
    assert shown == text or shown.endswith("…")


def test_pages_hold_at_most_ten_rows(sample, future):
    for pack in report.PACKS:
        for page in made_pages(facts_of(sample, pack=pack, by="owner", targets=TARGETS, **future)):
            assert page.table is None or len(page.table.rows) <= 10, page.kind
