"""One person with a browser of their own: what they open, click, and see."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Request, expect

__all__ = ["ALLOWED", "PAGES", "Visitor"]

PAGES = ("", "data", "waterfall", "cohorts", "segments", "accounts", "scenarios", "review", "definitions", "workspace")
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
UNSETTLED = "[data-stale=true],[data-testid=stSkeleton]"
ALLOWED = (  # two faults of Streamlit's own elements that no app can mend
    ("svg-img-alt", "stMetric"),  # the line in a card has no alternative text
    ("presentation-role-conflict", "stFileUploaderDropzone"),  # the drop zone is both presentation and focusable
)
# Where a fault is: the test ids of an element and of everything around it
AROUND = """target => { const found = []; let at = document.querySelector(target);
while (at) { if (at.dataset && at.dataset.testid) found.push(at.dataset.testid); at = at.parentElement; } return found; }"""


class Visitor:
    """A window on the app: what is asked of other hosts, dialogs and errors of the page are kept."""

    def __init__(self, browser: Browser, url: str, *, width: int = 1440, height: int = 900, theme: str = "light") -> None:
        self.url = url
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", self._requested)
        self.page.on("dialog", self._asked)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)

    def _requested(self, request: Request) -> None:
        inside = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:", "about:")
        if not request.url.startswith(inside):
            self.outside.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def close(self) -> None:
        """Close the window."""
        self.context.close()

    def open(self, address: str = "") -> Self:
        """Go to an address of the app."""
        self.page.goto(f"{self.url}/{address}")
        return self.settle()

    def settle(self) -> Self:
        """Until the script has run and everything it sent is drawn."""
        self.page.wait_for_selector(IDLE, timeout=60_000)
        expect(self.page.locator(UNSETTLED)).to_have_count(0, timeout=60_000)
        return self

    def rerun(self, act: Callable[[], Any]) -> float:
        """Do something that reruns the script; seconds until the page is settled again."""
        started = time.perf_counter()
        act()
        self.page.wait_for_timeout(120)  # the browser batches what was clicked before it asks the server
        self.settle()
        return time.perf_counter() - started

    def turn(self, title: str) -> Self:
        """Another page, by the sidebar."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        self.page.get_by_role("heading", name=title, level=1).wait_for()
        return self.settle()

    # what is on the page

    def title(self) -> str:
        """The page's title."""
        return self.page.get_by_role("heading", level=1).first.inner_text()

    def headings(self) -> list[str]:
        """All headings."""
        return self.page.get_by_test_id("stHeading").all_inner_texts()

    def heading(self, text: str) -> Locator:
        """Wait until a heading contains the text."""
        return self.page.get_by_test_id("stHeading").filter(has_text=text).first

    def broken(self) -> list[str]:
        """Everything that looks like a fault of ours."""
        page = self.page
        return [
            *page.get_by_test_id("stException").all_inner_texts(),
            *page.get_by_text("Something went wrong").all_inner_texts(),
            *page.get_by_text("Page not found").all_inner_texts(),
            *self.errors,
        ]

    def card(self, label: str) -> str:
        """The figure of a card."""
        return self.page.get_by_test_id("stMetric").filter(has_text=label).first.get_by_test_id("stMetricValue").inner_text()

    def charts(self) -> list[str]:
        """What every chart says to those who do not see it."""
        return self.page.get_by_test_id("stVegaLiteChart").evaluate_all(
            "all => all.map(c => (c.closest('[aria-label]') || c.querySelector('[aria-label]'))?.getAttribute('aria-label') || '')"
        )

    # what can be done

    def choose(self, label: str, option: str) -> float:
        """One entry of a select box, which the box has to show once the page is settled: a second try would hide a choice that was lost."""
        self.settle()
        box = self.page.get_by_role("combobox", name=label, exact=True).first
        box.click()
        took = self.rerun(self.page.get_by_role("option", name=option, exact=True).click)
        expect(box).to_have_value(option)
        return took

    def download(self, button: Locator) -> Path:
        """What a button gives to take away; the page is settled before, since a run under the pointer makes its files anew."""
        self.settle()
        with self.page.expect_download() as got:
            button.click()
        return Path(got.value.path())

    def mark(self, spoken: str) -> Locator:
        """A mark of a chart by how it is read out."""
        marks = self.page.locator("[aria-roledescription]").and_(self.page.locator(f'[aria-label^="{spoken}"]'))
        return marks.first

    def upload(self, file: Path | dict[str, Any]) -> Self:
        """Choose a revenue file and wait until it has arrived."""
        self.page.get_by_test_id("stFileUploader").filter(has_text="Revenue file").locator("input[type=file]").set_input_files(file)
        self.page.get_by_role("button", name="Read the file").and_(self.page.locator(":enabled")).wait_for()
        return self.settle()

    def read(self) -> Self:
        """Have it read."""
        self.page.get_by_role("button", name="Read the file").click()
        return self

    # how it is

    def faults(self) -> list[str]:
        """What axe finds, but for the two that are Streamlit's own."""
        found = []
        for violation in Axe().run(self.page).response["violations"]:
            for node in violation["nodes"]:
                around = self.page.evaluate(AROUND, node["target"][0])
                if not any(violation["id"] == rule and place in around for rule, place in ALLOWED):
                    found.append(f"{violation['id']}: {node['html'][:160]}")
        return found

    def wider_than_the_window(self) -> bool:
        """Whether one has to scroll sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 2")
