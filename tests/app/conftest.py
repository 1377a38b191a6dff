"""Pages under test: opened with a dataset and an address, without a browser."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import nrr_core as nrr
from pages.ui import backend, cache
from qa.face import making

BOOK = """account_id,month,mrr_usd,region,plan
{rows}"""
_LIVES = {  # account: region, plan, what it pays from which month on
    "A": ("EMEA", "Pro", {"2024-12": 100, "2025-10": 150}),
    "B": ("EMEA", "Basic", {"2024-12": 100, "2025-03": 60}),
    "C": ("APAC", "Basic", {"2024-12": 100, "2025-11": 0}),
    "D": ("APAC", "Pro", {"2024-12": 100}),
    "E": ("APAC", "Pro", {"2025-06": 70}),
}
_MONTHS = ["2024-12", *(f"2025-{month:02d}" for month in range(1, 13))]


def book_text():
    """Five accounts over thirteen months.

    Dec 2024 to Dec 2025: opening 400, A grows by 50, B shrinks by 40, C leaves with 100, E arrives with 70; closing 380.
    NRR 310 ÷ 400 = 77.5 %, GRR 260 ÷ 400 = 65 %, 3 of 4 accounts stay.
    """
    rows = []
    for account, (region, plan, prices) in _LIVES.items():
        pays = 0
        for month in _MONTHS:
            pays = prices.get(month, pays)
            if pays:
                rows.append(f"{account},{month},{pays},{region},{plan}")
    return BOOK.format(rows="\n".join(rows)) + "\n"


@pytest.fixture(scope="session")
def read(tmp_path_factory):
    """Reads a text as a revenue file."""

    def _read(text, **options):
        path = tmp_path_factory.mktemp("read") / "revenue.csv"
        path.write_text(text, encoding="utf-8")
        return nrr.read(path, **options)

    return _read


@pytest.fixture(scope="session")
def book(read):
    return read(book_text(), name="Book")


@pytest.fixture(scope="session")
def sample():
    return cache.sample()


@pytest.fixture(scope="session")
def one_month(read):
    return read("account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nB,2025-01,50,Basic\n")


@pytest.fixture(scope="session")
def bare(read):
    """No attribute at all."""
    rows = [f"{account},2025-{month:02d},{100 + month}" for account in "AB" for month in range(1, 6)]
    return read("account_id,month,mrr_usd\n" + "\n".join(rows) + "\n")


@pytest.fixture(scope="session")
def emptied(read):
    """Everybody who paid in January pays nothing in February."""
    return read("account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nB,2025-01,50,Basic\n", last="2025-02")


@pytest.fixture(scope="session")
def late(read):
    """APAC pays nothing before February."""
    return read("account_id,month,mrr_usd,region\nA,2025-01,100,EMEA\nA,2025-02,100,EMEA\nB,2025-02,50,APAC\n")


@pytest.fixture
def made_on_click():
    """What download buttons would make, by the id they carry."""
    with making() as made:
        yield made


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """An empty store for each test."""
    monkeypatch.setenv("NRR_DATA", str(tmp_path / "store"))
    backend.close()
    cache.published()
    yield
    backend.close()
    cache.published()
