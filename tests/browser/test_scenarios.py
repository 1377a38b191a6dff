"""QBR preparation for one segment, as a person does it: levers, a decision, a saved scenario, a link, slides."""

import io
import time

from playwright.sync_api import expect
from pptx import Presentation

from qa.visitor import Visitor


def section(visitor, name):
    visitor.rerun(visitor.page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click)


def typed(visitor, label, text):
    field = visitor.page.get_by_label(label)
    field.fill(text)
    visitor.rerun(lambda: field.press("Enter"))


def test_a_review_of_one_segment_is_prepared_and_shared(server, browser, visit, repaints):
    started = time.perf_counter()
    visitor = visit("scenarios?f_size=SMB")
    page = visitor.page
    before = visitor.card("NRR")
    visitor.rerun(page.get_by_role("button", name="Churn", exact=True).click)
    typed(visitor, "Churn rate, change in %, typed", "-30")
    assert float(visitor.card("NRR").rstrip("%")) > float(before.rstrip("%"))
    assert "lifts NRR" in visitor.headings()[1]
    section(visitor, "Decisions")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    section(visitor, "Goal seek")
    expect(page.get_by_text("brings NRR to").first).to_be_visible()
    section(visitor, "Sensitivity")
    assert any("Expansion" in said for said in visitor.charts())
    section(visitor, "Result")
    visitor.rerun(page.get_by_text("Range of outcomes").click)
    assert visitor.charts()
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_label("Name", exact=True).fill("SMB stays")
    visitor.rerun(page.get_by_role("button", name="Save", exact=True).last.click)
    expect(page.get_by_text("Saved, version 1")).to_be_visible()
    page.keyboard.press("Escape")
    nrr, headline = visitor.card("NRR"), visitor.headings()[1]
    page.get_by_role("button", name="Copy link").click()
    visitor.rerun(page.get_by_role("button", name="Make the link").click)
    link = page.get_by_test_id("stCode").inner_text().strip()
    page.keyboard.press("Escape")
    visitor.turn("Review")
    slides = Presentation(io.BytesIO(visitor.download(page.get_by_role("button", name="Slides")).read_bytes())).slides
    repaints["a segment's review, from levers to slides"] = time.perf_counter() - started
    told = [slide.shapes.title.text_frame.text for slide in slides if slide.shapes.title]
    assert any(f"NRR {nrr}" in title for title in told)
    assert any("SMB" in shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame)
    colleague = Visitor(browser, server.url).open(link.removeprefix(server.url).lstrip("/"))
    assert (colleague.card("NRR"), colleague.headings()[1]) == (nrr, headline)
    assert colleague.broken() == []
    colleague.close()


def test_a_decision_is_typed_into_the_grid_and_stays(visit):
    visitor = visit("scenarios?section=Decisions", width=1600, height=1300)
    page = visitor.page
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 420, box["y"] + 52)  # the first row's decision: the columns before it are 370 pixels wide
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.keyboard.type("lose")
    page.wait_for_timeout(300)
    visitor.rerun(lambda: page.keyboard.press("Enter"))
    page.get_by_role("heading", name="The scenario lowers NRR").wait_for()
    told = visitor.headings()[1]
    section(visitor, "Result")
    assert visitor.headings()[1] == told
    assert any("Account decisions" in said for said in visitor.charts())
    section(visitor, "Decisions")
    assert visitor.headings()[1] == told


def test_a_slider_moves_the_number_and_the_number_the_slider(visit):
    visitor = visit("scenarios")
    page = visitor.page
    visitor.rerun(page.get_by_role("button", name="Expansion", exact=True).click)
    typed(visitor, "Expansion rate, change in %, typed", "25")
    slider = page.get_by_role("slider")
    assert slider.input_value() == "25"
    visitor.rerun(lambda: slider.press("ArrowRight"))
    assert page.get_by_label("Expansion rate, change in %, typed").input_value() == "30"
    assert visitor.broken() == []
