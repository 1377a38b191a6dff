"""One file per row of the catalogue of bad inputs: its verdict, the words of its message, and its sums."""

import csv
import io
import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pytest

from nrr_core import ingest
from nrr_core.errors import IngestError, NeedsAnswer

HERE = Path(__file__).parent
CASES = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
ENCODINGS = {"utf-16": "utf-16", "utf-16-le": "utf-16-le", "cp1252": "cp1252"}
DELIMITERS = {"semicolon": ";", "tab": "\t", "pipe": "|", "eu": ";"}


def read(path, folder, *, options=None, accounts=None):
    con = duckdb.connect(str(folder / "work.duckdb"))
    options = options or {}
    chosen = ingest.Options(mapping=tuple(options.get("mapping", {}).items()), answers=tuple(options.get("answers", {}).items()))
    return con, ingest.read_revenue(con, path, accounts=accounts, options=chosen, work=folder)


def plain_sum(path, reader):
    """A reading of the same bytes that shares no code with the product: every cell under ``mrr`` that is a number."""
    text = path.read_bytes().decode(ENCODINGS.get(reader, "utf-8-sig"))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    rows = list(csv.reader(io.StringIO(text), delimiter=DELIMITERS.get(reader, ","), skipinitialspace=True))
    total = Decimal(0)
    if reader == "wide":
        return sum((Decimal(cell) for row in rows[1:] for cell in row[2:] if cell), Decimal(0))
    at = next((index for row in rows for index, cell in enumerate(row) if cell.strip().lower() in {"mrr", "mrr\n(usd)"}), 2)
    for row in rows:
        if len(row) <= at or (len(row) > at + 1 and len(rows[0]) == at + 1):
            continue
        cell = row[at].strip()
        if reader == "eu":
            cell = re.sub(r"[\s.]", "", cell).replace(",", ".")
        if reader == "dollar":
            cell = cell.replace("$", "").replace(",", "")
        try:
            total += Decimal(cell)
        except InvalidOperation:
            continue
    return total


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_each_bad_input_gets_its_verdict(case, tmp_path):
    path = HERE / "files" / case["file"]
    if case["verdict"] in {"A", "J"}:
        with pytest.raises(IngestError) as caught:
            read(path, tmp_path, options=case["options"])
        assert isinstance(caught.value, NeedsAnswer) == (case["verdict"] == "A"), caught.value
        for word in case["words"]:
            assert word in str(caught.value)
        return
    con, report = read(path, tmp_path, options=case["options"])
    messages = "\n".join(problem.message for problem in report.problems)
    for word in case["words"]:
        assert word in messages
    if case["verdict"] == "ok" and not case["words"]:
        assert not [p for p in report.problems if str(p.verdict) in {"quarantined", "ask"}], messages
    if case["verdict"] == "Q":
        assert report.rows_quarantined > 0
    assert report.lines_unaccounted == 0
    assert (report.rows_accepted, report.rows_quarantined) == (case["rows_accepted"], case["rows_quarantined"])
    assert report.sum_accepted == Decimal(case["sum_accepted"])
    assert report.sum_quarantined == Decimal(case["sum_quarantined"])
    if case["reader"]:
        assert report.sum_accepted + report.sum_quarantined == plain_sum(path, case["reader"])
    stored = con.execute("select coalesce(sum(amount), 0) from revenue").fetchone()[0]
    assert Decimal(stored) / 10_000 == report.sum_accepted
    assert con.execute("select count(*) from quarantine").fetchone()[0] == report.rows_quarantined
    json.dumps(report.as_dict())
