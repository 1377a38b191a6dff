"""Clicks on charts and controls, and links that reopen what was on screen."""

import pytest

import nrr_core as nrr
from nrr_core.ledger import account_key
from pages.ui import cache


@pytest.fixture(scope="module")
def sample():
    return cache.sample()


@pytest.mark.parametrize("step", ["Churn", "Retained"])
def test_a_bar_of_the_waterfall_opens_its_accounts(visit, sample, repaints, step):
    visitor = visit("waterfall")
    movement = nrr.movements(sample, window=12, close="2025-12").iloc[0]
    count = movement.churn_accounts if step == "Churn" else movement.opening_accounts - movement.churn_accounts
    repaints[f"waterfall bar {step}"] = visitor.rerun(visitor.mark(step).click)
    visitor.heading(f"{step}: {count:,} accounts").wait_for()
    assert visitor.broken() == []


def test_a_cell_of_the_heatmap_opens_its_accounts(visit, sample, repaints):
    visitor = visit("cohorts")
    found = nrr.accounts(sample, window=6, close="2024-09", cohort="2024-Q1", cadence="quarter")
    repaints["heatmap cell"] = visitor.rerun(visitor.mark("2024-Q1, quarter 2").click)
    visitor.heading(f"2024-Q1, 2 quarters on: {len(found):,} accounts").wait_for()
    assert visitor.broken() == []


def test_a_bar_of_the_segments_opens_its_accounts(visit, sample, repaints):
    visitor = visit("segments")
    found = nrr.accounts(sample, window=12, close="2025-12", where={"plan": ["Scale"]})
    repaints["segment bar"] = visitor.rerun(visitor.mark("Scale:").click)
    visitor.heading(f"Scale: {len(found):,} accounts").wait_for()
    assert visitor.broken() == []


def test_another_window_repaints_the_cards(visit, sample, repaints):
    visitor = visit("")
    repaints["window"] = visitor.choose("Window", "3 months")
    rate = nrr.retention(sample, window=3, close="2025-12")["nrr"].iloc[0]
    visitor.page.get_by_test_id("stMetricValue").filter(has_text=f"{rate * 100:.1f}%").first.wait_for()


def test_the_other_unit_multiplies_the_bars_by_twelve(visit, sample, repaints):
    visitor = visit("waterfall")
    arr = visitor.page.get_by_role("radio", name="ARR").or_(visitor.page.get_by_role("button", name="ARR"))
    repaints["unit"] = visitor.rerun(arr.click)
    opening = float(nrr.movements(sample, window=12, close="2025-12")["opening_mrr"].iloc[0]) * 12
    visitor.mark(f"Opening: ${opening / 1e6:.3g}M").wait_for()


def test_a_window_is_kept_on_the_next_page(visit):
    visitor = visit("waterfall")
    visitor.choose("Window", "6 months")
    visitor.turn("Segments")
    assert "window=6+months" in visitor.page.url or "window=6%20months" in visitor.page.url


def test_a_copied_link_reopens_the_same_view(visit):
    visitor = visit("waterfall?f_region=EMEA")
    visitor.choose("Window", "3 months")
    visitor.page.get_by_role("button", name="Copy link").click()
    visitor.rerun(visitor.page.get_by_role("button", name="Make the link").click)
    link = visitor.page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    other = visit(link.removeprefix(f"{visitor.url}/"))
    labels = "[data-testid=stVegaLiteChart] [aria-roledescription='rect mark']"
    there, here = (one.page.locator(labels).evaluate_all("all => all.map(e => e.ariaLabel)") for one in (other, visitor))
    assert there == here
    assert len(there) == 8
    assert other.headings() == visitor.headings()


def test_an_account_is_reopened_by_its_link(visit):
    visitor = visit(f"accounts?account={account_key('A0001')}")
    visitor.heading("pays").wait_for()
    visitor.rerun(visitor.page.get_by_role("button", name="All accounts").click)
    visitor.heading("accounts:").wait_for()
    assert "account=" not in visitor.page.url


def test_a_table_is_drawn_when_it_is_opened_and_stays_open(visit, repaints):
    visitor = visit("waterfall")
    place = visitor.page.get_by_test_id("stExpander").filter(has_text="Table")
    assert place.get_by_test_id("stDataFrame").count() == 0
    repaints["table opened"] = visitor.rerun(place.locator("summary").click)
    place.get_by_test_id("stDataFrame").wait_for()
    assert place.get_by_test_id("stDownloadButton").count() == 2
    assert visitor.faults() == []
    visitor.choose("Window", "3 months")
    place.get_by_test_id("stDataFrame").wait_for()
    assert visitor.broken() == []
