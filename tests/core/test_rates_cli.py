"""Exchange rates on the command line: every command that reads a file takes them."""

import csv
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import nrr_core as nrr
from nrr_core import store
from nrr_core.cli import main
from nrr_core.report import to_csv

REVENUE = """account_id,month,mrr,currency,plan
us,2025-01,100,USD,Pro
us,2025-02,100,USD,Pro
eu,2025-01,100,EUR,Basic
eu,2025-02,150,EUR,Basic
"""
RATES = "currency,month,rate\nUSD,2025-01,1\nUSD,2025-02,1\nEUR,2025-01,1.1\nEUR,2025-02,1.2\n"


@pytest.fixture(name="files")
def _files(tmp_path):
    revenue, rates = tmp_path / "revenue.csv", tmp_path / "rates.csv"
    revenue.write_text(REVENUE, encoding="utf-8")
    rates.write_text(RATES, encoding="utf-8")
    return str(revenue), str(rates)


def run(capsys, *arguments):
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


QUESTIONS = {
    "check": [],
    "retention": ["--window", "1"],
    "movements": [],
    "cohorts": [],
    "accounts": ["--window", "1"],
    "reconcile": ["--from", "{short}", "--to", "{reported}"],
    "scenario": ["{scenario}", "--window", "1"],
}


@pytest.mark.parametrize("command", QUESTIONS)
def test_every_command_that_reads_a_file_takes_rates_and_stops_without_them(capsys, files, tmp_path, command):
    (tmp_path / "short.json").write_text('{"window_months": 1}')
    (tmp_path / "reported.json").write_text('{"window_months": 1, "fx": "reported"}')
    (tmp_path / "scenario.json").write_text('{"format": 1, "months": 1, "horizon": 1}')
    named = {name: str(tmp_path / f"{name}.json") for name in ("short", "reported", "scenario")}
    more = [text.format(**named) for text in QUESTIONS[command]]
    revenue, rates = files
    code, out, err = run(capsys, command, revenue, *more, "--rates", rates)
    assert (code, bool(out)) == (0, True), err
    code, _, err = run(capsys, command, revenue, *more)
    assert code == 2, "the control: without rates the currency is asked for"
    assert "several currencies" in err
    assert "add a file of exchange rates" in err


def test_the_bridge_closes_at_the_rates_of_the_close_with_a_step_of_its_own(capsys, files):
    revenue, rates = files
    code, out, _ = run(capsys, "movements", revenue, "--rates", rates, "--close", "2025-02")
    row = rows(out)[0]
    assert code == 0
    shown = [row[f"{name}_mrr"] for name in ("opening", "expansion", "fx", "closing")]
    assert [Decimal(text) for text in shown] == [210, 55, 15, 280]
    assert list(row).index("fx_mrr") + 1 == list(row).index("closing_mrr")


def test_one_currency_has_no_such_column_with_rates_or_without(capsys, files, tmp_path):
    plain = tmp_path / "plain.csv"
    plain.write_text(REVENUE.replace("EUR", "USD"), encoding="utf-8")
    without = run(capsys, "movements", str(plain))[1]
    assert "fx_mrr" not in without
    assert run(capsys, "movements", str(plain), "--rates", files[1])[1] == without


def test_a_file_of_rates_that_is_not_there_exits_2(capsys, files):
    code, _, err = run(capsys, "check", files[0], "--rates", "nowhere.csv")
    assert code == 2
    assert "nowhere.csv" in err


def test_check_says_what_was_converted(capsys, files):
    problems = json.loads(run(capsys, "check", files[0], "--rates", files[1])[1])["problems"]
    assert any("EUR, USD are converted to USD" in one["message"] for one in problems)


