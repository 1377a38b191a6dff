import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "core")]  # edges.py, futures.py, seen.py; ledgers.py, oracle.py

import futures  # noqa: E402 - from the folder above
from edges import EDGES, ledger, moving  # noqa: E402
from seen import convert  # noqa: E402

import nrr_core as nrr  # noqa: E402

ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def sample():
    return nrr.read(ROOT / "data" / "revenue.csv", accounts=ROOT / "data" / "accounts.csv")


@pytest.fixture(scope="session")
def book():
    """Four months; from February to March 1,000 become 250 + 150 + 300 + 0, and 40 are new. In April nothing moves."""
    lines = [
        *moving("grown", (200, 200, 250, 250), "big"),
        *moving("shrunk", (200, 200, 150, 150), "big"),
        *moving("same", (300, 300, 300, 300), "small"),
        *moving("gone", (300, 300, 0, 0), "small"),
        *moving("late", (0, 0, 40, 40), "small"),
    ]
    return ledger(lines)


@pytest.fixture(scope="session")
def future():
    return {"projection": futures.projection(), "runway": futures.runway(), "simulation": futures.simulation()}


@pytest.fixture(scope="session", params=list(EDGES))
def edge(request):
    return EDGES[request.param]()


@pytest.fixture
def office(tmp_path):
    """Converts a file with LibreOffice, in a profile of its own; skipped where there is none, a failure on CI."""
    if not (shutil.which("soffice") and shutil.which("pdftoppm")):
        text = "Rendering needs soffice and pdftoppm; tests/ensure_tools.sh installs them."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)

    def converted(content, name, to):
        return convert(content, name, to, tmp_path)

    return converted
