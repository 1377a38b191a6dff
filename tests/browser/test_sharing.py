"""From an upload to a colleague's screen: saved, linked, opened by somebody else; and what the log says about it."""

import pytest
from playwright.sync_api import expect

BOOK = "account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nA,2025-02,120,Pro\nB,2025-01,50,Basic\n"


def uploaded(visitor, text, name="book.csv"):
    """Read a file on the Data page."""
    page = visitor.page
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        files=[{"name": name, "mimeType": "text/csv", "buffer": text.encode()}]
    )
    visitor.settle()
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Save", exact=True).wait_for(timeout=60_000)
    return visitor.settle()


@pytest.fixture(name="saved", scope="module")
def _saved(fresh):
    """A server of its own, so that other tests find no saved data in theirs."""
    return fresh()


def test_a_colleague_sees_what_was_linked(visit, saved):
    mine = uploaded(visit("data", url=saved.url), BOOK)
    mine.page.get_by_role("button", name="Save", exact=True).click()
    mine.page.get_by_role("heading", name="Versions").wait_for(timeout=60_000)
    mine.turn("Waterfall")
    headline = mine.headings()[1]
    mine.page.get_by_role("button", name="Copy link").click()
    mine.rerun(mine.page.get_by_text("This version", exact=True).click)
    mine.rerun(mine.page.get_by_role("button", name="Make the link").click)
    link = mine.page.get_by_test_id("stCode").inner_text().strip()
    assert "A" not in link.removeprefix(saved.url).split("/")[1]  # nothing of the data is in it
    colleague = visit(link.removeprefix(saved.url).lstrip("/"), url=saved.url)
    expect(colleague.page.get_by_role("heading", name="Waterfall")).to_be_visible()
    assert colleague.headings()[1] == headline
    assert "v=1" in colleague.page.url
    mine.page.keyboard.press("Escape")
    mine.turn("Workspace")
    assert "1 dataset saved" in mine.headings()[1]


def test_an_upload_beside_saved_data_is_still_on_screen_on_the_next_page(visit, saved):
    """The choice of data has other entries then; the browser still sends the label of the old one."""
    visitor = uploaded(visit("data", url=saved.url), BOOK.replace("A,", "C,"), name="other.csv")
    visitor.turn("Accounts")
    expect(visitor.page.get_by_test_id("stSidebar").get_by_text("Only you see it")).to_be_visible()
    assert "d=" not in visitor.page.url


def test_a_view_brings_its_page_and_filters_and_writes_them_into_the_address(visit, saved):
    visitor = visit("waterfall?window=6+months", url=saved.url)
    headline = visitor.headings()[1]
    visitor.page.get_by_role("button", name="Views").click()
    visitor.page.get_by_label("Save this view as").fill("Half a year")
    visitor.rerun(visitor.page.get_by_role("button", name="Save view").click)
    visitor.open("segments?f_plan=Pro")
    visitor.page.get_by_role("button", name="Views").click()
    visitor.page.get_by_role("link", name="Half a year").click()
    visitor.page.wait_for_url("**/waterfall?window=6+months")
    visitor.settle()
    assert visitor.headings()[1] == headline
    visitor.page.keyboard.press("Escape")
    visitor.turn("Overview")
    visitor.page.wait_for_url("**/?window=6+months")


def test_a_download_is_logged(visit, saved):
    visitor = visit("waterfall", url=saved.url)
    visitor.rerun(visitor.page.get_by_text("Table", exact=True).first.click)
    csv = visitor.page.get_by_test_id("stDownloadButton").get_by_text("CSV").first
    assert visitor.download(csv).read_text().startswith("window,")
    visitor.turn("Workspace")
    assert "export,,what: waterfall.csv" in visitor.download(csv).read_text()


def test_a_link_that_leads_nowhere_says_so_and_offers_a_way_out(visit, saved):
    visitor = visit("s/AAAAAAAAAAAAAAAAAAAAAA", url=saved.url)
    expect(visitor.page.get_by_text("nothing here that you may see")).to_be_visible()
    visitor.rerun(visitor.page.get_by_role("button", name="Go to the sample data").click)
    expect(visitor.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
