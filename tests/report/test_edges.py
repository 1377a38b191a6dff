"""Every pack in every form, on the sample, on a file with figures to add in one's head, and at every edge."""

import csv
import io

import futures
import openpyxl
import pytest
from seen import opened, outside, overfull, overlapping, uncomputed

from nrr_core import report
from nrr_core.report.pack.make import facts_of, made_pages

FUTURES = {
    "nothing more": {},
    "everything": {
        "projection": futures.projection(), "runway": futures.runway(), "simulation": futures.simulation(),
        "targets": {"nrr": 1.05, "quick_ratio": 4.0, "logo_retention": 0.9},
    },
    "nothing in it": {
        "projection": futures.projection(now=0, decided=False, levers=False), "runway": futures.runway(empty=True),
        "simulation": futures.Simulation(None, futures.simulation().bands.head(0)), "targets": {},
    },
}  # fmt: skip


def holds(content, form):
    if form == "pptx":
        return len(opened(content).slides)
    if form == "xlsx":
        return len(openpyxl.load_workbook(io.BytesIO(content)).sheetnames)
    return len(list(csv.reader(io.StringIO(content.decode()))))


@pytest.mark.parametrize("form", report.FORMS)
@pytest.mark.parametrize("pack", list(report.PACKS))
def test_every_form_of_every_pack_is_built_from_the_sample(sample, pack, form):
    for more in FUTURES.values():
        assert holds(report.build(sample, pack=pack, form=form, **more), form) >= 3


@pytest.mark.parametrize("form", report.FORMS)
@pytest.mark.parametrize("pack", list(report.PACKS))
def test_every_form_of_every_pack_is_built_from_a_small_file(book, pack, form):
    assert holds(report.build(book, pack=pack, form=form, window=1), form) >= 2


@pytest.mark.parametrize("more", list(FUTURES))
@pytest.mark.parametrize("pack", list(report.PACKS))
def test_every_pack_stands_at_every_edge(edge, pack, more):
    options = {"pack": pack, "window": 1, **FUTURES[more]}
    deck = opened(report.build(edge, **options))
    assert outside(deck) == []
    assert overfull(deck) == []
    assert overlapping(deck) == []
    for page in made_pages(facts_of(edge, **options)):
        for sentence in page.sentences:
            assert uncomputed(sentence) == [], page.kind
            assert "nan" not in sentence.text
    for form in ("xlsx", "csv"):
        assert holds(report.build(edge, form=form, **options), form) >= 1


def test_a_brief_stands_at_every_edge(edge):
    for account in edge.engine.account_ids(range(edge.accounts)) if edge.accounts else ():
        deck = opened(report.brief(edge, account, window=1, runway=futures.runway(), projection=futures.projection()))
        assert len(deck.slides) == 1
        assert outside(deck) == []
        assert overfull(deck) == []
        assert overlapping(deck) == []


def test_a_brief_tells_when_the_contract_ends_and_what_is_decided(sample):
    deck = opened(report.brief(sample, "A0002", runway=futures.runway(), projection=futures.projection()))
    cells = [c.text for s in deck.slides[0].shapes if s.has_table for r in s.table.rows for c in r.cells]
    assert cells[2:6] == ["Contract ends", "Mar 2026", "Decided", "grow in May 2026 at 50%, $9K expected"]


def test_a_filter_narrows_every_page(sample):
    deck = opened(report.build(sample, where={"region": ["EMEA"]}, by="size"))
    footers = [s.text_frame.text for slide in deck.slides for s in slide.shapes if s.has_text_frame and "filters:" in s.text_frame.text]
    assert len(footers) == len(deck.slides)
    assert all("filters: region: EMEA" in text for text in footers)
