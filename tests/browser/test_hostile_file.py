"""A file whose names would act in a browser: nothing runs, nothing is fetched, on any page."""

import csv
import io

import openpyxl
import pytest

from qa.visitor import Visitor

PAYLOADS = (
    "![x](http://evil.test/a.png)",
    "[a](javascript:alert(1))",
    ":red[x]",
    "$a$",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "=1+1",
    '=HYPERLINK("http://evil.test","x")',
    "https://evil.test/b.png",
    "javascript:alert(1)",
    "**bold**",
)


def hostile():
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["account_id", "month", "mrr_usd", *PAYLOADS[:6]])
    for k, payload in enumerate(PAYLOADS):
        for month in range(1, 5):
            segments = [PAYLOADS[(k + shift) % len(PAYLOADS)] for shift in range(6)]
            write.writerow([payload, f"2025-{month:02d}", 100 + k * month, *segments])
    return {"name": "![n](http:__evil.test).csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}


@pytest.fixture(scope="module")
def visitor(server, browser):
    made = Visitor(browser, server.url).open("data")
    made.upload(hostile()).read()
    made.page.get_by_test_id("stSidebar").get_by_text("Your data").wait_for(timeout=60_000)
    made.settle()
    yield made
    made.close()


def quiet(visitor):
    """Nothing ran, nothing was fetched, and no element that would was made from a name."""
    live = "[src*='evil.test'], [href*='evil.test'], [href^='javascript:'], [onerror], [onload], img[src='x']"
    assert visitor.page.locator(live).count() == 0
    assert visitor.dialogs == []
    assert visitor.outside == []
    assert visitor.broken() == []


@pytest.mark.parametrize("title", ["Data", "Overview", "Waterfall", "Cohorts", "Segments", "Accounts", "Definitions"])
def test_names_do_nothing_on_the_page(visitor, title):
    visitor.turn(title)
    quiet(visitor)


@pytest.mark.parametrize("title", ["Waterfall", "Segments"])
def test_names_do_nothing_in_the_filters(visitor, title):
    visitor.turn(title)
    visitor.page.get_by_role("button", name="Segments").first.click()
    visitor.page.get_by_test_id("stPopoverBody").get_by_role("combobox").first.click()
    visitor.page.get_by_role("option").first.wait_for()
    try:
        quiet(visitor)
    finally:
        visitor.page.keyboard.press("Escape")
        visitor.page.keyboard.press("Escape")


def test_names_do_nothing_in_tables_behind_a_bar(visitor):
    visitor.turn("Waterfall")
    visitor.rerun(visitor.mark("Closing").click)
    visitor.heading(f"Closing: {len(PAYLOADS)} accounts").wait_for()
    quiet(visitor)


def test_names_do_nothing_in_a_heading(visitor):
    visitor.turn("Segments")
    visitor.rerun(visitor.mark(PAYLOADS[4][:8]).click)
    visitor.heading(PAYLOADS[4]).wait_for()
    quiet(visitor)


def test_a_downloaded_workbook_has_no_formula(visitor, tmp_path):
    visitor.turn("Accounts")
    with visitor.page.expect_download() as waited:
        visitor.page.get_by_role("button", name="XLSX").click()
    waited.value.save_as(tmp_path / "accounts.xlsx")
    cells = [cell for sheet in openpyxl.load_workbook(tmp_path / "accounts.xlsx") for row in sheet for cell in row]
    assert {cell.value for cell in cells} >= set(PAYLOADS)
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []


def test_the_look_for_live_elements_sees_them(visitor):
    visitor.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<a id=planted href=\"javascript:alert(1)\">x</a>')")
    with pytest.raises(AssertionError):
        quiet(visitor)
    visitor.page.evaluate("document.getElementById('planted').remove()")
