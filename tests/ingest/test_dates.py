import pytest
from hypothesis import given
from hypothesis import strategies as st

from nrr_core.ingest.dates import date_style, parse_day


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("2024-01", 1, None),
        ("2024-01-31", 1, 31),
        ("2024/2/5", 2, 5),
        ("202403", 3, None),
        ("20240331", 3, 31),
        ("Jan 2024", 1, None),
        ("janv. 2024", 1, None),
        ("März 2024", 3, None),
        ("15 Dec 2024", 12, 15),
        ("December 15, 2024", 12, 15),
        ("45292", 1, 1),
        ("2024-01-31T23:59:59-08:00", 1, 31),
        ("2024-01-31 23:59:59.123456", 1, 31),
        ("02/2024", 2, None),
    ],
)
def test_date_is_read_as_written(text, month, day):
    found = parse_day(text)
    assert (found.month, found.day) == (2024 * 12 + month, day)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2024-02-30", "no_such_date"),
        ("2024-13", "no_such_date"),
        ("1999-01", "year_out_of_range"),
        ("2024-Q1", "quarter"),
        ("FY24-P03", "fiscal"),
        ("01/02/2024", "day_month_order"),
        ("soon", "not_a_date"),
    ],
)
def test_text_that_is_no_date_names_its_rule(text, rule):
    assert (parse_day(text).month, parse_day(text).rule) == (None, rule)


def test_order_of_day_and_month_is_proved_by_one_date():
    assert date_style(["01/02/2024", "13/02/2024"]).order == "dmy"
    assert date_style(["01/02/2024", "02/13/2024"]).order == "mdy"
    assert date_style(["01/02/2024"]).order is None
    assert date_style(["2024-01"]) is None


@given(st.text(max_size=30))
def test_no_text_makes_the_date_parser_fail(text):
    parse_day(text, order="dmy")


@given(st.dates(min_value=__import__("datetime").date(2000, 1, 1), max_value=__import__("datetime").date(2026, 12, 31)))
def test_every_iso_date_is_its_own_month(date):
    found = parse_day(date.isoformat())
    assert (found.month, found.day) == (date.year * 12 + date.month, date.day)
