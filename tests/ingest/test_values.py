from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nrr_core.ingest.values import clean_text, number_style, parse_amount


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("100", ".", "100"),
        ("1,234.50", ".", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1 234,50", ",", "1234.5"),
        ("1\u202f234,50", ",", "1234.5"),
        ("1'234.50", ".", "1234.5"),
        ("(50)", ".", "-50"),
        ("50-", ".", "-50"),
        ("−50", ".", "-50"),
        ("-$1,234", ".", "-1234"),
        ("($5.25)", ".", "-5.25"),
        ("€ 99", ".", "99"),
        ("USD 12.5", ".", "12.5"),
        ("1e3", ".", "1000"),
        ("0.00005", ".", "0"),
        ("0.00015", ".", "0.0002"),
        ("+7", ".", "7"),
    ],
)
def test_amount_is_read_exactly(text, decimal, value):
    assert parse_amount(text, decimal=decimal).value == int(Decimal(value) * 10_000)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("50 %", "percent"),
        ("NaN", "not_finite"),
        ("-inf", "not_finite"),
        ("N/A", "missing_amount"),
        ("-", "missing_amount"),
        ("#REF!", "error_cell"),
        ("1.2k", "suffix"),
        ("9" * 30, "too_large"),
        ("1,23", "not_a_number"),
        ("1,2345", "not_a_number"),
        ("12,34,567", "not_a_number"),
        ("abc", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("$", "not_a_number"),
        ("١٢", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),
    ],
)
def test_text_that_is_no_amount_names_its_rule(text, rule):
    assert (parse_amount(text).value, parse_amount(text).rule) == (None, rule)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=4))
def test_every_decimal_of_four_places_survives(number):
    assert parse_amount(f"{number:f}").value == int(number * 10_000)


@given(st.text(max_size=30))
def test_no_text_makes_the_amount_parser_fail(text):
    parse_amount(text)
    parse_amount(text, decimal=",", suffixes=True)


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["1,234.50", "7"], "."),
        (["1.234,50", "7"], ","),
        (["12,5"], ","),
        (["1,234"], None),
        (["1.234", "2.000"], None),
        (["1,234", "9.50"], "."),
        (["1.234", "9,50"], ","),
        (["1,234,567"], "."),
        (["0.125"], "."),
    ],
)
def test_decimal_mark_is_proved_or_left_open(texts, decimal):
    assert number_style(texts).decimal == decimal


def test_ungrouped_thousands_prove_that_the_mark_is_decimal():
    assert number_style(["99.125"], ungrouped=True).decimal == "."


def test_names_are_compared_without_invisible_characters():
    assert clean_text(" Ac\u200bme\u00a0 Ltd\u202e ") == "Acme Ltd"
    assert clean_text("Cafe\u0301") == "Café"


def test_the_apostrophe_that_hides_a_formula_is_taken_off(read):
    con, report = read("account_id,month,mrr,'=plan\n'=1+1,2024-01,5,'@x\n''=1+1,2024-01,6,'x\n")
    assert con.execute("select account_id, d1 from revenue order by row").fetchall() == [("=1+1", "@x"), ("'=1+1", "'x")]
    assert [one.name for one in report.dimensions] == ["=plan"]
    assert [(one.column, one.count) for one in report.problems if one.rule == "formula_escape"] == [("account_id", 2), ("=plan", 1)]


def test_a_workbook_s_apostrophe_is_a_letter(read, tmp_path):
    book = openpyxl.Workbook()
    for row in (["account_id", "month", "mrr"], ["'=1+1", "2024-01", 5]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    con, _ = read((tmp_path / "a.xlsx").read_bytes(), suffix="xlsx")
    assert con.execute("select account_id from revenue").fetchall() == [("'=1+1",)]
