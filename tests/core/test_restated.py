"""What a later version says otherwise: against a plain loop over account-months, and in sentences."""

import random
import sqlite3
from decimal import Decimal

import duckdb
import fine
import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make

import nrr_core as nrr
from nrr_core.errors import SelectionError
from nrr_core.explain import exact_text, restated, restated_findings
from nrr_core.ledgers import under
from nrr_core.model.statements import statement

START = oracle.month("2024-01")
MONTHS = 8
NAMES = ("plan", "owner")

line = st.tuples(
    st.sampled_from(["a", "b", "c", "d"]),
    st.integers(0, MONTHS - 1),
    st.one_of(st.none(), st.integers(0, MONTHS + 1)),
    st.sampled_from([10_000, 5_000, 2_500, -2_500, 33_333, 1]),
    st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from(["o1", "o2"])),
)
ledgers = st.lists(line, min_size=1, max_size=12)


def spans(raw):
    return [(a, START + f, None if n is None else START + f + n, amount, d) for a, f, n, amount, d in raw]


def text(month):
    return f"{(month - 1) // 12}-{(month - 1) % 12 + 1:02d}"


def listed(found):
    return {
        (row.account_id, row.month): (int(row.before_mrr.scaleb(4)), int(row.after_mrr.scaleb(4)))
        for row in found.account_months.itertuples()
    }  # fmt: skip


def by_hand(earlier, later, first, last):
    """Every account-month whose MRR differs, and every one whose attributes differ while both pay."""
    changed, moved = {}, set()
    for account in {*earlier, *later}:
        for m in range(first, last + 1):
            before, after = (at.get(account, {}).get(m, (0, None)) for at in (earlier, later))
            if before[0] != after[0]:
                changed[account, text(m)] = (before[0], after[0])
            if before[0] and after[0]:
                moved |= {(account, m, name) for name, b, a in zip(NAMES, before[1], after[1], strict=True) if b != a}
    return changed, moved


