"""Published worked examples, retyped with their sources, and the answers this package must give to them."""

import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core import metrics

UNIT = 10_000


def components(opening, expansion, contraction, churn):
    """Measures of one window from the totals an article gives."""
    lost = contraction + churn
    return {
        "opening_mrr": opening, "expansion_mrr": expansion, "contraction_mrr": contraction, "churn_mrr": churn,
        "closing_mrr": opening + expansion - lost, "kept_mrr": opening - lost, "new_mrr": 0, "reactivation_mrr": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "totals", "nrr_expected", "grr_expected"),
    [
        ("definition: opening 2,500, contraction 700, churn 250, expansion 1,000", (2_500, 1_000, 700, 250), 1.02, 0.62),
        ("dnoise.online, NRR page", (200_000, 20_000, 4_000, 6_000), 1.05, 0.95),
        ("MetricKit glossary, NRR", (100_000, 15_000, 5_000, 10_000), 1.00, 0.85),
        ("FormulaCraft, net revenue retention", (100_000, 18_000, 3_000, 8_000), 1.07, 0.89),
        ("FormulaCraft, gross revenue retention", (100_000, 0, 2_500, 6_000), 0.915, 0.915),
        ("PulseRevOps, question 97", (10_000_000, 1_800_000, 600_000, 900_000), 1.03, 0.85),
        ("ChartMogul help, net and gross MRR churn (10 % and 20 %)", (100, 10, 10, 10), 0.90, 0.80),
    ],
)
def test_published_totals_give_the_published_ratios(source, totals, nrr_expected, grr_expected):
    measures = components(*totals)
    assert metrics.compute("nrr", measures) == pytest.approx(nrr_expected), source
    assert metrics.compute("grr", measures) == pytest.approx(grr_expected), source
    rates = [metrics.compute(f"{n}_rate", measures) for n in ("expansion", "contraction", "churn")]
    assert 1 + rates[0] - rates[1] - rates[2] == pytest.approx(nrr_expected)


def snapshots(first, mrr):
    start = month(first)
    lines = [
        (account, start + i, start + i + 1, int(amount * UNIT), ())
        for account, amounts in mrr.items() for i, amount in enumerate(amounts) if amount
    ]  # fmt: skip
    return make(lines, one_month=True, last=start + max(map(len, mrr.values())) - 1)


def spans(rows, last):
    lines = [(a, month(s), month(e) if e else None, round(float(x) * UNIT), ()) for a, s, e, x in rows]
    return make(lines, last=month(last))


def at(frame, close):
    return frame[(frame.close == close) & (frame.segment == "(all)")].iloc[0]


def test_klipfolio_scenario_a_one_hundred_customers():
    mrr = {f"c{i}": [2_000, 2_000] for i in range(5, 101)}
    mrr |= {"c1": [2_000, 6_000], "c2": [2_000, 1_500], "c3": [2_000, 1_500], "c4": [2_000, 0]}
    row = at(nrr.retention(snapshots("2024-01", mrr), window=1), "2024-02")
    assert (row.nrr, row.grr, row.logo_retention) == pytest.approx((1.005, 0.985, 0.99))


def test_grr_caps_each_account_at_its_own_opening():
    data = snapshots("2024-01", {"C1": [100, 100, 0], "C2": [100, 0, 0], "C3": [0, 100, 100], "C4": [200, 200, 300]})
    cells = nrr.cohorts(data).set_index(["cohort", "age"])
    first = cells.loc["2024-01"]
    assert first.nrr.tolist() == pytest.approx([1, 0.75, 0.75])
    assert first.grr.tolist() == pytest.approx([1, 0.75, 0.5])
    assert first.logo_retention.tolist() == pytest.approx([1, 2 / 3, 1 / 3])
    assert cells.loc["2024-02"].logo_retention.tolist() == [1, 1]


def test_chargebee_reactivation_is_the_mrr_that_came_back():
    data = snapshots("2024-01", {"x": [50, 0, 50], "y": [100, 0, 100], "z": [200, 0, 200], "stay": [1, 1, 1]})
    assert at(nrr.movements(data), "2024-03").reactivation_mrr == 350


def test_a_ledger_of_four_with_new_and_churn():
    data = snapshots("2025-01", {"C1": [4_000, 4_000, 6_000], "C2": [1_200, 1_200, 0], "C3": [0, 2_500, 2_500], "C4": [0, 0, 8_000]})
    row, bridge = at(nrr.retention(data, window=1), "2025-03"), at(nrr.movements(data), "2025-03")
    assert (row.nrr, row.grr, row.logo_retention) == pytest.approx((8_500 / 7_700, 6_500 / 7_700, 2 / 3))
    assert (bridge.opening_mrr, bridge.new_mrr, bridge.expansion_mrr, bridge.churn_mrr, bridge.closing_mrr) == (
        7_700, 8_000, 2_000, 1_200, 16_500,
    )  # fmt: skip


