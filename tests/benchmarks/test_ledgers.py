"""The benchmark of ledgers on a tiny file: figures for every knob, and the same sums in pandas. No times are judged."""

import json

import pytest

import nrr_core as nrr
from benchmarks import every_close, ledgers
from benchmarks.timing import Failed
from nrr_core.engines import open_dataset


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledgers")
    model = folder / "model"
    model.mkdir()
    revenue, rates = ledgers.write(folder, 200, 15)
    ledgers.prepare(revenue, model, rates=rates)
    return folder


@pytest.mark.slow
def test_every_knob_is_timed_cold_and_warm(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ledgers", "--accounts", "200", "--months", "15", "--rounds", "1", "--data", str(folder)])
    assert ledgers.main() == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["ledgers"]) == set(ledgers.CARDS)
    assert all(took > 0 for figures in (*found["ledgers"].values(), found["fx_every_close"]) for took in figures.values())


@pytest.mark.slow
def test_sums_of_every_close_are_those_of_pandas_and_another_rate_is_seen(folder, monkeypatch):
    frame = nrr.retention(open_dataset(folder / "model"), window=3)
    lines, rates = every_close.lines_and_rates(folder / "model")
    wide = every_close.pivoted(lines)
    assert every_close.sums_here(frame) == every_close.sums_in_pandas(wide, rates, months=3)
    monkeypatch.setattr(every_close, "lines_and_rates", lambda _: (lines, rates + 1_000_000))
    with pytest.raises(Failed, match="different sums"):
        every_close.every_close(folder / "model", months=3, rounds=1)
