"""The pages that show a dataset, one after the other: filters, charts with their tooltips, headings of what was clicked, accounts."""

import re

from playwright.sync_api import Locator

import nrr_core as nrr
from nrr_core.formats import plain_text
from pages.ui import naming
from qa.payloads import TEXTS
from qa.surfaces import Look

__all__ = [
    "accounts",
    "addresses",
    "cohorts",
    "data_page",
    "filters",
    "link",
    "overview",
    "saved_views",
    "segments",
    "waterfall",
    "workspace",
]

_READ_OUT = 18  # characters of a name that every mark's text begins with, however narrow the chart
_TOOLTIP = "#vg-tooltip-element.visible"


def labels(names: tuple[str, ...]) -> list[str]:
    """Names as options show them."""
    told = naming.names(names)
    return [told(name) for name in names]


def begun(names: tuple[str, ...]) -> list[str]:
    """The beginnings of names as charts read them out."""
    return [plain_text(name)[:_READ_OUT].strip() for name in names]


def data_page(look: Look, data: nrr.Dataset) -> None:
    """Problems, rows set aside, columns."""
    look.visitor.turn("Data")
    look.at("data", part=[f"{data.report['rows_accepted']:,} rows accepted"])


def filters(look: Look, data: nrr.Dataset, *, full: bool) -> None:
    """Names of all attributes as labels, their segments as options, and a chosen one."""
    look.visitor.turn("Waterfall")
    body = _popover(look, "Segments")
    boxes = body.get_by_role("combobox")
    look.at("filters", whole=[plain_text(axis.name) for axis in data.axes])
    for place, axis in enumerate(data.axes):
        if full or place % 32 == 0:
            _popover(look, "Segments")
            shown = look.options(boxes.nth(place))
            look.compare(f"options of filter {place}", shown, whole=labels(axis.segments))
    _popover(look, "Segments")
    boxes.first.click()
    look.visitor.rerun(look.page.get_by_role("option", name=labels(data.axes[0].segments)[0], exact=True).click)
    look.at("filtered")
    _popover(look, "Stamp")
    look.at("stamp of a filter", part=[f"Filters: {data.axes[0].name}: {data.axes[0].segments[0]}"])
    _popover(look, "Segments (1)")
    boxes.first.focus()
    look.visitor.rerun(lambda: look.page.keyboard.press("Backspace"))
    _closed(look)


def saved_views(look: Look, views: list[str]) -> None:
    """Names of saved views are links."""
    look.visitor.turn("Waterfall")
    _popover(look, "Views")
    look.at("views", part=[plain_text(name, limit=40) for name in views])
    _closed(look)


def link(look: Look) -> None:
    """A link to what is on screen."""
    look.visitor.turn("Waterfall")
    body = _popover(look, "Copy link")
    look.visitor.rerun(body.get_by_role("button", name="Make the link").click)
    look.page.get_by_text("Opens this page with these filters").wait_for()
    look.at("link")
    _closed(look)


def workspace(look: Look, name: str) -> None:
    """The list of what is stored, and what can be done with it."""
    look.visitor.turn("Workspace")
    _tick(look)
    look.at("workspace")
    _popover(look, "Rename")
    look.at("rename", whole=[name])
    body = _popover(look, "Snapshot")
    body.get_by_role("textbox", name="Name").wait_for()
    look.at("snapshot", whole=[f"{name} (snapshot)"])
    _closed(look)


def overview(look: Look) -> None:
    """Findings name segments; a click on a month tells its accounts."""
    look.visitor.turn("Overview")
    look.at("overview", part=["Retention over time"])


def waterfall(look: Look, data: nrr.Dataset) -> None:
    """Accounts behind a bar."""
    look.visitor.turn("Waterfall")
    look.visitor.rerun(look.visitor.mark("Opening").click)
    look.visitor.heading("Opening: ").wait_for()
    look.at("accounts behind a bar", part=[f"Opening: {data.accounts} accounts"])


def segments(look: Look, data: nrr.Dataset, place: int) -> None:
    """An attribute by its segments: bars, small charts, the matrix, and the accounts of a bar."""
    axis = data.axes[place]
    look.visitor.turn("Segments")
    if place == 0:
        shown = look.options(look.page.get_by_role("combobox", name="By").first)
        look.compare("attributes to choose from", shown, whole=labels(data.dimensions))
    _choose(look, "By", labels(data.dimensions)[place])
    small = [plain_text(name, limit=40) for name in axis.segments]
    look.at(f"segments of {place}", whole=small, part=begun(axis.segments))
    for mark in range(0, len(axis.segments), 4):
        _hover(look, place, mark)
    name = axis.segments[0]
    _click_mark(look, plain_text(name)[:_READ_OUT])
    look.at(f"accounts of a segment of {place}", part=[f"{plain_text(name)}: "])


