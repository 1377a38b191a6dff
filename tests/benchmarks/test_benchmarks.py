"""The benchmark as a whole on a tiny file: well-formed, and every way gives the same answers. No times are judged."""

import json

import pytest

from benchmarks import bars, our_way, profile_build, queries, timing
from benchmarks.__main__ import main
from benchmarks.generate import write
from benchmarks.timing import Failed, Way, interleaved

# The whole document is made once: it starts a process for each measurement, as a real run does.
SIZE, MONTHS = "300", "15"


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    out = tmp_path_factory.mktemp("benchmarks") / "found.json"
    data = out.parent / "data"
    assert main(["--sizes", SIZE, "--months", MONTHS, "--rounds", "2", "--out", str(out), "--data", str(data)]) == 0
    return json.loads(out.read_text())


@pytest.mark.slow
def test_the_document_names_the_machine_and_the_size(document):
    assert document["machine"]["processors"] >= 1
    assert document["sizes"][SIZE]["accounts"] == 300
    assert document["sizes"][SIZE]["months"] == 15


@pytest.mark.slow
def test_every_question_is_timed_in_several_ways(document):
    timed = document["sizes"][SIZE]["queries"]
    assert set(timed) <= set(queries.QUERIES)
    assert {"filter", "segment", "bridge", "cohorts", "other_window", "one_pair", "pair_accounts"} <= set(timed)
    assert {"rollups", "detail", "pandas", "pandas_tuned", "dense", "scan"} == set(timed["filter"])
    assert all(way["ms"] > 0 and way["runs"] >= 2 for ways in timed.values() for way in ways.values())


@pytest.mark.slow
def test_every_bar_is_listed_with_the_build_beside_it(document):
    listed = document["sizes"][SIZE]["bars"]
    assert [row["bar"] for row in listed] == [bar.name for bar in bars.BARS]
    assert all(row["build_ms"] > 0 and row["met"] is None for row in listed)  # no goals for 300 accounts


@pytest.mark.slow
def test_disk_and_memory_are_measured(document):
    found = document["sizes"][SIZE]
    assert 0 < found["disk"]["rollups"] <= found["disk"]["dataset"]
    assert found["memory"]["pandas"]["peak_mb"] > 0


@pytest.mark.parametrize(("measured", "met"), [(50.0, True), (10.0, False)])
def test_a_bar_with_a_goal_is_judged(measured, met):
    found = {"queries": {"filter": {"rollups": {"ms": 1.0, "cpu_ms": 1.0}, "pandas": {"ms": measured, "cpu_ms": 1.0}}}}
    row = next(row for row in bars.judged(found, "100k") if row["bar"] == "filter change against pandas")
    assert (row["goal"], row["measured"], row["met"]) == ("≥ 40", measured, met)


def test_different_answers_fail_the_benchmark():
    ways = {
        "one": Way(lambda _turn: 1, lambda found: {("all",): (found,)}),
        "other": Way(lambda _turn: 2, lambda found: {("all",): (found,)}),
    }
    with pytest.raises(Failed, match="one and other differ"):
        interleaved(ways, rounds=1)


def test_no_answer_at_all_fails_the_benchmark():
    ways = {name: Way(lambda _turn: None, lambda _found: {}) for name in ("one", "other")}
    with pytest.raises(Failed, match="no answer"):
        interleaved(ways, rounds=1)


def test_a_first_use_runs_once_in_every_round():
    turns = []
    way = Way(turns.append, None, once=True)
    assert interleaved({"first": way}, rounds=2)["first"]["runs"] == 2
    assert turns == [0, 1, 2]


def test_a_quick_way_runs_more_often_in_every_round():
    found = interleaved({"quick": Way(lambda _turn: None, None)}, rounds=2)
    assert found["quick"]["runs"] == 2 * timing.QUICK_RUNS


def test_the_usual_choice_is_back_after_account_rows():
    usual = our_way.Dataset.rolls
    with our_way.from_account_rows():
        assert our_way.Dataset.rolls is not usual
    assert our_way.Dataset.rolls is usual


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "everything"])
    assert "There is: build" in capsys.readouterr().err


def test_the_build_profile_lists_statements_slowest_first(tmp_path):
    write(tmp_path / "tiny.csv", 50, 6)
    found = profile_build.profile(tmp_path / "tiny.csv")
    times = [step["ms"] for step in found["steps"]]
    assert times == sorted(times, reverse=True)
    assert found["ms"] >= found["statements_ms"] > 0
