"""Bad inputs that are too large, or too binary, to keep as files: each is made here, then read."""

import datetime as dt
import zipfile
from decimal import Decimal

import duckdb
import openpyxl
import pytest

from nrr_core import ingest
from nrr_core.errors import IngestError, NeedsAnswer
from qa import hostile

HEADER = "account_id,month,mrr\n"


def read(path, folder, **answers):
    con = duckdb.connect(str(folder / "work.duckdb"))
    return con, ingest.read_revenue(con, path, options=ingest.Options(answers=tuple(answers.items())), work=folder)


def refused(path, folder, *words):
    with pytest.raises(IngestError) as caught:
        read(path, folder)
    for word in words:
        assert word in str(caught.value)


def workbook(path, rows, *, title="MRR"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_103_unclosed_quotes_in_200_000_lines_cost_their_own_lines_only(tmp_path):
    lines = [f"A{number},2024-{1 + number % 12:02d},{number % 97}.50" for number in range(200_000)]
    for number in range(103):
        at = 1_000 + number * 1_900
        lines[at] = '"' + lines[at]
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    _, report = read(path, tmp_path)
    assert report.rows_accepted == 200_000 - 103
    assert (report.rows_quarantined, report.lines_unaccounted, report.lines_total) == (103, 0, 200_001)
    total = sum((Decimal(number % 97) + Decimal("0.5") for number in range(200_000)), Decimal(0))
    assert report.sum_accepted + report.sum_quarantined == total


def test_27_header_of_64_kb_is_refused(tmp_path):
    path = tmp_path / "header.csv"
    path.write_text("account_id,month,mrr," + "x" * 70_000 + "\nA,2024-01,1,2\n")
    refused(path, tmp_path, "header")


def test_29_two_thousand_columns_are_read(tmp_path):
    path = tmp_path / "columns.csv"
    names = ["account_id", "month", "mrr", *(f"x{number}" for number in range(1_997))]
    path.write_text(",".join(names) + "\n" + "A,2024-01,5" + ",y" * 1_997 + "\n")
    _, report = read(path, tmp_path)
    assert report.sum_accepted == 5


def test_30_twenty_thousand_columns_are_refused(tmp_path):
    path = tmp_path / "columns.csv"
    path.write_text(",".join(f"x{n}" for n in range(9_000)) + "\n" + ",".join("1" for _ in range(9_000)) + "\n")
    refused(path, tmp_path, "9,000 columns", "5,000")


def test_41_one_endless_line_is_refused(tmp_path):
    path = tmp_path / "line.csv"
    path.write_text(HEADER + "A,2024-01,1\nB,2024-01," + "9" * 30_000_000)
    refused(path, tmp_path, "longer than")


def test_41_one_field_of_3_mb_is_refused(tmp_path):
    path = tmp_path / "field.csv"
    path.write_text(HEADER + "A,2024-01,1\nB" + "b" * 3_000_000 + ",2024-01,2\n")
    refused(path, tmp_path, "line 3", "1,000,000")


def test_65_error_cells_are_named_and_set_aside(tmp_path):
    rows = [
        ["account_id", "month", "mrr"],
        ["A", "2024-01", 100.5],
        ["B", "2024-01", "#REF!"],
        ["C", "2024-01", "#DIV/0!"],
    ]
    _, report = read(workbook(tmp_path / "errors.xlsx", rows), tmp_path)
    assert (report.rows_accepted, report.rows_quarantined, report.sum_accepted) == (1, 2, Decimal("100.50"))
    messages = [problem.message for problem in report.problems]
    assert any("row 2 (line 3)" in text and "#REF!" in text and "spreadsheet error" in text for text in messages)


def test_115_formula_without_value_is_set_aside(tmp_path):
    rows = [["account_id", "month", "mrr"], ["A", "2024-01", 100], ["B", "2024-01", "=1+1"]]
    _, report = read(workbook(tmp_path / "formula.xlsx", rows), tmp_path)
    assert (report.rows_accepted, report.rows_quarantined) == (1, 1)


def test_80_workbook_dates_and_serials_are_read(tmp_path):
    rows = [["account_id", "month", "mrr"], ["A", dt.datetime(2024, 1, 31), 100], ["B", dt.date(2024, 2, 1), 50]]  # noqa: DTZ001 - cells have no zone
    con, report = read(workbook(tmp_path / "dates.xlsx", rows), tmp_path)
    assert report.format == "xlsx"
    assert con.execute("select f from revenue order by row").fetchall() == [(2024 * 12 + 1,), (2024 * 12 + 2,)]


def test_97_whole_numbers_of_a_workbook_are_ids_without_a_point(tmp_path):
    rows = [["account_id", "month", "mrr"], [101, "2024-01", 100], [102.0, "2024-01", 50], ["00103", "2024-01", 5]]
    con, _ = read(workbook(tmp_path / "ids.xlsx", rows), tmp_path)
    assert [row[0] for row in con.execute("select account_id from revenue order by row").fetchall()] == [
        "101",
        "102",
        "00103",
    ]


def test_112_several_sheets_are_asked_about(tmp_path):
    path = tmp_path / "sheets.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    sheet = book.create_sheet("MRR")
    sheet.append(["account_id", "month", "mrr"])
    sheet.append(["A", "2024-01", 5])
    book.save(path)
    with pytest.raises(NeedsAnswer, match="--set sheet=2"):
        read(path, tmp_path)
    (tmp_path / "again").mkdir()
    _, report = read(path, tmp_path / "again", sheet="2")
    assert report.sum_accepted == 5


def test_110_zip_of_files_is_refused(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)
    refused(path, tmp_path, "zip archive")


def test_111_workbook_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    refused(path, tmp_path, "unpacks to")


def parquet(path, sql):
    duckdb.sql(sql).write_parquet(str(path))
    return path


def test_124_parquet_of_decimals_and_timestamps_is_read(tmp_path):
    sql = (
        "select 'A' as account_id, timestamp '2024-01-31 00:00:00' as month, 12.3456::decimal(38, 4) as mrr "
        "union all select '00123', timestamp '2024-02-29 00:00:00', 0.1"
    )
    con, report = read(parquet(tmp_path / "a.parquet", sql), tmp_path)
    assert report.sum_accepted == Decimal("12.4456")
    assert sorted(row[0] for row in con.execute("select account_id from revenue").fetchall()) == ["00123", "A"]


def test_125_nested_parquet_column_is_refused(tmp_path):
    path = parquet(tmp_path / "a.parquet", "select 'A' as account_id, '2024-01' as month, [1, 2] as mrr")
    refused(path, tmp_path, "mrr", "INTEGER[]")


def test_127_empty_and_cut_parquet_are_refused(tmp_path):
    path = parquet(tmp_path / "a.parquet", "select 'A' as account_id, '2024-01' as month, 1 as mrr where false")
    refused(path, tmp_path, "no data rows")
    path = parquet(tmp_path / "b.parquet", "select 'A' as account_id, '2024-01' as month, 1 as mrr")
    path.write_bytes(path.read_bytes()[:-20])
    refused(path, tmp_path, "damaged")


def test_128_databases_and_pickles_are_never_opened(tmp_path):
    database = tmp_path / "a.duckdb"
    duckdb.connect(str(database)).close()
    refused(database, tmp_path, "DuckDB database")
    pickle = tmp_path / "a.pkl"
    pickle.write_bytes(b"\x80\x04\x95rest")
    refused(pickle, tmp_path, "pickle")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (hostile.PARQUET_BOMB, ("unpacks to", "1,073,741,824")),
        ("10 MB cell.parquet", ("account_id", "1,000,000")),
        ("10 MB cell.xlsx", ("row 3", "1,000,000")),
        ("hundred thousand sheets.xlsx", ("100,000 sheets", "1,000 are allowed")),
        ("billion laughs.xlsx", ("damaged",)),
        ("cut.parquet", ("damaged",)),
    ],
)
def test_bombs_are_refused_in_process_too(name, words, tmp_path):
    path = tmp_path / "revenue.upload"
    hostile.make(name, path)
    refused(path, tmp_path, *words)


def test_a_refused_parquet_file_does_not_tell_where_it_lies(tmp_path):
    hostile.make("cut.parquet", tmp_path / "a.parquet")
    with pytest.raises(IngestError) as caught:
        read(tmp_path / "a.parquet", tmp_path)
    assert str(tmp_path) not in str(caught.value)


def test_names_that_differ_in_their_signs_only_are_asked_about_apart(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("account_id,month,mrr,${7},${7},#{7},#{7}\nA,2024-01,5,a,b,c,d\n")
    with pytest.raises(NeedsAnswer) as caught:
        read(path, tmp_path)
    assert [question.key for question in caught.value.questions] == ["duplicate_7", "duplicate_column_6"]
