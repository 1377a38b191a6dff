"""Contract ends: found by their name, rolled forward by their term, and what they do to the months of a projection."""

from decimal import Decimal

import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.contracts import contracts
from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Lever, Scenario, contract_dimension, project, runway
from nrr_core.scenarios.runway import last_full_month
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
ONE = nrr.Definition(window_months=1)


def book(*accounts, dimensions=("renewal_date",), last=M):
    """Each account is (id, MRR, its attributes …): since twelve months before."""
    return make([(a, M - 12, None, mrr * UNIT, tuple(rest)) for a, mrr, *rest in accounts], dimensions=dimensions, last=last)


def churning(ends):
    """A contract ends as told and pays 200; one of two accounts of 100 without a contract has just left: churn 1/4 of 400."""
    return make(
        [("A", M - 3, None, 200 * UNIT, (ends,)), ("B", M - 3, M, 100 * UNIT, ("",)), ("C", M - 3, None, 100 * UNIT, ("",))],
        dimensions=("renewal_date",), last=M,
    )  # fmt: skip


def mrr(found, path="baseline"):
    rows = found.months[(found.months["path"] == path) & (found.months["segment"] == ALL)]
    return [float(x) for x in rows["mrr"]]


@pytest.mark.parametrize("name", ["renewal_date", "Renewal Date", "CONTRACT-END", "contract_end_month", " term  end "])
def test_the_column_is_found_by_its_name(name):
    assert contract_dimension(book(("A", 100, "2025-06-30"), dimensions=(name,))) == name


def test_a_column_of_another_name_is_not_taken_by_itself_and_can_be_chosen():
    data = book(("A", 100, "2025-06-30"), dimensions=("until",))
    assert contract_dimension(data) is None
    assert runway(data).empty
    assert runway(data, dimension="until")["contract_end"].tolist() == ["2025-06"]


def test_a_renewal_column_that_holds_names_is_not_taken():
    data = book(("A", 100, "Alice"), ("B", 100, "Bob"), dimensions=("renewal",))
    assert contract_dimension(data) is None
    assert mrr(project(data, Scenario(horizon=2, months=1))) == [200.0, 200.0]


def test_beside_a_renewal_column_of_names_the_next_one_of_dates_is_taken():
    data = book(("A", 100, "Alice", "2025-06"), dimensions=("renewal", "contract_end"))
    assert contract_dimension(data) == "contract_end"


def test_a_column_without_any_value_is_not_taken():
    assert contract_dimension(book(("A", 100, ""))) is None


def test_a_chosen_column_without_dates_is_a_sentence():
    data = book(("A", 100, "Pro"), ("B", 100, "Basic"), dimensions=("plan",))
    with pytest.raises(ScenarioError, match="“plan” does not hold dates, so it can't say when contracts end"):
        project(data, Scenario(contracts="plan"))
    with pytest.raises(ScenarioError, match="“plan” does not hold dates"):
        runway(data, dimension="plan")


def test_an_empty_choice_ignores_contracts():
    """A quarter leaves every month, as if nobody had a contract."""
    assert mrr(project(churning("2025-06-30"), Scenario(horizon=2, months=1, contracts=""), card=ONE)) == [225.0, 168.75]


@pytest.mark.parametrize(
    ("written", "next_end"),
    [("2025-04-01", "2025-04"), ("2025-03-31", "2026-03"), ("2024-05-31", "2025-05"), ("2020-03-31", "2026-03"), ("2020-04-30", "2025-04")],
)
def test_a_contract_that_ended_runs_on_from_year_to_year(written, next_end):
    assert runway(book(("A", 100, written)))["contract_end"].tolist() == [next_end]


@pytest.mark.parametrize(
    ("written", "term", "next_end"),
    [
        ("2025-01-31", "1", "2025-04"), ("2025-01-31", "3", "2025-04"), ("2025-03-31", "3", "2025-06"), ("2024-12-31", "24", "2026-12"),
        ("2025-01-31", "6.0", "2025-07"), ("2025-01-31", "", "2026-01"), ("2025-01-31", "yearly", "2026-01"),
        ("2025-01-31", "0", "2026-01"),
    ],
)  # fmt: skip
def test_a_contract_that_ended_runs_on_by_its_term(written, term, next_end):
    data = book(("A", 100, written, term), dimensions=("renewal_date", "contract_term_months"))
    assert runway(data, months=24)["contract_end"].tolist() == [next_end]


def test_an_account_without_an_end_has_none_and_follows_the_monthly_rate():
    data = churning("2025-06-30")
    held = contracts(data, "auto", start=M)
    found = {segment: int(held.end[code]) for code, segment in enumerate(data.axis("renewal_date").segments)}
    assert found == {"2025-06-30": M + 3, "(none)": 0}


def test_slashed_dates_are_read_in_the_order_that_the_column_proves():
    data = book(("A", 200, "04/25/2025"), ("B", 100, "05/06/2025"))
    assert runway(data)["contract_end"].tolist() == ["2025-04", "2025-05"]


