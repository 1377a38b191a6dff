"""The command line: same names as the library, exit 0 or 2, nothing but the answer on standard output."""

import csv
import io
import json

import pytest

import nrr_core as nrr
from nrr_core.cli import main

TEXT = "account_id,month,mrr,plan\na,2024-01,100,Pro\na,2024-02,150,Pro\nb,2024-01,50,=Max\nb,2024-02,0,=Max\n"


@pytest.fixture(name="file")
def _file(tmp_path):
    path = tmp_path / "revenue.csv"
    path.write_text(TEXT)
    return str(path)


def run(capsys, *arguments):
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_retention_prints_the_library_s_table(capsys, file):
    code, out, err = run(capsys, "retention", file, "--window", "1", "--by", "plan")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [r["segment"] for r in rows] == ["(all)", "'=Max", "Pro"]
    assert float(rows[0]["nrr"]) == 1.0
    assert nrr.Definition(window_months=1).short_hash in err


def test_json_carries_stamp_and_rows(capsys, file):
    code, out, _ = run(capsys, "movements", file, "--format", "json")
    said = json.loads(out)
    assert code == 0
    assert said["rows"][0]["new_mrr"] == "150.0000"
    assert said["rows"][0]["quick_ratio"] is None
    assert said["stamp"]["definition_hash"] == nrr.Definition(window_months=1).short_hash


def test_cohorts_and_accounts_answer(capsys, file):
    assert "2024-01,1,2,150.0000" in run(capsys, "cohorts", file)[1]
    code, out, _ = run(capsys, "accounts", file, "--window", "1", "--state", "churn")
    assert code == 0
    assert [r["account_id"] for r in csv.DictReader(io.StringIO(out))] == ["b"]


def test_check_prints_what_was_read(capsys, file):
    code, out, _ = run(capsys, "check", file)
    said = json.loads(out)
    assert code == 0
    assert said["layout"] == "snapshots"
    assert said["lines"] == {"total": 5, "unaccounted": 0}
    assert said["rows"] == {"accepted": 4, "repaired": 0, "quarantined": 0}
    assert said["sums"]["accepted"] == "300.00"
    assert (said["accounts"], said["months"]) == (2, 2)


def test_a_refused_file_exits_2_and_says_why(capsys, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    code, out, err = run(capsys, "check", str(empty))
    assert code == 2
    assert err.startswith("check: ")
    assert json.loads(out)["refused"]


def test_an_open_question_exits_2_and_an_answer_opens_it(capsys, tmp_path):
    path = tmp_path / "us.csv"
    path.write_text('account_id,month,mrr\na,2024-01,"1,234"\nb,2024-01,"2,000"\n')
    code, _, err = run(capsys, "retention", str(path))
    assert code == 2
    assert "--set decimal=" in err
    code, out, _ = run(capsys, "movements", str(path), "--set", "decimal=point")
    if code:
        options = json.loads(run(capsys, "check", str(path))[1])["questions"][0]["options"]
        pytest.fail(f"answers are {options}")
    assert "3234.0000" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["retention", "{file}", "--by", "plam"], "Did you mean “plan”"),
        (["retention", "{file}", "--window", "weekly"], "is not a window"),
        (["retention", "{file}", "--last", "2024"], "YYYY-MM"),
        (["retention", "nowhere.csv"], "no file"),
        (["check", "{file}", "--map", "mrr=Revenue"], "Revenue"),
    ],
)
def test_a_question_that_cannot_be_asked_exits_2_with_a_sentence(capsys, file, arguments, words):
    code, _, err = run(capsys, *(a.format(file=file) for a in arguments))
    assert code == 2
    assert words in err


def test_a_filter_narrows(capsys, file):
    out = run(capsys, "movements", file, "--where", "plan=Pro", "--close", "2024-02")[1]
    assert next(csv.DictReader(io.StringIO(out)))["closing_mrr"] == "150.0000"


def test_reconcile_prints_the_steps_with_their_accounts(capsys, file):
    code, _, err = run(capsys, "reconcile", file, "--from", "standard", "--to", "dashboard-with-reactivation", "--close", "2024-02")
    assert code == 2, "twelve months are not there"
    assert "2024" in err
    cards = "chained-monthly", "movements-opening"
    assert run(capsys, "reconcile", file, "--from", cards[0], "--to", cards[1])[0] == 2


def test_a_card_comes_from_a_preset_or_a_file_of_knobs(capsys, file, tmp_path):
    knobs = tmp_path / "card.json"
    knobs.write_text('{"family": "movements", "window_months": 1}')
    shorter = tmp_path / "shorter.json"
    shorter.write_text('{"window_months": 1}')
    code, out, _ = run(capsys, "reconcile", file, "--from", str(shorter), "--to", str(knobs))
    assert code == 0
    assert out.splitlines() == ["step,knob,effect,accounts", "1,family,0,"]
    code, _, err = run(capsys, "retention", file, "--window", "1", "--card", "dashboard-30-day")
    assert code == 0
    assert "family movements" in err
    assert next(iter(csv.DictReader(io.StringIO(run(capsys, "retention", file, "--card", "dashboard-30-day")[1]))))["window"] == "1"
    assert list(csv.DictReader(io.StringIO(run(capsys, "accounts", file, "--card", "dashboard-30-day")[1])))
    assert "nearest" not in run(capsys, "retention", file, "--card", "standrd")[2]
    assert "Did you mean “standard”?" in run(capsys, "retention", file, "--card", "standrd")[2]
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert "is no JSON" in run(capsys, "retention", file, "--card", str(broken))[2]
    broken.write_text("[1]")
    assert "holds no knobs" in run(capsys, "retention", file, "--card", str(broken))[2]
    broken.write_text('{"familly": "movements"}')
    assert "family" in run(capsys, "retention", file, "--card", str(broken))[2]