def test_profitwell_sarah_churns_when_her_service_ends():
    data = spans([("Sarah", "2024-04-15", "2024-06-15", 10), ("stay", "2024-04-01", "", 1)], "2024-06")
    bridge = nrr.movements(data)
    assert at(bridge, "2024-04").new_mrr == 11
    assert at(bridge, "2024-05").churn_mrr == 0
    assert at(bridge, "2024-06").churn_mrr == 10


def test_chartmogul_syncalytics_second_subscription_expands_and_its_end_contracts():
    rows = [
        ("S", "2024-01-10", "2025-01-10", 166.67), ("S", "2024-02-05", "2024-03-19", 60),
        ("S", "2025-03-02", "", 150), ("stay", "2024-01-01", "", 1),
    ]  # fmt: skip
    bridge = nrr.movements(spans(rows, "2025-04"))
    assert float(at(bridge, "2024-01").new_mrr) == 167.67
    assert at(bridge, "2024-02").expansion_mrr == 60
    assert (at(bridge, "2024-03").contraction_mrr, at(bridge, "2024-03").churn_mrr) == (60, 0)
    assert float(at(bridge, "2025-01").churn_mrr) == 166.67
    assert (at(bridge, "2025-03").reactivation_mrr, at(bridge, "2025-03").new_mrr) == (150, 0)


def test_saasops_a_contract_of_one_year_ends_in_its_last_month():
    bridge = nrr.movements(spans([("1", "2022-06-01", "2023-06-01", 10_000)], "2023-12"))
    assert (at(bridge, "2022-06").new_mrr, at(bridge, "2022-06").closing_mrr) == (10_000, 10_000)
    assert (at(bridge, "2023-05").closing_mrr, at(bridge, "2023-05").churn_mrr) == (10_000, 0)
    assert (at(bridge, "2023-06").churn_mrr, at(bridge, "2023-06").closing_mrr) == (10_000, 0)


def test_saasops_a_renewal_at_double_is_expansion_and_no_churn():
    rows = [("1", "2022-06-01", "2023-06-01", 10_000), ("1", "2023-06-01", "2024-06-01", 20_000)]
    row = at(nrr.movements(spans(rows, "2023-12")), "2023-06")
    assert (row.expansion_mrr, row.churn_mrr, row.closing_mrr) == (10_000, 0, 20_000)


NINE = {  # (first month, last month, MRR) of nine accounts over 2022-01 … 2024-01, opening at 2023-01
    "A": [("2022-01", "2024-01", 1_000)],
    "B": [("2022-01", "2023-03", 1_000), ("2023-04", "2024-01", 1_600)],
    "C": [("2022-01", "2023-06", 800)],
    "D": [("2022-01", "2023-08", 900), ("2023-11", "2024-01", 900)],
    "E": [("2022-01", "2023-02", 500), ("2023-03", "2023-08", 900), ("2023-09", "2024-01", 500)],
    "F": [("2022-01", "2022-09", 700), ("2023-05", "2024-01", 700)],
    "G": [("2023-04", "2023-07", 400), ("2023-08", "2024-01", 1_000)],
    "H": [("2023-03", "2023-08", 600)],
    "I": [("2022-01", "2023-05", 1_200), ("2023-06", "2024-01", 900)],
}


@pytest.fixture(name="nine")
def _nine():
    lines = [
        (account, month(first), month(last) + 1, mrr * UNIT, ())
        for account, stretches in NINE.items() for first, last, mrr in stretches
    ]  # fmt: skip
    return make(lines, last=month("2024-01"))


def test_nine_accounts_point_to_point(nine):
    row = at(nrr.retention(nine), "2024-01")
    assert (row.opening_mrr, row.closing_mrr) == (5_400, 4_900)
    assert row.nrr == 4_900 / 5_400 == pytest.approx(0.907407, abs=1e-6)
    assert row.grr == 4_300 / 5_400 == pytest.approx(0.796296, abs=1e-6)


def test_nine_accounts_the_movements_of_the_window_add_up_to_the_same_total(nine):
    months = nrr.movements(nine)
    inside = months[months.close > "2023-01"]
    net = inside.expansion_mrr.sum() - inside.contraction_mrr.sum() - inside.churn_mrr.sum()
    arrived = inside.new_mrr.sum() + inside.reactivation_mrr.sum()
    assert 5_400 + net + arrived == at(months, "2024-01").closing_mrr


def test_up_and_down_inside_a_window_shows_in_months_and_not_point_to_point():
    data = snapshots("2024-01", {"x": [100, 150, 100]})
    whole, months = nrr.movements(data, window=2, close="2024-03").iloc[0], nrr.movements(data)
    assert (whole.expansion_mrr, whole.contraction_mrr) == (0, 0)
    assert (at(months, "2024-02").expansion_mrr, at(months, "2024-03").contraction_mrr) == (50, 50)
    assert at(nrr.retention(data, window=2), "2024-03").nrr == 1
    person = nrr.accounts(data, window=2, close="2024-03").iloc[0]
    assert (person.raised_mrr, person.lowered_mrr, person.state) == (50, 50, "flat")
