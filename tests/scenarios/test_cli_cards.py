"""The command line looks ahead under any card."""

import csv
import io
import json
from pathlib import Path

import pytest

import nrr_core as nrr
from nrr_core.cli import main
from nrr_core.presets import PRESETS
from nrr_core.scenarios import Scenario, project, side_by_side

FILE = str(Path(__file__).resolve().parents[2] / "data" / "revenue.csv")
CARD = PRESETS["chained-monthly"].card


@pytest.fixture(name="plan")
def _plan(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"horizon": 3}))
    return str(path)


def test_a_scenario_under_a_card_is_the_library_s(capsys, plan):
    """The control: without the card the standard answers, with other figures."""
    want = side_by_side(project(nrr.read(FILE), Scenario(horizon=3), card=CARD))["baseline_nrr"].tolist()
    shown = {}
    for asked in (("--card", "chained-monthly"), ()):
        assert main(["scenario", FILE, plan, *asked]) == 0
        shown[asked] = [float(row["baseline_nrr"]) for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert shown["--card", "chained-monthly"] == pytest.approx(want)
    assert shown[()] != pytest.approx(want, abs=1e-4)


def test_a_pack_under_a_card_names_it(capsys, tmp_path):
    for asked, card in ((("--card", "chained-monthly"), CARD), ((), nrr.Definition())):
        out = tmp_path / "pack.csv"
        assert main(["report", FILE, "--pack", "board", "--out", str(out), *asked]) == 0
        assert card.short_hash in out.read_text(encoding="utf-8-sig")


def test_a_renewal_rate_ends_with_its_reason(capsys, tmp_path, plan):
    card = tmp_path / "card.json"
    card.write_text('{"family": "renewal_base"}')
    assert main(["scenario", FILE, plan, "--card", str(card)]) == 2
    assert "it is a renewal rate" in capsys.readouterr().err
