"""Every place of the app that shows a name from data, visited one after the other."""

from dataclasses import dataclass

from playwright.sync_api import Locator

import nrr_core as nrr
from nrr_core.formats import plain_text, unescaped
from nrr_core.ingest.values import clean_text
from qa import tour
from qa.payloads import FORMULAS, HOST, TEXTS
from qa.surfaces import Look

__all__ = ["Files", "every_place"]

_EACH = 32  # attributes between two that the quick form opens: twelve segments of each, others every time


@dataclass(frozen=True)
class Files:
    """What is uploaded: the revenue file, and a workbook that takes a while."""

    revenue: bytes
    book: bytes


def every_place(look: Look, data: nrr.Dataset, files: Files, views: list[str], *, full: bool) -> None:
    """Upload refusals and questions first, then the hostile file on every page."""
    look.visitor.open("data")
    refusals(look, full=full)
    questions(look)
    told_while_reading(look, files.book, f"![x](http://{HOST}/progress.png).xlsx")
    for name in TEXTS if full else TEXTS[7 + len(FORMULAS) : 8 + len(FORMULAS)]:
        own_data(look, data, files.revenue, f"{name}.csv")
    tour.data_page(look, data)
    tour.filters(look, data, full=full)
    tour.saved_views(look, views)
    tour.overview(look)
    tour.waterfall(look, data)
    axes = range(len(data.axes)) if full else range(0, len(data.axes), _EACH)
    for place in axes:
        tour.segments(look, data, place)
        tour.cohorts(look, data, place)
    tour.accounts(look, data, full=full)
    for place in range(20, 21 + 25 * full, 5):
        stored(look, views[place])
        if full:
            own_data(look, data, files.revenue, f"{place}.csv")
    look.visitor.turn("Definitions")
    look.at("definitions")
    look.visitor.turn("Workspace")
    look.at("workspace")
    tour.addresses(look, full=full)


def send(look: Look, content: bytes, name: str) -> None:
    """Upload a file and have it read."""
    kind = "application/octet-stream"
    look.visitor.upload({"name": name, "mimeType": kind, "buffer": content})
    look.at(f"file {name[:30]!r} chosen")
    look.visitor.read()


def alert(look: Look) -> Locator:
    """The box that says what is wrong, once it is there."""
    found = look.page.get_by_test_id("stAlert").first
    found.wait_for(timeout=60_000)
    look.visitor.settle()
    return found


def refusals(look: Look, *, full: bool) -> None:
    """A header that names nothing known: the message lists the columns, and they can be chosen."""
    names = sorted({plain_text(text) for text in TEXTS if "\n" not in text and len(text) < 200 and text.strip() == text})
    for start in range(0, len(names) if full else 30, 30):
        part = names[start : start + 30]
        header = ",".join('"' + name.replace('"', '""') + '"' for name in part)
        send(look, f"{header}\n{','.join('1' * len(part))}\n".encode(), "columns.csv")
        alert(look)
        look.at("refusal", part=[f"“{unescaped(name)}”" for name in part])
        shown = look.options(look.page.get_by_role("combobox", name="Account id").first)
        look.compare("columns to choose from", shown, whole=tour.labels(tuple(unescaped(name) for name in part)))


def questions(look: Look) -> None:
    """Every name twice: each raises a question that tells it and its values."""
    names = [text for text in TEXTS[len(FORMULAS) :] if "\n" not in text and len(text) < 200]
    twice = [name for name in names for _ in range(2)]
    cells = ",".join('"' + name.replace('"', '""') + '"' for name in twice)
    send(look, f"account_id,month,mrr,{cells}\nA,2025-01,5,{cells}\n".encode(), "questions.csv")
    look.page.get_by_text("Several columns have the same name").first.wait_for(timeout=60_000)
    look.visitor.settle()
    look.at("questions", part=[f"“{unescaped(name)}”" for name in names if clean_text(name) == name])


def told_while_reading(look: Look, book: bytes, name: str) -> None:
    """The name of the file is told while it is read."""
    send(look, book, name)
    look.page.get_by_test_id("stSidebar").get_by_text("Not saved").wait_for(timeout=90_000)
    look.visitor.settle()
    said = {" ".join(text.replace("\u2060", "").split()) for text in look.page.evaluate("[...window.said]")}
    look.at("progress")
    look.compare("progress", said, part=[f"ooking at {plain_text(name, limit=80)}"])


def own_data(look: Look, data: nrr.Dataset, content: bytes, name: str) -> None:
    """The hostile file under a hostile name: in the sidebar, in the stamp."""
    look.visitor.turn("Data")
    expander = look.page.get_by_text("Upload another file").first
    if expander.count() and not look.page.get_by_test_id("stFileUploader").first.is_visible():
        expander.click()
    send(look, content, name)
    shown = plain_text(name, limit=80)
    side = look.page.get_by_test_id("stSidebar").get_by_text(f"{data.accounts:,} accounts · ")
    side.wait_for(timeout=90_000)
    look.page.get_by_test_id("stSidebar").get_by_text("Not saved").wait_for()
    look.visitor.settle()
    look.at("own data", part=[plain_text(shown, limit=40)])
    look.page.get_by_role("button", name="Stamp").click()
    look.page.get_by_text("What every number on this page rests on").wait_for()
    look.at("stamp", part=[f"Dataset: {shown}"])
    look.page.keyboard.press("Escape")


def stored(look: Look, name: str) -> None:
    """Saved under a hostile name: the sidebar, its list of datasets, the workspace, what can be done there, and a link."""
    look.visitor.turn("Data")
    look.page.get_by_role("textbox", name="Name").fill(name)
    look.visitor.rerun(lambda: look.page.keyboard.press("Enter"))
    look.at("name to save under", whole=[name])
    look.visitor.rerun(look.page.get_by_role("button", name="Save", exact=True).click)
    look.page.get_by_test_id("stSidebar").get_by_text("Saved data").wait_for(timeout=30_000)
    look.visitor.settle()
    look.at("saved", whole=[plain_text(name, limit=40)])
    shown = look.options(look.page.get_by_test_id("stSidebar").get_by_role("combobox").first)
    look.compare("datasets to choose from", shown, whole=[plain_text(name, limit=40)])
    tour.link(look)
    tour.workspace(look, name)
