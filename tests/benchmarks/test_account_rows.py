"""The way “account rows” of the benchmark answers every question from positions and pairs: no roll-up is read."""

import pytest

import nrr_core as nrr
from benchmarks import our_way
from benchmarks.generate import write


@pytest.fixture(name="revenue", scope="module")
def _revenue(tmp_path_factory):
    file = tmp_path_factory.mktemp("rows") / "revenue.csv"
    write(file, 60, 15)
    return file


@pytest.mark.parametrize(
    "ask",
    [
        lambda data: nrr.retention(data, by=data.dimensions[0]),
        lambda data: nrr.retention(data, card=nrr.preset("chained-monthly")),
        nrr.movements,
        nrr.cohorts,
    ],
    ids=["retention", "chained", "movements", "cohorts"],
)
def test_account_rows_read_no_roll_up(revenue, ask):
    data = nrr.read(revenue)
    with our_way.from_account_rows():
        rows = ask(data)
    assert not data.rollups._kept
    assert ask(data).equals(rows)
    assert data.rollups._kept, "the control: asked as pages ask, roll-ups answer"
