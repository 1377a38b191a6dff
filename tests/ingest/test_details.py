"""What a line says besides: its revenue type, its subscription, its currency with a file of rates."""

from decimal import Decimal

import pytest

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.errors import IngestError, NeedsAnswer
from nrr_core.ledgers import facts, under
from nrr_core.reading import prepare_apart

TYPED = """account_id,month,mrr,{name},plan
A,2025-01,100,{recurring},Pro
A,2025-02,100,{recurring},Pro
A,2025-02,30,{usage},Pro
B,2025-01,500,{one_off},Basic
B,2025-02,50,,Basic
"""
WORDS = {"recurring": "Recurring", "usage": "Usage", "one_off": "One-Time"}
EUROS = """account_id,month,mrr,currency
A,2025-01,100,USD
A,2025-02,100,USD
B,2025-01,100,EUR
B,2025-02,100,eur
"""
RATES = """currency,month,rate
USD,2025-01,1
USD,2025-02,1
EUR,2025-01,1.10
EUR,2025-02,1.20
"""


@pytest.fixture(name="file")
def _file(tmp_path):
    def write(text, name="revenue.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def rules(data):
    return {problem["rule"]: problem["message"] for problem in data.report["problems"]}


def total(data, close):
    frame = nrr.movements(data, window=1, close=close)
    return frame["closing_mrr"].iloc[0]


@pytest.mark.parametrize("name", ["revenue_type", "Charge Type", "line_type", "typeOfRevenue", "MRR type"])
def test_a_column_of_revenue_types_is_found_by_name_and_only_recurring_lines_count(file, name):
    data = nrr.read(file(TYPED.format(name=name, **WORDS)))
    assert facts(data).revenue_types == ("recurring", "usage", "one_off")
    assert data.dimensions == ("plan",)
    assert [total(data, month) for month in data.months] == [Decimal(100), Decimal(150)]
    assert "1 row is usage (30.00 MRR) and 1 row is one-off (500.00 MRR)" in rules(data)["other_types"]
    assert data.report["sum_accepted"] == "780.00", "every line is accepted and accounted for"
    assert total(under(data, Definition(revenue_types=("recurring", "usage"))), "2025-02") == 180


@pytest.mark.parametrize(
    "words",
    [
        {"recurring": "subscription", "usage": "metered", "one_off": "setup fee"},
        {"recurring": "LICENCE FEES", "usage": "Usage-based", "one_off": "professional services"},
        {"recurring": "recurring charge", "usage": "consumption", "one_off": "one off"},
    ],
)
def test_the_usual_words_of_billing_systems_are_understood(file, words):
    data = nrr.read(file(TYPED.format(name="charge_type", **words)))
    assert facts(data).revenue_types == ("recurring", "usage", "one_off")
    assert "revenue_type" not in rules(data)


def test_a_word_that_is_not_understood_counts_as_recurring_and_is_named(file):
    data = nrr.read(file(TYPED.format(name="charge_type", recurring="recurring", usage="mystery", one_off="setup")))
    assert total(data, "2025-02") == 180
    assert '"mystery" is no revenue type that is known' in rules(data)["revenue_type"]
    assert "row 3 (line 4)" in rules(data)["revenue_type"]


def test_a_column_named_like_types_whose_values_mean_something_else_stays_a_dimension(file):
    data = nrr.read(file(TYPED.format(name="charge_type", recurring="flat rate", usage="per seat", one_off="tiered")))
    assert data.dimensions == ("charge_type", "plan")
    assert total(data, "2025-01") == 600
    assert data.detail is None


def test_a_person_can_say_which_column_it_is(file):
    data = nrr.read(file(TYPED.format(name="kind of line", **WORDS)), mapping={"revenue_type": "kind of line"})
    assert facts(data).revenue_types == ("recurring", "usage", "one_off")
    assert ["revenue_type", "kind of line"] in [[one["field"], one["column"]] for one in data.report["mapping"]]


def test_subscriptions_too_many_for_a_dimension_are_kept_all_the_same(file):
    lines = [f"A{n % 700},2025-0{1 + n // 2100},{10 + n % 7},S{n % 2100:05d}x" for n in range(4200)]
    data = nrr.read(file("\n".join(["account_id,month,mrr,subscription_id", *lines])))
    assert data.dimensions == ()
    each = under(data, Definition(grain="subscription"))
    assert (data.accounts, each.accounts) == (700, 2100)
    assert total(each, "2025-02") == total(data, "2025-02")


def test_two_subscriptions_of_one_amount_are_no_duplicates(file):
    text = "account_id,month,mrr,subscription_id\n" + "".join(f"A,2025-0{m},10,S{i}\n" for m in (1, 2) for i in range(3))
    assert "duplicates_added" not in rules(nrr.read(file(text)))
    control = text.replace("S1", "S0").replace("S2", "S0")
    assert "duplicates_added" in rules(nrr.read(file(control, "control.csv")))


def test_wide_sheets_and_spans_say_it_too(file):
    wide = "account_id,charge_type,2025-01,2025-02\nA,recurring,100,120\nA,usage,5,7\n"
    spans = "account_id,charge_type,start_date,end_date,mrr\nA,recurring,2025-01-01,2025-02-01,100\nA,recurring,2025-02-01,,120\n"
    spans += "A,usage,2025-01-01,2025-02-01,5\nA,usage,2025-02-01,,7\n"
    for name, text in (("wide.csv", wide), ("spans.csv", spans)):
        data = nrr.read(file(text, name), last="2025-02")
        both = under(data, Definition(revenue_types=("recurring", "usage")))
        assert [total(d, month) for d in (data, both) for month in ("2025-01", "2025-02")] == [100, 120, 105, 127], name


def test_several_currencies_are_asked_about_without_rates_and_read_whole_with_them(file):
    revenue, rates = file(EUROS), file(RATES, "rates.csv")
    with pytest.raises(NeedsAnswer, match="several currencies"):
        nrr.read(revenue)
    data = nrr.read(revenue, rates=rates)
    assert (data.currency, facts(data).currencies, facts(data).base) == ("USD", ("EUR", "USD"), "USD")
    assert data.report["rows_accepted"] == 4
    assert data.report["sum_accepted"] == "430.00", "each row at the rate of its month"
    assert "Amounts in EUR, USD are converted to USD" in rules(data)["rates_used"]
    reported = under(data, Definition(fx="reported"))
    assert [total(reported, month) for month in data.months] == [Decimal(210), Decimal(220)]
    assert total(under(data, Definition(), opening=data.first), "2025-02") == 210
    assert total(data, "2025-02") == 220, "a bridge closes at the rates of its close"
    assert nrr.movements(data, window=1, close="2025-02").iloc[0]["fx_mrr"] == 10, "its steps are at those of its opening"
    assert data.sha256 != nrr.read(revenue, answers={"currency": "usd"}).sha256


def test_the_process_apart_reads_rates_too(file, tmp_path):
    folder = tmp_path / "apart"
    folder.mkdir()
    prepare_apart(file(EUROS), folder, rates=file(RATES, "rates.csv"))
    from nrr_core.engines import open_dataset  # noqa: PLC0415 - only here

    assert facts(open_dataset(folder)).currencies == ("EUR", "USD")


def test_a_month_without_a_rate_takes_the_last_one_before_and_says_so(file):
    data = nrr.read(file(EUROS), rates=file("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,1.10\n", "rates.csv"))
    assert total(under(data, Definition(fx="reported")), "2025-02") == 210
    assert "EUR has no rate for 1 month (2025-02)" in rules(data)["rates_missing"]


def test_rates_that_nothing_needs_are_said_to_be_unused(file):
    data = nrr.read(file(EUROS.replace("EUR", "USD").replace("eur", "USD")), rates=file(RATES, "rates.csv"))
    assert "not needed" in rules(data)["rates_unused"]
    assert data.detail is None


def test_a_row_without_a_currency_is_set_aside_among_several(file):
    data = nrr.read(file(EUROS + "C,2025-02,70,\n"), rates=file(RATES, "rates.csv"))
    assert (data.report["rows_accepted"], data.report["rows_quarantined"]) == (4, 1)
    assert "several currencies" in rules(data)["blank_currency"]


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ("currency,month,rate\nUSD,2025-01,1\n", "no rate for EUR"),
        ("currency,rate\nUSD,1\n", "month is missing"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,abc\n", "row 2 .*is not a rate"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,0\n", "is not a rate"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,-1.1\n", "is not a rate"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,Q1,1.1\n", "is not a month"),
        ("currency,month,rate\nUSD,2025-01,1\n€,2025-01,1.1\n", "is not a currency"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,1.1\nEUR,2025-01,1.2\n", "two different rates for 2025-01"),
        ("currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,999999999\n", "more than 14 digits"),
        ("%PDF-1.4 no table", "PDF"),
    ],
)
def test_a_file_of_rates_that_cannot_be_trusted_is_refused_with_the_reason(file, rates, words):
    revenue = EUROS.replace("B,2025-01,100,EUR", "B,2025-01,1000000,EUR")
    with pytest.raises(IngestError, match=words):
        nrr.read(file(revenue), rates=file(rates, "rates.csv"))


def test_what_rates_are_units_of_is_asked_where_the_file_does_not_show_it(file):
    rates = file("currency,month,rate\nEUR,2025-01,1.1\n", "rates.csv")
    with pytest.raises(NeedsAnswer, match="no currency has a rate of 1"):
        nrr.read(file(EUROS), rates=rates)
    data = nrr.read(file(EUROS), rates=rates, answers={"base_currency": "usd"})
    assert data.currency == "USD"
    with pytest.raises(IngestError, match="its rates must be 1"):
        nrr.read(file(EUROS), rates=rates, answers={"base_currency": "eur"})
