"""The three layouts, the mapping, and a second file of accounts."""

from decimal import Decimal

import pytest

from nrr_core import ingest
from nrr_core.errors import IngestError, NeedsAnswer

SNAPSHOTS = "account_id,month,mrr,plan\nA,2024-01,100,pro\nA,2024-02,120.50,pro\nB,2024-02,50,free\nB,2024-03,50,free\n"
WIDE = "Customer ID,plan,2024-01,Feb 2024,2024-03\nA,pro,100,120.50,\nB,free,,50,50\n"
SPANS = (
    "account_id,start_date,end_date,mrr,plan\nA,2024-01-01,2024-02-01,100,pro\nA,2024-02-01,2024-03-01,120.50,pro\n"
    "B,2024-02-10,2024-04-01,50,free\n"
)
MONTHS = (
    "select account_id, m, sum(amount) from revenue, range(24289, 24292) as months(m) where f <= m and (t is null "
    "or m < t) group by 1, 2 order by 1, 2"
)


def test_one_data_set_through_every_layout_gives_the_same_account_months(read):
    found = {}
    for content, layout in ((SNAPSHOTS, "snapshots"), (WIDE, "wide"), (SPANS, "spans")):
        con, report = read(content)
        assert report.layout == layout
        found[layout] = con.execute(MONTHS).fetchall()
    assert found["snapshots"] == found["wide"] == found["spans"]
    assert len(found["spans"]) == 4


def test_span_is_alive_at_month_end_before_its_end_only(read):
    con, _ = read("account_id,start_date,end_date,mrr\nA,2024-01-31,2024-02-29,5\nB,2024-01-01,,5\nC,2024-01-05,2024-01-05,5\n")
    rows = con.execute("select account_id, f - 24288, t - 24288 from revenue order by row").fetchall()
    assert rows == [("A", 1, 2), ("B", 1, None), ("C", 1, 1)]


def test_span_that_ends_before_it_starts_is_set_aside(read):
    _, report = read("account_id,start_date,end_date,mrr\nA,2024-03-01,2024-01-01,5\nB,2024-01-01,,7\n")
    assert (report.rows_quarantined, report.sum_quarantined) == (1, 5)


def test_amount_is_divided_by_the_months_billed(read):
    con, report = read(
        "customer_id,start,end,amount,interval,interval_count\nA,2024-01-01,,1200,year,1\nB,2024-01-01,,100,month,3\nC,2024-01-01,,60,quarter,2\n"
    )
    assert [row[0] for row in con.execute("select amount from revenue order by row").fetchall()] == [1_000_000, 333_333, 100_000]
    assert report.sum_accepted == Decimal("143.3333")


def test_amount_without_an_interval_is_asked_about(read):
    content = "customer_id,start,end,price\nA,2024-01-01,,1200\n"
    with pytest.raises(NeedsAnswer, match="--set interval=year"):
        read(content)
    _, report = read(content, interval="year")
    assert report.sum_accepted == 100


def test_mrr_wins_over_amount(read):
    _, report = read("account_id,start_date,end_date,amount,interval,mrr\nA,2024-01-01,,1200,year,99\n")
    assert report.sum_accepted == 99


def test_mapping_changes_the_guess_and_says_so(read):
    content = "account_id,owner,month,mrr,net\nA,X,2024-01,5,7\n"
    con, report = read(content, mapping={"mrr": "net", "account_id": "owner"})
    assert con.execute("select account_id, amount from revenue").fetchall() == [("X", 70_000)]
    assert {one.field: one.reason for one in report.mapping}["mrr"] == "chosen in the mapping"


def test_mapping_to_an_unknown_column_names_the_nearest(read):
    with pytest.raises(IngestError, match="Did you mean “revenue_eur”"):
        read("account_id,month,revenue_eur\nA,2024-01,5\n", mapping={"mrr": "revenue_eu"})
    with pytest.raises(IngestError, match="no field"):
        read("account_id,month,mrr\nA,2024-01,5\n", mapping={"mmr": "mrr"})


def test_an_answer_outside_the_options_is_refused(read):
    with pytest.raises(IngestError, match="does not answer"):
        read("account_id,month,mrr\nA,01/02/2024,5\n", dates="ymd")


