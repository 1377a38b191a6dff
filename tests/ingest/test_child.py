"""The import in a process of its own."""

import json
import os
import subprocess
import sys

import duckdb
import openpyxl
import pytest

from nrr_core.errors import IngestError, NeedsAnswer
from nrr_core.ingest import Options, apart, child


def write(folder, text):
    path = folder / "file.csv"
    path.write_text(text)
    return path


def after(con, report, work, *, word):
    return {"rows": con.execute("select count(*) from revenue").fetchone()[0], "word": word, "layout": report.layout}


def test_child_reports_progress_and_leaves_the_database(tmp_path):
    seen = []
    path = write(tmp_path, "account_id,month,mrr\nA,2024-01,5\n")
    outcome = apart.run(path, None, Options(), tmp_path, on_progress=lambda word, share: seen.append((word, share)))
    assert outcome.report["sum_accepted"] == "5.00"
    assert seen[0][0] == "looking at file.csv"
    con = duckdb.connect(str(outcome.database), read_only=True)
    assert con.execute("select count(*) from revenue").fetchone()[0] == 1


def test_child_calls_what_comes_then(tmp_path, monkeypatch):
    (tmp_path / "afterwards.py").write_text("def count(con, report, work, *, word):\n    return [word, report.rows_accepted]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = write(tmp_path, "account_id,month,mrr\nA,2024-01,5\n")
    outcome = apart.run(path, None, Options(), tmp_path, then="afterwards:count", then_arguments={"word": "rows"})
    assert outcome.result == ["rows", 1]


def test_refusal_and_question_cross_the_process(tmp_path):
    with pytest.raises(IngestError, match="no data rows"):
        apart.run(write(tmp_path, "account_id,month,mrr\n"), None, Options(), tmp_path)
    path = write(tmp_path, "account_id,month,mrr\nA,01/02/2024,5\n")
    with pytest.raises(NeedsAnswer) as caught:
        apart.run(path, None, Options(), tmp_path)
    assert [question.key for question in caught.value.questions] == ["dates"]


def test_cancelled_import_ends_the_child(tmp_path):
    path = write(tmp_path, "account_id,month,mrr\n" + "A,2024-01,5\n" * 200_000)
    with pytest.raises(apart.Cancelled):
        apart.run(path, None, Options(), tmp_path, cancelled=lambda: True)


def test_time_limit_ends_the_child(tmp_path):
    path = write(tmp_path, "account_id,month,mrr\n" + "A,2024-01,5\n" * 200_000)
    with pytest.raises(IngestError, match="took longer"):
        apart.run(path, None, Options(), tmp_path, limits=apart.Limits(seconds=0.01))


def test_memory_limit_ends_the_import_with_a_message(tmp_path):
    (tmp_path / "hungry.py").write_text("def eat(con, report, work):\n    return len(bytearray(3 << 30))\n")
    path = write(tmp_path, "account_id,month,mrr\nA,2024-01,5\n")
    os.environ["PYTHONPATH"] = str(tmp_path)
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(IngestError, match="memory"):
            apart.run(path, None, Options(), tmp_path, limits=apart.Limits(memory=1 << 31), then="hungry:eat")
    finally:
        sys.path.remove(str(tmp_path))
        del os.environ["PYTHONPATH"]


def test_importing_the_package_does_not_import_spreadsheet_or_frame_libraries():
    code = "import sys, json, nrr_core.ingest; print(json.dumps(sorted(sys.modules)))"
    names = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert not {"openpyxl", "python_calamine", "streamlit", "altair"} & set(names)


def test_full_disk_is_told_without_paths():
    told = child.disk_text(OSError(28, "No space left on device", "/srv/data/tmp/work-1"))
    assert told == "The import could not use its files: No space left on device. Nothing was kept. Free some space, then try again."
    assert child.disk_text(duckdb.IOException('Could not write file "/srv/data/a.wal": No space left on device')) == told
    assert "/srv" not in child.disk_text(duckdb.FatalException("FATAL Error: fsync of /srv/data/a.wal failed!"))


def test_file_that_outgrows_its_limit_is_told(tmp_path):
    path = write(tmp_path, "account_id,month,mrr\nA,2024-01,5\n")
    with pytest.raises(IngestError, match=r"could not use its files|wrote more than"):
        apart.run(path, None, Options(), tmp_path, limits=apart.Limits(file_size=4096))


def test_a_workbook_is_read_under_the_name_that_uploads_have(tmp_path):
    path = tmp_path / "revenue.upload"
    with path.open("wb") as out:
        book = openpyxl.Workbook()
        book.active.append(["account_id", "month", "mrr"])
        book.active.append(["A", "2024-01", 5])
        book.save(out)
    outcome = apart.run(path, None, Options(), tmp_path, name="Book.xlsx")
    assert outcome.report["sum_accepted"] == "5.00"
