"""A period is closed, a later file changes it: seen before it is saved, and saved only on purpose. And the stamp beside a figure."""

import pytest
from playwright.sync_api import expect

import nrr_core as nrr

FIRST = "account_id,month,mrr_usd,plan\n" + "".join(f"A,2025-{m:02d},100,Pro\nB,2025-{m:02d},50,Basic\n" for m in range(1, 5))
RESTATED = FIRST.replace("A,2025-02,100", "A,2025-02,70") + "A,2025-05,100,Pro\nB,2025-05,50,Basic\n"


@pytest.fixture(name="saved", scope="module")
def _saved(fresh):
    """A server of its own, so that other tests find no saved data in theirs."""
    return fresh()


def read(visitor, text):
    page = visitor.page
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        files=[{"name": "book.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    visitor.settle()
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Save", exact=True).wait_for(timeout=60_000)
    return visitor.settle()


def without_toasts(visitor):
    """Streamlit's toasts are dialogs without a name for as long as they stand."""
    expect(visitor.page.get_by_test_id("stToast")).to_have_count(0, timeout=20_000)
    return visitor


def test_a_closed_period_is_changed_on_purpose_only(visit, saved):
    mine = read(visit("data", url=saved.url), FIRST)
    page = mine.page
    mine.rerun(page.get_by_role("button", name="Save", exact=True).click)
    page.get_by_role("heading", name="Versions").wait_for(timeout=60_000)
    mine.settle()
    page.get_by_role("button", name="Close a period").click()
    mine.choose("Up to", "2025-03")
    mine.rerun(page.get_by_role("button", name="Close them").click)
    expect(page.get_by_text("Closed through 2025-03 by You")).to_be_visible()
    assert without_toasts(mine).faults() == []

    page.get_by_text("Upload another file").click()
    later = read(mine, RESTATED)
    later.choose("As", "New version of book")
    expect(page.get_by_text("1 account-month of 2025-02, which was closed on")).to_be_visible()
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    assert without_toasts(later).faults() == []
    later.rerun(page.get_by_text("I know that figures of closed months change").click)
    expect(save).to_be_enabled()
    save.click()
    expect(page.get_by_text("Version 2, the newest")).to_be_visible()
    later.settle()

    later.rerun(page.get_by_text("What changed between two versions").click)
    expect(page.get_by_text("which was closed on")).to_be_visible()
    assert later.broken() == []
    assert not later.wider_than_the_window()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_s_stamp_opens_beside_it(visit, theme):
    visitor = visit("waterfall?window=3+months", theme=theme)
    visitor.page.get_by_role("button", name=nrr.STANDARD.over(3).short_hash).click()
    expect(visitor.page.get_by_text("Question: movements, window 3")).to_be_visible()
    visitor.page.mouse.move(5, 5)  # under the pointer a button has Streamlit's own colour
    assert visitor.faults() == []