def test_a_report_is_written_with_the_step(capsys, files, tmp_path):
    out = tmp_path / "pack.pptx"
    code, _, err = run(
        capsys, "report", files[0], "--rates", files[1], "--out", str(out), "--window", "1", "--close", "2025-02", "--pages", "bridge"
    )
    assert code == 0, err
    from pptx import Presentation  # noqa: PLC0415 - only here

    charts = [shape.chart for slide in Presentation(str(out)).slides for shape in slide.shapes if shape.has_chart]
    assert next(list(plot.categories) for chart in charts for plot in chart.plots)[-2:] == ["Exchange rates", "Closing"]


def test_publish_keeps_the_rates_with_the_version(capsys, files, tmp_path, monkeypatch):
    monkeypatch.setenv("NRR_DATA", str(tmp_path / "store"))
    revenue, rates = files
    code, out, err = run(capsys, "publish", revenue, "--rates", rates, "--name", "Book")
    assert code == 0, err
    assert json.loads(out)["sha256"] == nrr.read(revenue, rates=rates).sha256
    want = run(capsys, "movements", revenue, "--rates", rates, "--format", "json")[1]
    shutil.rmtree(tmp_path / "store" / "cache")
    (tmp_path / "store" / "cache").mkdir()
    got = run(capsys, "movements", "store:Book", "--format", "json")[1]
    assert json.loads(got)["rows"] == json.loads(want)["rows"], "also from the stored tables alone"
    code, _, err = run(capsys, "publish", revenue, "--name", "Other")
    assert (code, "several currencies" in err) == (2, True)


def test_publish_asks_before_it_changes_closed_months(capsys, files, tmp_path, monkeypatch):
    monkeypatch.setenv("NRR_DATA", str(tmp_path / "store"))
    revenue, rates = files
    again = ("publish", revenue, "--rates", rates, "--name", "Book", "--last", "2025-01")
    assert run(capsys, *again)[0] == 0
    opened = store.open_store()
    me = opened.people.local
    held = opened.datasets.listed(me, me.memberships[0].workspace_id)[0]
    opened.closed.close(me, held.dataset_id, "2025-01")
    Path(revenue).write_text(Path(revenue).read_text(encoding="utf-8").replace(",100,", ",90,", 1), encoding="utf-8")
    code, out, err = run(capsys, *again)
    assert (code, out, "--change-closed" in err) == (2, "", True)
    assert json.loads(run(capsys, *again, "--change-closed")[1])["version"] == 2


def test_compare_and_verify_take_rates_too(capsys, files, tmp_path):
    revenue, rates = files
    table = tmp_path / "bridge.csv"
    data = nrr.read(revenue, rates=rates)
    table.write_bytes(to_csv(nrr.movements(data)))
    code, out, _ = run(capsys, "verify", str(table), revenue, "--rates", rates)
    assert (code, "Equal" in out) == (0, True)
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace(",15.0000,", ",16.0000,"), encoding="utf-8")
    assert text.count(",15.0000,") == 1
    code, out, _ = run(capsys, "verify", str(table), revenue, "--rates", rates)
    assert (code, "fx_mrr" in out) == (1, True), "the control: a cell of the new column was changed"
    code, _, err = run(capsys, "compare", revenue, revenue, "--rates", rates)
    assert code == 0, err
    assert run(capsys, "compare", revenue, revenue)[0] == 2


def test_the_workbook_adds_the_step_to_its_closing(capsys, files, tmp_path):
    out = tmp_path / "pack.xlsx"
    options = ("--out", str(out), "--window", "1", "--close", "2025-02", "--pages", "bridge")
    assert run(capsys, "report", files[0], "--rates", files[1], *options)[0] == 0
    from openpyxl import load_workbook  # noqa: PLC0415 - only here

    formulas, values = (load_workbook(out, data_only=only)["Bridge"] for only in (False, True))
    assert [cell.value for cell in formulas["A"]][1:10][-3:] == ["New", "Exchange rates", "Closing"]
    assert formulas["B10"].value == "=B6+B7+B8+B9"
    assert [values[f"B{row}"].value for row in (6, 7, 8, 9, 10)] == [265, 0, 0, 15, 280]