def test_who_has_a_contract_leaves_at_its_end_alone_with_the_chance_of_all_its_months():
    """A stays with 200 until its end in month 3, then with 1 − (1 − (3/4)^12) of it; C keeps 3/4 every month."""
    found = mrr(project(churning("2025-06-30"), Scenario(horizon=4, months=1), card=ONE))
    kept = 0.75**12
    expected = [200 + 100 * 0.75, 200 + 100 * 0.75**2, 200 * kept + 100 * 0.75**3, 200 * kept + 100 * 0.75**4]
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_contract_of_three_months_is_renewed_every_three_months():
    data = make(
        [("A", M - 3, None, 200 * UNIT, ("2025-04-30", "3")), ("B", M - 3, M, 200 * UNIT, ("2025-04-30", "3"))],
        dimensions=("renewal_date", "contract_term_months"), last=M,
    )  # fmt: skip
    found = mrr(project(data, Scenario(horizon=5, months=1), card=ONE))
    assert found == [25.0, 25.0, 25.0, 3.125, 3.125]  # churn 1/2 a month: (1/2)³ = 1/8 renew in April, and again in July


def test_beyond_the_horizon_nobody_leaves():
    found = mrr(project(churning("2025-06-30"), Scenario(horizon=2, months=1), card=ONE))
    assert found == [275.0, 256.25]  # C alone: 75, then 56.25


def test_contract_ends_spread_over_a_year_leave_as_much_as_monthly_rates():
    """Twelve equal accounts, one contract ending each month: a year later (3/4)^12 of all is left, as without contracts."""
    ends = [f"{2025 + (2 + k) // 12}-{(2 + k) % 12 + 1:02d}-28" for k in range(1, 13)]
    lines = [(f"A{k}", M - 3, None, 300 * UNIT, (ends[k],)) for k in range(12)] + [("X", M - 3, M, 1_200 * UNIT, ("",))]
    data = make(lines, dimensions=("renewal_date",), last=M)
    with_ends = mrr(project(data, Scenario(horizon=12, months=1), card=ONE))
    without = mrr(project(data, Scenario(horizon=12, months=1, contracts=""), card=ONE))
    assert with_ends[-1] == pytest.approx(without[-1], abs=1e-3)
    assert with_ends[-1] == pytest.approx(3_600 * 0.75**12, abs=1e-3)
    assert with_ends[0] == pytest.approx(11 * 300 + 300 * 0.75**12, abs=1e-3)  # only the first has come to its end


def test_half_the_churn_works_on_the_whole_term():
    """Churn 1/8 in place of 1/4: (7/8)^12 renew."""
    scenario = Scenario((Lever("churn", -0.5),), horizon=3, months=1)
    found = mrr(project(churning("2025-06-30"), scenario, card=ONE), "scenario")
    assert found[-1] == pytest.approx(200 * 0.875**12 + 100 * 0.875**3, abs=1e-3)


def test_the_runway_is_sorted_by_end_then_by_what_is_paid():
    data = book(("A", 100, "2025-06-30"), ("B", 300, "2025-06-01"), ("C", 50, "2025-04-30"), ("D", 900, "2026-04-30"), ("E", 70, ""))
    found = runway(data)
    assert found["account_id"].tolist() == ["C", "B", "A"]
    assert found["contract_end"].tolist() == ["2025-04", "2025-06", "2025-06"]
    assert found["mrr"].tolist() == [Decimal("50.0000"), Decimal("300.0000"), Decimal("100.0000")]


@pytest.mark.parametrize(("months", "accounts"), [(1, ["C"]), (3, ["C", "A"]), (12, ["C", "A"]), (13, ["C", "A", "D"])])
def test_the_runway_looks_so_many_months_ahead(months, accounts):
    data = book(("A", 100, "2025-06-30"), ("C", 50, "2025-04-30"), ("D", 900, "2026-04-30"))
    assert runway(data, months=months)["account_id"].tolist() == accounts


def test_the_runway_says_what_was_paid_a_year_ago_and_how_it_changed():
    data = make(
        [("A", M - 12, M, 100 * UNIT, ("2025-06",)), ("A", M, None, 160 * UNIT, ("2025-06",)), ("N", M, None, 40 * UNIT, ("2025-06",))],
        dimensions=("renewal_date",), last=M,
    )  # fmt: skip
    rows = runway(data).set_index("account_id")
    assert rows.loc["A", ["mrr", "opening_mrr", "change_mrr"]].tolist() == [160, 100, 60]
    assert rows.loc["N", ["mrr", "opening_mrr", "change_mrr"]].tolist() == [40, 0, 40]


def test_who_left_is_not_on_the_runway():
    data = make(
        [("A", M - 12, M, 100 * UNIT, ("2025-06",)), ("B", M - 12, None, 1 * UNIT, ("2025-06",))], dimensions=("renewal_date",), last=M
    )
    assert runway(data)["account_id"].tolist() == ["B"]


def test_a_filter_narrows_the_runway():
    data = book(("A", 100, "2025-06-30", "Pro"), ("B", 300, "2025-06-01", "Basic"), dimensions=("renewal_date", "plan"))
    assert runway(data, where={"plan": ["Pro"]})["account_id"].tolist() == ["A"]


def test_without_contract_ends_the_runway_is_empty_with_its_columns():
    found = runway(book(("A", 100, "Pro"), dimensions=("plan",)))
    assert found.empty
    assert [*found.columns] == ["account_id", "contract_end", "mrr", "opening_mrr", "change_mrr", "plan"]


def test_the_start_is_the_last_month_that_is_over():
    now = nrr.periods.current_month()
    assert last_full_month(make([("A", now - 3, None, UNIT, ())], last=now)) == now - 1
    assert last_full_month(make([("A", now - 3, None, UNIT, ())], last=now - 2)) == now - 2
