"""Downloads: no cell is a formula, numbers stay numbers, the stamp goes along."""

import csv
import io

import openpyxl
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.formats import escaped, unescaped
from nrr_core.report import escape, to_csv, to_xlsx

PAYLOADS = [
    "=1+1", "+49 30 1234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x",
    '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "+1", "-",
]  # fmt: skip
NAMES = ["=1+1", 'x","=1+1', "x,=1+1", "y;@z"]
JAN = month("2024-01")


@pytest.fixture(name="people")
def _people():
    lines = [(payload, JAN, None, 10_000 * (i + 1), (payload,)) for i, payload in enumerate(PAYLOADS)]
    return nrr.accounts(make(lines, dimensions=("=plan",), last=JAN + 13), close="2025-01")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_that_begins_like_a_formula_is_escaped(payload):
    assert escape(payload) == f"'{payload}"


@pytest.mark.parametrize("plain", ["", "a=b", "Acme", "'x", 5, -5.0, None])
def test_everything_else_is_left_alone(plain):
    assert escape(plain) is plain


def test_no_cell_of_a_csv_begins_like_a_formula(people):
    rows = list(csv.reader(io.StringIO(to_csv(people, footer=False).decode(), newline="")))
    assert len(rows) == len(PAYLOADS) + 1
    for cell in [cell for row in rows for cell in row]:
        number = cell.lstrip("-").replace(".", "", 1).isdigit()
        assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def test_no_cell_of_a_workbook_is_a_formula(people):
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(people, title="a/b[c]")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert {cell.value for cell in cells} >= {"=1+1", "@SUM(A1)"}
    first = book.worksheets[0]
    assert isinstance(first["D2"].value, int | float)


def test_numbers_of_a_csv_are_exact(people):
    text = to_csv(people, footer=False).decode()
    assert "140000.0000" not in text
    assert ",14.0000," in text


def test_the_stamp_follows_the_rows(people):
    text = to_csv(people).decode()
    assert text.count("\n# ") == 8  # seven for people, one for nrr_core.verify
    assert nrr.STANDARD.short_hash in text
    stamped = openpyxl.load_workbook(io.BytesIO(to_xlsx(people, title="x")))["Stamp"]
    assert nrr.STANDARD.short_hash in stamped["B1"].value


def test_a_workbook_refuses_more_rows_than_a_sheet_holds():
    with pytest.raises(ValueError, match="Download CSV"):
        to_xlsx(pd.DataFrame({"a": range(1_048_576)}), title="x")


@pytest.mark.parametrize("text", [*PAYLOADS, "", "a=b", "Acme", "'x", "'=1+1", "''=1+1"])
def test_unescaped_takes_off_exactly_what_escaped_put_on(text):
    assert unescaped(escaped(text)) == text


def test_a_filter_with_a_comma_makes_no_cell_of_the_footer_a_formula():
    data = make([(name, JAN, None, 10_000, (name,)) for name in NAMES], dimensions=("plan",), last=JAN + 1)
    frame = nrr.retention(data, window=1, where={"plan": NAMES})
    footer = [line for line in to_csv(frame).decode().splitlines() if line.startswith("# Filters")]
    assert footer == ["# Filters: plan: =1+1, x\",'\"=1+1, x,'=1+1, y;'@z"]
    assert [cell for cell in next(csv.reader(footer)) if cell.startswith("=")] == []