@given(ledgers, ledgers, st.integers(0, MONTHS))
def test_every_account_month_that_differs_is_found_and_no_other(raw, other, closed):
    earlier, later = spans(raw), [*spans(raw)[: len(raw) // 2], *spans(other)]
    last = START + MONTHS
    before, after = (make(lines, dimensions=NAMES, last=last) for lines in (earlier, later))
    through = text(START + closed)
    found = restated(before, after, closed_through=through, window=2, limit=10_000)
    held = [oracle.positions(lines, last) for lines in (earlier, later)]
    want, moved = by_hand(*held, max(before.first, after.first), last)
    assert listed(found) == want
    assert found.total == len(want)
    assert found.closed_total == sum(m <= through for _, m in want)
    assert [row.closed for row in found.account_months.itertuples()] == sorted((m <= through for _, m in want), reverse=True)
    for row in found.months.itertuples():
        there = [pair for (_, m), pair in want.items() if m == row.month]
        kinds = [sum(b == 0 for b, _ in there), sum(a == 0 for _, a in there), sum(a > 0 and b > 0 for b, a in there)]
        assert [row.added, row.removed, row.changed] == kinds
        assert int(row.change_mrr.scaleb(4)) == sum(a - b for b, a in there)
    for row in found.reclassified.itertuples():
        assert row.account_months == sum(name == row.dimension for *_, name in moved)
        assert row.accounts == len({account for account, _, name in moved if name == row.dimension})
    assert set(found.reclassified["dimension"]) == {name for *_, name in moved}
    check_effects(found.effects.set_index("close"), before, after)


def check_effects(effects, before, after):
    """Past figures are those that each version gives."""
    for name, data in (("before", before), ("after", after)):
        own = nrr.retention(data, window=2).set_index("close")
        for close in effects.index.intersection(own.index):
            for ratio in ("nrr", "grr", "logo_retention"):
                np.testing.assert_equal(effects.loc[close, f"{name}_{ratio}"], own.loc[close, ratio])
    assert effects.index.tolist() == nrr.retention(before, window=2)["close"].tolist()


def two(**changed):
    """A and B pay 100 and 50 for four months; with changes by account and place of the month."""
    rows = {"A": [100, 100, 100, 100], "B": [50, 50, 50, 50]}
    rows |= {name: list(amounts) for name, amounts in changed.items()}
    lines = [(a, START + i, START + i + 1, mrr * 10_000, ("Pro",)) for a, amounts in rows.items() for i, mrr in enumerate(amounts) if mrr]
    return make(lines, dimensions=("plan",), last=START + 3, one_month=True)


def test_changes_that_cancel_out_are_found_where_totals_see_nothing():
    """The control compares totals by month, as a ledger's control total does: it must miss what the comparison finds."""
    before, after = two(), two(A=[100, 90, 100, 100], B=[50, 60, 50, 50])
    totals = [nrr.movements(data)["closing_mrr"].tolist() for data in (before, after)]
    assert totals[0] == totals[1]
    found = restated(before, after)
    assert listed(found) == {("A", "2024-02"): (1_000_000, 900_000), ("B", "2024-02"): (500_000, 600_000)}
    assert found.months["change_mrr"].tolist() == [Decimal(0)]


def said(found, **more):
    return [finding.text for finding in restated_findings(found, **more)]


def test_the_same_data_says_nothing_changed():
    data = two()
    found = restated(data, data, closed_through="2024-04")
    assert found.nothing
    assert not found.touches_closed
    assert said(found) == ["Both are the same data."]


def test_a_closed_month_that_changes_is_a_sentence_with_its_nrr():
    """A pays 100, 100, 20, 100 in the later version: NRR of March goes from 150 ÷ 150 to 70 ÷ 150."""
    found = restated(two(), two(A=[100, 100, 20, 100]), closed_through="2024-03", window=1)
    days = (("2024-02", "2024-03-05"), ("2024-03", "2024-04-07"))
    assert said(found, closings=days) == [
        "1 account-month of 2024-03, which was closed on 2024-04-07, changed by −80.00; its NRR goes from 100.0% to 46.7%.",
        "NRR over 1 month changes at 2 of 3 past closes, most at 2024-04: 100.0% → 214.3% (+114.3 pt).",
    ]
    assert found.touches_closed
    assert not restated(two(), two(A=[100, 100, 20, 100]), closed_through="2024-02").touches_closed


def test_only_the_largest_changes_are_listed_and_the_counts_are_of_all():
    found = restated(two(), two(A=[101, 102, 103, 104], B=[50, 50, 40, 50]), limit=2)
    assert listed(found) == {("B", "2024-03"): (500_000, 400_000), ("A", "2024-04"): (1_000_000, 1_040_000)}
    assert found.total == 5
    assert found.months["change_mrr"].tolist() == [Decimal(1), Decimal(2), Decimal(-7), Decimal(4)]
    assert restated(two(), two(A=[101, 102, 103, 104]), limit=0).account_months.empty


def test_months_that_one_alone_covers_are_named_and_not_compared():
    longer = make([("A", START, START + 6, 1_000_000, ("Pro",)), ("C", START + 5, START + 6, 10_000, ("Pro",))], dimensions=("plan",))
    shorter = make([("A", START + 1, START + 4, 1_000_000, ("Pro",))], dimensions=("plan",), last=START + 4)
    grown = restated(shorter, longer, closed_through="2024-01")
    assert grown.shared == ("2024-02", "2024-05")
    assert grown.only_after == ("2024-01", "2024-06", "2024-07")
    assert (grown.appeared_total, grown.vanished_total) == (0, 0)  # C pays in no month that both cover
    assert grown.closed_gone == ("2024-01",)
    assert "2024-01 was closed without data and now has some." in said(grown)
    shrunk = restated(longer, shorter, closed_through="2024-01")
    assert "2024-01 was closed and is no longer in the data." in said(shrunk)
    assert "2024-06 and 2024-07 are no longer in the data." in said(shrunk)


def test_versions_without_a_common_month_are_told_so():
    early = make([("A", START, START + 2, 10_000, ())], last=START + 1)
    late = make([("A", START + 6, START + 8, 10_000, ())], last=START + 7)
    found = restated(early, late)
    assert found.shared is None
    assert found.total == 0
    assert "No month is in both, so no figure can be compared." in said(found)


def test_other_accounts_altogether_are_all_listed():
    found = restated(two(), two(A=[0] * 4, B=[0] * 4, C=[100] * 4, D=[50] * 4))
    assert found.appeared == ("C", "D")
    assert found.vanished == ("A", "B")
    assert set(found.account_months["kind"]) == {"added", "removed"}
    assert found.total == 16
    assert found.effects["nrr_change"].fillna(0).eq(0).all()


def test_other_currencies_are_said(tmp_path):
    files = []
    for code in ("usd", "eur"):
        path = tmp_path / f"{code}.csv"
        path.write_text(f"account_id,month,mrr_{code}\nA,2024-01,100\nA,2024-02,100\nB,2024-01,{5 if code == 'usd' else 6}\n")
        files.append(nrr.read(path))
    found = restated(*files)
    assert "The amounts are in USD and EUR: they are compared as they are written." in said(found)
    assert found.total == 1


def test_a_new_month_s_exchange_rate_restates_nothing_before_it():
    """The control compares both at the rates of their own last month: it must see every month of the euro account change."""
    rates = {"USD": [(0, 10**8)], "EUR": [(0, 10**8), (START + 3, 120_000_000)]}
    lines = [
        fine.Line(account, m, m + 1, 1_000_000, currency=code)
        for account, code in (("us", "USD"), ("eu", "EUR")) for m in range(START, START + 4)
    ]  # fmt: skip
    before = fine.make([one for one in lines if one.f < START + 3], last=START + 2, one_month=True, rates=rates)
    after = fine.make(lines, last=START + 3, one_month=True, rates=rates)
    found = restated(before, after, closed_through="2024-03", window=1)
    assert (found.total, found.only_after, found.touches_closed) == (0, ("2024-04",), False)
    totals = [nrr.movements(under(data, nrr.STANDARD))["closing_mrr"].head(3).tolist() for data in (before, after)]
    assert totals == [[Decimal(200)] * 3, [Decimal(220)] * 3]


def test_a_changed_attribute_is_counted_and_a_filter_reads_each_version_as_it_is():
    def book(plan):
        return make(
            [("A", START, START + 4, 10_000, (plan,)), ("B", START, START + 4, 20_000, ("Basic",))], dimensions=("plan",), last=START + 3
        )

    before, after = book("Pro"), book("Basic")
    found = restated(before, after)
    assert found.total == 0
    assert found.reclassified.to_dict("records") == [{"dimension": "plan", "accounts": 1, "account_months": 4}]
    assert "plan changed for 1 account (4 account-months)." in said(found)
    narrowed = restated(before, after, where={"plan": ["Pro"]})
    assert set(narrowed.account_months["kind"]) == {"removed"}
    assert narrowed.effects["after_nrr"].isna().all()
    with pytest.raises(SelectionError, match="no segment “Max”"):
        restated(before, after, where={"plan": ["Max"]})


def test_attributes_of_one_version_alone_are_named():
    with_plan = make([("A", START, None, 10_000, ("Pro",))], dimensions=("plan",), last=START + 3)
    without = make([("A", START, None, 10_000, ())], last=START + 3)
    assert "1 attribute is gone: plan." in said(restated(with_plan, without))
    assert "1 attribute is new: plan." in said(restated(without, with_plan))


@pytest.mark.parametrize(
    ("amount", "shown"), [("-1200", "−1,200.00"), ("0.0001", "+0.0001"), ("0", "0.00"), ("1234567.5", "+1,234,567.50")]
)
def test_amounts_are_said_exactly(amount, shown):
    assert exact_text(Decimal(amount)) == shown


RUNS = "account bigint, label bigint, f bigint, t bigint, mrr bigint"


def runs(chance):
    """Runs of thirty accounts that do not overlap."""
    for account in range(30):
        at = START
        for _ in range(4):
            at += chance.randrange(3)
            end = at + chance.randrange(1, 4)
            yield account, chance.randrange(1, 4), at, end, chance.choice([100, 200, 300])
            at = end


def answers(con, marker):
    chance = random.Random(3)
    for name in ("earlier", "later"):
        con.execute(f"create table {name} ({RUNS})")
        con.executemany(f"insert into {name} values (?, ?, ?, ?, ?)", list(runs(chance)))
    con.execute("create table described (label bigint, place bigint, segment bigint)")
    con.executemany("insert into described values (?, ?, ?)", [(1, 0, 0), (2, 0, 1), (3, 0, 1), (1, 1, 5), (2, 1, 5), (3, 1, 6)])
    con.execute("create table positions as select account, label as profile, f, t, mrr from earlier")
    con.execute(f"create table stretches as {statement('restated', marker=marker)}")
    names = ("paid", "restated", "restated_months", "reclassified")
    return {name: sorted(con.execute(statement(name, marker=marker)).fetchall()) for name in names}


def test_duckdb_and_sqlite_compare_alike():
    with duckdb.connect() as duck:
        first = answers(duck, "$")
    lite = sqlite3.connect(":memory:")
    second = answers(lite, ":")
    lite.close()
    assert first == second
    assert all(first.values())
    grain = {"paid": (0, 2), "restated": (0, 1), "restated_months": (0,), "reclassified": (0,)}
    for name, key in grain.items():
        keys = [tuple(row[i] for i in key) for row in first[name]]
        assert len(set(keys)) == len(keys), name
