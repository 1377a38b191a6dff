"""Text stays text: names that would act in a browser do nothing, on any page, and are shown as they are stored."""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Browser, sync_playwright

import nrr_core as nrr
from nrr_core.ingest.values import clean_text
from pages.ui import backend
from qa import face, visits
from qa.bar import Result
from qa.payloads import HOST, TEXTS
from qa.server import ARGUMENTS, Server, chromium
from qa.surfaces import LISTEN, Look
from qa.visitor import Visitor

__all__ = ["BROWSER", "NAME", "run"]

NAME = "text stays text"
BROWSER = True
SEGMENTS = 12  # of each attribute: as many as a page shows side by side
CURRENCY = f"![c](http://{HOST}/currency.png)"
MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 7))


def names() -> list[str]:
    """The payloads as they can be the names of different columns: one line each, told apart whatever the case."""
    found: dict[str, str] = {}
    for text in TEXTS:
        if not {"\n", "\r", "\0"} & set(text):
            found.setdefault(clean_text(text).casefold(), text)
    return list(found.values())


def revenue() -> bytes:
    """Every payload as account, as segment, and as the name of an attribute."""
    texts, out = names(), io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["account_id", "month", "mrr", "currency", *texts])
    for k, account in enumerate(texts):
        segments = [texts[(first + k % SEGMENTS) % len(texts)] for first in range(len(texts))]
        for number, month in enumerate(MONTHS):
            write.writerow([account, month, 5000 - 60 * k + (k % 7 - 3) * number, CURRENCY, *segments])
    return out.getvalue().encode()


def slow_book() -> bytes:
    """A workbook that takes some seconds to look at, so that its name is told meanwhile."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("MRR")
        sheet.write_row(0, 0, ["account_id", "month", "mrr"])
        for row in range(1, 12_001):
            sheet.write_row(row, 0, [f"A{row // 6}", MONTHS[row % 6], 100 + row % 50])
    return out.getvalue()


def save_views(store: Path) -> list[str]:
    """A saved view of every name; the names as they are kept."""
    with face.own_store(store):
        kept = backend.store()
        me = kept.people.local
        workspace = me.memberships[0].workspace_id
        body = {"page": "waterfall", "parameters": {}}
        return [kept.documents.create(me, workspace, "view", text, body).name for text in names()]


@contextmanager
def chromium_started() -> Iterator[Browser]:
    """A browser that looks nothing up."""
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            raise FileNotFoundError("There is no Chromium; tests/ensure_browser.sh installs one.")
        rules = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *rules])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(folder: Path, script: str = "app.py") -> Iterator[str]:
    """The address of a server with a store of its own."""
    server = Server(folder / "log.txt", script=script, store=folder / "store")
    try:
        yield server.ready().url
    finally:
        server.end()


@dataclass(frozen=True)
class Escaped:
    """What got through where texts are given to markdown as they are."""

    requests: int
    changed: int


def control(browser: Browser, url: str) -> Escaped:
    """The same look at a page that escapes nothing."""
    visitor = Visitor(browser, url)
    visitor.page.goto(url)
    visitor.page.get_by_text("all shown").wait_for(timeout=30_000)
    visitor.settle()
    look = Look(visitor)
    requests = len(visitor.outside)
    look.at("control", whole=names())
    visitor.close()
    return Escaped(requests, sum("not shown as stored" in fault for fault in look.faults))


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """Every place of the app in a browser; then a page that escapes nothing."""
    folder = Path(tempfile.mkdtemp(prefix="qa-text-"))
    try:
        (folder / "hostile.csv").write_bytes(revenue())
        data = nrr.read(folder / "hostile.csv")
        views = save_views(folder / "store")
        with chromium_started() as browser:
            with served(folder) as url:
                visitor = Visitor(browser, url)
                visitor.context.add_init_script(LISTEN)
                look = Look(visitor)
                files = visits.Files(revenue(), slow_book())
                visits.every_place(look, data, files, views, full=full)
                visitor.close()
            with served(folder, "qa/unescaped.py") as url:
                caught = control(browser, url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Result(
        name=NAME,
        demanded=f"{len(TEXTS)} payloads × every surface: 0 scripts, 0 outbound requests, shown = stored",
        found=f"{len(look.faults)} faults at {len(look.places)} places, {look.texts:,} texts shown as stored",
        control=f"unescaped: {caught.requests} outbound requests, {caught.changed} texts changed",
        passed=not look.faults and look.texts > len(TEXTS),
        control_failed=caught.requests > 0 and caught.changed > 0,
        faults=tuple(look.faults),
    )
