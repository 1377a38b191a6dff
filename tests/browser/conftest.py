"""A running app and a browser, both started once; every test has a context of its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
REPAINTS: dict[str, float] = {}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


class Server:
    """The app on a free port of this machine."""

    def __init__(self, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.health = f"{self.url}/_stcore/health"
        self.log = log
        command = [
            sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1", f"--server.port={self.port}",
            "--server.headless=true", "--browser.gatherUsageStats=false",
        ]  # fmt: skip
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)

    def ready(self):
        for _ in range(240):
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError), urllib.request.urlopen(self.health, timeout=1):  # noqa: S310 - this machine
                return self
            time.sleep(0.25)
        raise AssertionError(f"the app did not answer within 60 s:\n{self.log.read_text()}")

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """Starts another server, whose first request is the test's."""
    started = []

    def _fresh():
        server = Server(tmp_path_factory.mktemp("server") / "log.txt")
        started.append(server)
        return server.ready()

    yield _fresh
    for server in started:
        server.end()


@pytest.fixture(scope="session")
def server(fresh):
    return fresh()


@pytest.fixture(scope="session")
def browser():
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None) or (str(MAC) if MAC.is_file() else None)
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).is_file():
            _missing(f"a Chromium: {', '.join(CHROMIUMS)} on the PATH, {MAC}, {playwright.chromium.executable_path}")
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


def _missing(what):
    text = f"The browser tests need {what}; nothing of that was found. tests/ensure_browser.sh installs one."
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture
def visit(server, browser):
    """Opens a page as a new visitor; ends with no request to elsewhere, whatever the test is about."""
    visitors = []

    def _visit(address="", *, url=server.url, **context):
        visitor = Visitor(browser, url, **context)
        visitors.append(visitor)
        return visitor.open(address)

    yield _visit
    outside = [request for visitor in visitors for request in visitor.outside]
    for visitor in visitors:
        visitor.close()
    assert outside == []


@pytest.fixture(scope="session")
def repaints():
    """Seconds from a click to the settled page, told at the end of the run; nothing is asserted on them."""
    return REPAINTS


def pytest_terminal_summary(terminalreporter):
    if REPAINTS:
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in REPAINTS.items())
        terminalreporter.write_line(f"click to repaint: {told}")
