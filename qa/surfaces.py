"""Looking for texts on a page as a browser shows them, and for anything that they set going."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator

from qa.payloads import HOST
from qa.visitor import Visitor

__all__ = ["LISTEN", "Look"]

LISTEN = """window.said = new Set();
new MutationObserver(() => {
  for (const place of document.querySelectorAll('[data-testid=stProgress],[data-testid=stToast],[data-testid=stAlert]'))
    window.said.add(place.textContent);
}).observe(document, {subtree: true, childList: true, characterData: true});"""
LIVE = (
    f"[src*='{HOST}'], [href*='{HOST}'], [srcset*='{HOST}'], [data*='{HOST}'], [style*='{HOST}'], [href^='javascript:'], "
    "[href^='mailto:'], [onerror], [onload], img[src='x'], .katex"
)
# Texts of the page: of every element, with what it says to those who do not see it. A zero-width joiner is how an address is kept from
# becoming a link; it is not seen.
TEXTS = """() => {
  const plain = text => text.replaceAll('\\u2060', '').replace(/\\s+/g, ' ').trim();
  const found = new Set();
  for (const at of document.querySelectorAll('body *')) {
    if (at.tagName === 'STYLE' || at.tagName === 'SCRIPT') continue;
    if (at.textContent.length < 3000) found.add(plain(at.textContent));
    for (const name of ['aria-label', 'title', 'alt', 'placeholder']) if (at.hasAttribute(name)) found.add(plain(at.getAttribute(name)));
    if (typeof at.value === 'string') found.add(plain(at.value));
  }
  return [...found];
}"""
SCROLL = "all => all.every(one => { one.scrollTop += 200; return one.scrollTop + one.clientHeight >= one.scrollHeight - 1; })"


def seen(text: str) -> str:
    """A text as the page's texts are compared: single spaces."""
    return " ".join(text.split())


@dataclass
class Look:
    """What a visitor has looked at: places, texts found as they are stored, and faults."""

    visitor: Visitor
    places: list[str] = field(default_factory=list)
    texts: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def page(self) -> Any:
        """The browser's page."""
        return self.visitor.page

    def at(self, place: str, *, whole: Iterable[str] = (), part: Iterable[str] = ()) -> None:
        """Look at what is on screen: nothing acts, ``whole`` texts are all of an element, ``part`` texts are in one."""
        self.places.append(place)
        self._quiet(place)
        shown = set(self.page.evaluate(TEXTS))
        self.compare(place, shown, whole=whole, part=part)

    def compare(self, place: str, shown: set[str], *, whole: Iterable[str] = (), part: Iterable[str] = ()) -> None:
        """Texts that are to be among those shown."""
        whole, part = [seen(text) for text in whole], [seen(text) for text in part]
        missing = [text for text in whole if text not in shown]
        missing += [text for text in part if not any(text in one for one in shown)]
        self.texts += len(whole) + len(part) - len(missing)
        self.faults += [f"{place}: not shown as stored: {text[:90]!r}" for text in missing]

    def _quiet(self, place: str) -> None:
        visitor, page = self.visitor, self.page
        found = [f"asked for {url[:120]}" for url in visitor.outside] + [f"dialog {text}" for text in visitor.dialogs]
        found += [f"ran script {number}" for number in [page.evaluate("window.ran")] if number is not None]
        found += [f"made {html[:160]}" for html in page.locator(LIVE).evaluate_all("all => all.map(one => one.outerHTML)")]
        found += visitor.broken()
        self.faults += [f"{place}: {one}" for one in found]
        for kept in (visitor.outside, visitor.dialogs, visitor.errors):
            kept.clear()

    def options(self, box: Locator) -> set[str]:
        """Labels of all options of a select box; long lists are drawn in parts, so it is scrolled through."""
        box.scroll_into_view_if_needed()
        self.page.wait_for_timeout(150)  # a list that has just been scrolled closes what is opened in it
        box.click()
        self.page.get_by_role("option").first.wait_for()
        found: set[str] = set()
        for _ in range(60):
            found |= {seen(text) for text in self.page.get_by_role("option").all_text_contents()}
            at_end = self.page.locator("[role=listbox]").evaluate_all(SCROLL)
            self.page.wait_for_timeout(30)
            if at_end:
                break
        found |= {seen(text) for text in self.page.get_by_role("option").all_text_contents()}
        self.page.keyboard.press("Escape")
        return found
