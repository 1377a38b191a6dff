"""A running app and a browser, both started once; every test has a context of its own."""

from pathlib import Path

import pytest

from qa.server import Server
from qa.visitor import Visitor

REPAINTS: dict[str, float] = {}


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """Starts another server with a store of its own, whose first request is the test's."""
    started = []

    def _fresh():
        folder = tmp_path_factory.mktemp("server")
        server = Server(folder / "log.txt", store=folder / "store")
        started.append(server)
        return server.ready()

    yield _fresh
    for server in started:
        server.end()


@pytest.fixture(scope="session")
def server(fresh):
    return fresh()


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
