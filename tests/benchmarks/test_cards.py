"""The rival of the benchmark of cards computes the same as the library; no times are judged."""

import json

import pandas as pd
import pytest

import nrr_core as nrr
from benchmarks import cards, generate


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("cards") / "revenue.csv"
    generate.write(made, 200, 18)
    return made


@pytest.mark.parametrize("name", ["standard", "movements-opening", "chained-monthly", "dashboard-30-day"])
def test_the_rival_gives_the_library_s_values(file, name):
    rows = pd.read_csv(file)
    matrix = rows.pivot_table(index="account_id", columns="month", values="mrr", aggfunc="sum", fill_value=0.0)
    card = nrr.preset(name)
    assert cards.plain(matrix, card) == pytest.approx(nrr.retention(nrr.read(file), card=card).nrr.tolist())


def test_the_document_has_every_preset(tmp_path, capsys):
    assert cards.main(["--accounts", "200", "--months", "26", "--rounds", "1", "--data", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(nrr.PRESETS) <= set(found["cards"])
    assert all(one["cold_ms"] > 0 for one in found["cards"].values())
    assert len(found["reconcile_ms"]) == len(cards.PAIRS)
