"""Scenarios on the command line: the library's table, exit 0 or 2, remarks beside the answer."""

import csv
import io
import json
import subprocess
import sys

import pytest

import nrr_core as nrr
from nrr_core.cli import main
from nrr_core.scenarios import from_json, project, side_by_side

TEXT = "account_id,month,mrr,plan\n" + "".join(
    f"{account},2024-{month:02d},{mrr},{plan}\n"
    for account, mrr, plan, until in (("a", 300, "Pro", 12), ("b", 100, "Basic", 11))
    for month in range(1, until + 1)
)  # a quarter leaves in the last month
COLUMNS = [
    "month", "baseline_mrr", "scenario_mrr", "baseline_nrr", "scenario_nrr", "baseline_grr", "scenario_grr", "baseline_logo_retention",
    "scenario_logo_retention",
]  # fmt: skip
HALF = {"levers": [{"kind": "churn", "change": -0.5}], "horizon": 2, "months": 1}


@pytest.fixture(name="file")
def _file(tmp_path):
    path = tmp_path / "revenue.csv"
    path.write_text(TEXT)
    return str(path)


@pytest.fixture(name="plan")
def _plan(tmp_path):
    def write(body):
        path = tmp_path / "plan.json"
        path.write_text(body if isinstance(body, str) else json.dumps(body))
        return str(path)

    return write


def run(capsys, *arguments):
    code = main(["scenario", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_table_has_both_paths_month_by_month(capsys, file, plan):
    """A quarter of 300 leaves each month, or an eighth of it."""
    code, out, _ = run(capsys, file, plan(HALF), "--format", "csv", "--window", "1")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [*rows[0]] == COLUMNS
    assert [r["month"] for r in rows[:2]] == ["2025-01", "2025-02"]
    assert [(r["baseline_mrr"], r["scenario_mrr"]) for r in rows[:2]] == [("225.0000", "262.5000"), ("168.7500", "229.6875")]
    assert [(r["baseline_nrr"], r["scenario_nrr"]) for r in rows[:2]] == [("0.75", "0.875")] * 2


def test_json_carries_stamp_and_rows_and_agrees_with_the_library(capsys, file, plan):
    code, out, _ = run(capsys, file, plan(HALF), "--format", "json")
    said = json.loads(out)
    expected = side_by_side(project(nrr.read(file), from_json(json.dumps(HALF))))
    assert code == 0
    assert [*said["rows"][0]] == COLUMNS
    assert [r["scenario_mrr"] for r in said["rows"]] == [str(x) for x in expected["scenario_mrr"]]
    assert said["stamp"]["definition_hash"] == nrr.STANDARD.short_hash
    assert "scenario" in said["stamp"]["question"]


def test_what_has_no_value_is_empty(capsys, file, plan):
    """Windows of 24 months open before the data."""
    said = json.loads(run(capsys, file, plan(HALF), "--format", "json", "--window", "24")[1])
    assert [row["baseline_nrr"] for row in said["rows"]] == [None, None]


def test_notes_are_beside_the_answer(capsys, file, plan):
    body = HALF | {"decisions": [{"account": "zz", "action": "lose"}]}
    code, out, err = run(capsys, file, plan(body), "--format", "csv")
    assert code == 0
    assert "“zz” is not in this data any more" in err
    assert "zz" not in out


def test_a_filter_narrows(capsys, file, plan):
    rows = list(csv.DictReader(io.StringIO(run(capsys, file, plan(HALF), "--where", "plan=Pro")[1])))
    assert [r["baseline_mrr"] for r in rows[:2]] == ["300.0000", "300.0000"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("levers", "This file is not a scenario: it is not JSON"),
        ({"lever": []}, "“lever” is not an entry of a scenario"),
        ({"horizon": 99}, "The horizon is 99"),
        ({"levers": [{"kind": "churn", "start": "soon"}]}, "“soon” is not a month"),
        ({"format": 9}, "This scenario has format 9"),
        ({"by": "plam"}, "plam"),
        ({"levers": [{"kind": "churn", "where": {"plan": ["Max"]}}]}, "Max"),
        ({"contracts": "plan"}, "“plan” does not hold dates"),
        ({"horizon": float("nan")}, "The horizon is nan"),
    ],
)
def test_a_scenario_that_cannot_be_exits_2_and_says_why(capsys, file, plan, body, words):
    code, out, err = run(capsys, file, plan(body))
    assert (code, out) == (2, "")
    assert err.startswith("scenario: ")
    assert words in err


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_scenario_file_that_cannot_be_read_exits_2_and_says_why(capsys, file, name):
    code, _, err = run(capsys, file, name)
    assert code == 2
    assert f"The scenario file {name} can't be read" in err


def test_a_revenue_file_that_is_not_there_exits_2(capsys, plan):
    code, _, err = run(capsys, "nowhere.csv", plan(HALF))
    assert code == 2
    assert "no file" in err


def test_the_command_runs_by_itself(file, plan):
    done = subprocess.run(
        [sys.executable, "-m", "nrr_core", "scenario", file, plan(HALF), "--format", "csv"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == ",".join(COLUMNS)