def test_extra_columns_are_dimensions_and_measures_are_left_out_with_a_reason(read):
    rows = "".join(f"A{n},2024-01,5,{'pro' if n % 2 else 'free'},{n * 1.5}\n" for n in range(300))
    _, report = read("account_id,month,mrr,month_plan,usage\n" + rows)
    assert [(one.key, one.name) for one in report.dimensions] == [("d1", "month_plan")]
    assert report.ignored[0][0] == "usage"
    assert "measure" in report.ignored[0][1]


def test_dimension_names_are_data_and_never_sql(read):
    con, report = read('account_id,month,mrr,select,"x""; drop table cells; --"\nA,2024-01,5,u,v\n')
    assert [one.name for one in report.dimensions] == ["select", 'x"; drop table cells; --']
    assert con.execute("select d1, d2 from revenue").fetchall() == [("u", "v")]


def test_accounts_join_by_id_and_unknown_ids_are_reported_both_ways(read):
    con, report = read(SNAPSHOTS, accounts="account_id,plan,region\nA,gold,EU\nC,gold,US\nA,silver,EU\n")
    assert (report.accounts_rows, report.accounts_unknown, report.accounts_missing) == (3, 1, 1)
    assert [(one.key, one.name, one.origin) for one in report.dimensions] == [
        ("d1", "plan", "revenue"),
        ("d2", "plan (account)", "accounts"),
        ("d3", "region", "accounts"),
    ]
    assert con.execute("select * from attributes order by 1").fetchall() == [("A", "gold", "EU"), ("C", "gold", "US")]
    rules = {problem.rule for problem in report.problems}
    assert {"accounts_unknown", "accounts_missing", "accounts_differ"} <= rules


def test_currency_is_taken_from_column_header_or_sign(read):
    assert read("account_id,month,mrr_usd\nA,2024-01,5\n")[1].currency == "USD"
    assert read("account_id,month,MRR (EUR)\nA,2024-01,5\n")[1].currency == "EUR"
    assert read("account_id,month,mrr\nA,2024-01,£5\n")[1].currency == "GBP"
    assert read("account_id,month,mrr,currency\nA,2024-01,5,chf\n")[1].currency == "CHF"


def test_wide_row_with_one_bad_cell_is_set_aside_whole_and_names_the_cell(read):
    _, report = read("account_id,2024-01,2024-02\nA,100,oops\nB,5,6\n")
    assert (report.rows_accepted, report.rows_quarantined) == (1, 1)
    assert (report.sum_accepted, report.sum_quarantined) == (11, 100)
    assert any('row 1 (line 2), column "2024-02": "oops"' in problem.message for problem in report.problems)


def test_messages_name_row_line_column_and_value(read):
    _, report = read("account_id,month,mrr\n" + "A,2024-01,5\n" * 1_712 + '\nB,2024-01,"1,234"\nC,2024-01,9.50\n', duplicates="add")
    text = next(problem.message for problem in report.problems if problem.rule.startswith("amount_"))
    assert 'row 1,713 (line 1,715), column "mrr": "1,234"' in text
    assert "read as 1234" in text


def test_problems_and_quarantine_are_tables_too(read):
    con, report = read("account_id,month,mrr\nA,2024-01,5\nB,soon,7\nC,2024-01\n")
    rows = con.execute('select "row", line, rule, raw, amount from quarantine order by "row"').fetchall()
    assert rows == [(2, 3, "not_a_date", "B,soon,7", 70_000), (3, 4, "too_short", "C,2024-01", None)]
    assert con.execute("select count(*) from problems").fetchone()[0] == len(report.problems)


def test_inspect_shows_mapping_and_questions_without_reading_the_whole(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("customer,period,revenue,Total\nA,2024-01,5,1\n")
    found = ingest.inspect(path, work=tmp_path)
    assert {one.field: one.column for one in found.mapping} == {"account_id": "customer", "month": "period", "mrr": "revenue"}
    assert found.preview[1] == ("A", "2024-01", "5", "1")
    assert found.as_dict()["layout"] == "snapshots"


def test_random_looking_ids_survive_as_text(read):
    ids = ["00123", "123", "1E5", "100000", "true", "NA", "null", "2024-01-01", "1.0", "12345678901234567890"]
    con, _ = read("account_id,month,mrr\n" + "".join(f"{one},2024-01,1\n" for one in ids))
    assert [row[0] for row in con.execute("select account_id from revenue order by row").fetchall()] == ids
