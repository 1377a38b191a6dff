"""Every page in a browser: cold links, light and dark, phones, and what assistive technology meets."""

import httpx
import pytest
from playwright.sync_api import expect

from qa.visitor import PAGES, Visitor


def name(page):
    return page.capitalize() or "Overview"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_is_the_first_request_a_server_ever_gets(fresh, browser, page):
    server = fresh()
    visitor = Visitor(browser, server.url).open(page)
    try:
        assert visitor.title() == name(page)
        assert visitor.page.get_by_test_id("stSidebarNav").get_by_role("link").count() == len(PAGES)
        assert visitor.broken() == []
        assert visitor.outside == []
    finally:
        visitor.close()
        server.end()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_has_no_fault_in_either_theme(visit, page, theme):
    visitor = visit(page, theme=theme)
    assert visitor.title() == name(page)
    assert visitor.broken() == []
    colour = visitor.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    brightness = int(colour.split("(")[1].split(",")[0])
    assert brightness > 200 if theme == "light" else brightness < 60
    assert visitor.faults() == []
    assert all(len(text) > 10 for text in visitor.charts())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_fits_a_phone(visit, page):
    visitor = visit(page, width=390, height=844)
    assert visitor.broken() == []
    assert not visitor.wider_than_the_window()


def test_an_unknown_address_is_told(visit):
    visitor = visit("nowhere")
    assert visitor.page.get_by_text("Page not found").count()


@pytest.mark.parametrize(
    "tag", ["<img src='https://elsewhere.example/x.png'>", "<img src=x onerror='hit = 1'>", "<iframe src='https://elsewhere.example'>"]
)
def test_the_content_policy_stops_what_does_not_belong_here(server, browser, tag):
    visitor = Visitor(browser, server.url).open()
    assert visitor.errors == []
    visitor.page.evaluate("tag => document.body.insertAdjacentHTML('beforeend', tag)", tag)
    visitor.page.wait_for_timeout(300)
    assert any("Content Security Policy" in error for error in visitor.errors)
    assert visitor.page.evaluate("typeof hit") == "undefined"
    visitor.close()


def test_the_app_answers_this_machine_by_its_own_name_only(server):
    assert httpx.get(server.url).status_code == 200
    assert httpx.get(server.url, headers={"Host": "evil.example"}).status_code == 403
    assert httpx.get(server.url, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_a_switch_of_theme_recolours_the_charts(visit):
    visitor = visit("waterfall", theme="light")
    bright = visitor.mark("Churn").get_attribute("fill")
    visitor.page.emulate_media(color_scheme="dark")
    expect(visitor.mark("Churn")).not_to_have_attribute("fill", bright)
    assert visitor.mark("Churn").get_attribute("fill") != bright