def cohorts(look: Look, data: nrr.Dataset, place: int) -> None:
    """Rows of the heatmap that are segments, and the accounts of a cell."""
    axis = data.axes[place]
    look.visitor.turn("Cohorts")
    _choose(look, "Group", labels(data.dimensions)[place])
    look.at(f"cohorts of {place}", part=begun(axis.segments))
    _click_mark(look, plain_text(axis.segments[0])[:_READ_OUT])
    look.at(f"accounts of a cell of {place}", part=[plain_text(axis.segments[0])])


def accounts(look: Look, data: nrr.Dataset, *, full: bool) -> None:
    """The list, a search, and the page of an account."""
    ids = nrr.accounts(data, window=3, sort="account").account_id.tolist()
    for account in ids if full else ids[:: max(1, len(ids) // 2)]:
        look.visitor.turn("Accounts")
        look.visitor.rerun(
            lambda text=account: (look.page.get_by_role("textbox", name="Find").fill(text), look.page.keyboard.press("Enter"))
        )
        look.at("accounts", whole=[account])
        found = nrr.accounts(data, window=3, contains=account).account_id.tolist()
        _tick(look)
        look.page.get_by_role("button", name="All accounts").wait_for()
        look.visitor.settle()
        shown = plain_text(found[0])
        look.at("account", part=[f"{shown} pays", shown])
        look.visitor.rerun(look.page.get_by_role("button", name="All accounts").click)


def addresses(look: Look, *, full: bool) -> None:
    """Texts in the address of a fresh visit: a segment, an account, a page that are not there."""
    quoted = [look.page.evaluate("encodeURIComponent", text) for text in (TEXTS if full else TEXTS[16:60:15])]
    for text in quoted:
        look.visitor.open(f"accounts?account={text}&find={text}&f_plan={text}&window={text}")
        look.at("address")


def _closed(look: Look) -> None:
    """No popover is open."""
    for _ in range(3):
        if not look.page.get_by_test_id("stPopoverBody").count():
            return
        look.page.keyboard.press("Escape")
        look.page.wait_for_timeout(100)


def _popover(look: Look, name: str) -> Locator:
    """What a popover holds, once it is open."""
    _closed(look)
    look.page.get_by_role("button", name=name).first.click()
    body = look.page.get_by_test_id("stPopoverBody")
    body.wait_for()
    look.visitor.settle()
    return body


def _tick(look: Look) -> None:
    """The box before the first row of the first table."""
    grid = look.page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box() or {"x": 0, "y": 0}
    look.visitor.rerun(lambda: look.page.mouse.click(box["x"] + 18, box["y"] + 54))


def _choose(look: Look, label: str, option: str) -> None:
    """An option of a select box, found by typing."""
    box = look.page.get_by_role("combobox", name=label, exact=True).first
    box.click()
    box.fill(option[:40])
    choice = look.page.get_by_role("option", name=option, exact=True).first
    choice.wait_for()
    look.visitor.rerun(choice.click)


def _marks(look: Look) -> list[str]:
    """What the marks of all charts say."""
    told: list[str] = look.page.locator("[aria-roledescription][aria-label]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    return told


def _click_mark(look: Look, start: str) -> None:
    """A mark by the beginning of what it says."""
    place = next((n for n, told in enumerate(_marks(look)) if told.startswith(start)), None)
    if place is None:
        look.faults.append(f"no mark says {start!r}")
        return
    mark = look.page.locator("[aria-roledescription][aria-label]").nth(place)
    look.visitor.rerun(lambda: mark.click(force=True))
    look.page.get_by_test_id("stHeading").filter(has_text=re.compile(r": [\d,]+ account")).first.wait_for()


def _hover(look: Look, place: int, mark: int) -> None:
    """The tooltip of a mark."""
    told = _marks(look)
    look.page.locator("[aria-roledescription][aria-label]").nth(min(mark, len(told) - 1)).hover(force=True)
    look.page.wait_for_timeout(150)
    look.at(f"tooltip {mark} of {place}")
