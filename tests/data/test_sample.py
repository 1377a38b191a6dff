"""The sample data: the same bytes from the same code, and the story the data dictionary tells."""

import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
FILES = ("accounts", "revenue", "price_changes", "churn_reasons", "usage", "tickets", "contacts")
MID_PEERS = ["Hannah Brooks", "Rafael Duarte", "Tomas Vrba"]


def table(name):
    return pd.read_csv(DATA / f"{name}.csv", keep_default_na=False, dtype=str)


def months(labels):
    """Months counted from 2023-01 = 0, of YYYY-MM or YYYY-MM-DD."""
    return labels.str[:4].astype(int) * 12 + labels.str[5:7].astype(int) - 2023 * 12 - 1


def cents(amounts):
    return amounts.str.replace(".", "", regex=False).astype(int)


@pytest.fixture(scope="module")
def revenue():
    rows = table("revenue")
    return rows.assign(m=months(rows.month), mrr=cents(rows.mrr_usd), seats=rows.seats.astype(int))


@pytest.fixture(scope="module")
def positions(revenue):
    """MRR in cents, accounts by month, 0 when not paying."""
    return revenue.pivot_table(index="account_id", columns="m", values="mrr", aggfunc="sum").fillna(0)


@pytest.fixture(scope="module")
def accounts():
    rows = table("accounts").set_index("account_id")
    return rows.assign(signed=months(rows.signup_date), term=rows.contract_term_months.astype(int))


@pytest.fixture(scope="module")
def churns():
    rows = table("churn_reasons")
    return rows.assign(m=months(rows.churn_month))


@pytest.fixture(scope="module")
def active_share():
    """Active users per seat, accounts by month."""
    rows = table("usage")
    rows = rows.assign(m=months(rows.month), share=rows.active_users.astype(int) / rows.seats.astype(int))
    return rows.pivot_table(index="account_id", columns="m", values="share")


def retention(positions, opening, closing, segment=None):
    """NRR, GRR and logo retention in percent, per segment or as one row `total`."""
    pair = pd.DataFrame({"s": positions[opening], "e": positions[closing]}).query("s > 0")
    pair = pair.assign(kept=pair.min(axis=1), logo=(pair.e > 0).astype(int), n=1)
    by = "total" if segment is None else segment.reindex(pair.index)
    sums = pair.groupby(pd.Series(by, index=pair.index)).sum()
    rates = {"nrr": sums.e / sums.s, "grr": sums.kept / sums.s, "logo": sums.logo / sums.n}
    return pd.DataFrame(rates) * 100


def owners(revenue, month):
    return revenue[revenue.m == month].set_index("account_id").owner


# The files -----------------------------------------------------------------------------------------------------------


def test_generator_gives_the_committed_bytes(tmp_path):
    subprocess.run([sys.executable, str(DATA / "generate.py"), "--to", str(tmp_path)], check=True, capture_output=True)
    for name in FILES:
        fresh, kept = ((folder / f"{name}.csv").read_bytes() for folder in (tmp_path, DATA))
        assert sha256(fresh).hexdigest() == sha256(kept).hexdigest(), name


@pytest.mark.parametrize("name", FILES)
def test_files_are_small_plain_utf8(name):
    content = (DATA / f"{name}.csv").read_bytes()
    assert len(content) < 3_000_000
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8").endswith("\n")


def test_company_has_two_thousand_accounts_and_thirty_six_months(revenue, accounts):
    assert len(accounts) == 2000
    assert set(revenue.account_id) == set(accounts.index)
    assert sorted(revenue.m.unique()) == list(range(36))
    assert accounts.account_name.is_unique


def test_one_row_per_account_and_month(revenue):
    assert not revenue.duplicated(["account_id", "month"]).any()


@pytest.mark.parametrize("name", FILES)
def test_every_account_id_is_known(name, accounts):
    assert set(table(name).account_id if name != "accounts" else accounts.index) <= set(accounts.index)


def test_usage_has_a_row_for_every_paying_month_with_the_same_seats(revenue):
    usage = table("usage")
    merged = revenue.merge(usage, on=["account_id", "month"], suffixes=("", "_used"), how="outer", indicator=True)
    assert (merged["_merge"] == "both").all()
    assert (merged.seats == merged.seats_used.astype(int)).all()
    assert (merged.active_users.astype(int) <= merged.seats).all()


def test_mrr_is_a_whole_number_of_cents_per_seat(revenue):
    assert (revenue.mrr % revenue.seats == 0).all()
    assert (revenue.mrr > 0).all()


def test_price_per_seat_moves_only_with_a_plan_or_a_listed_price_change(revenue):
    rows = revenue.assign(price=revenue.mrr // revenue.seats).sort_values(["account_id", "m"])
    before = rows.groupby("account_id")[["m", "price", "plan"]].shift()
    moved = rows[(before.m == rows.m - 1) & (before.price != rows.price) & (before.plan == rows.plan)]
    changes = table("price_changes")
    listed = set(zip(changes.account_id, changes.effective_month, cents(changes.new_price_per_seat), strict=True))
    assert set(zip(moved.account_id, moved.month, moved.price, strict=True)) == listed


def test_every_exit_has_one_reason_row_and_some_are_uncoded(positions, churns):
    exits = {(a, m) for m in range(1, 36) for a in positions.index[(positions[m - 1] > 0) & (positions[m] == 0)]}
    assert exits == set(zip(churns.account_id, churns.m, strict=True))
    assert 0.05 < (churns.reason == "").mean() < 0.15


def test_some_accounts_return_after_a_gap(positions):
    paying = positions > 0
    returned = (paying & ~paying.shift(1, axis=1, fill_value=False)).sum(axis=1) > 1
    assert 20 <= returned.sum() <= 100


def test_attributes_have_a_few_blanks_and_a_region_spelt_out(accounts):
    for column in ("region", "industry", "channel", "use_case"):
        assert 1 <= (accounts[column] == "").sum() <= 60
    assert set(accounts.region) == {"North America", "EMEA", "APAC", "LATAM", ""}


def test_tickets_and_contacts_end_after_they_begin():
    for name, start, end in (("tickets", "opened", "closed"), ("contacts", "joined", "left")):
        rows = table(name)
        assert (rows[rows[end] != ""][end] >= rows[rows[end] != ""][start]).all()


# The story -----------------------------------------------------------------------------------------------------------


def test_enterprise_expansion_hides_the_leak_in_smb(positions, accounts):
    total, sizes = retention(positions, 23, 35).loc["total"], retention(positions, 23, 35, accounts["size"]).nrr
    assert 103 <= total.nrr <= 106
    assert 84 <= total.grr <= 87
    assert 78 <= sizes["SMB"] <= 85
    assert 97 <= sizes["Mid-Market"] <= 100
    assert 115 <= sizes["Enterprise"] <= 120


def test_total_mrr_at_the_end_is_six_to_eight_million_dollars(positions):
    assert 6e6 <= positions[35].sum() / 100 <= 8e6


def test_price_rise_lifts_expansion_in_its_month(positions):
    gain = pd.Series({m: (positions[m] - positions[m - 1])[positions[m - 1] > 0].clip(lower=0).sum() for m in range(1, 36)})
    rate = gain / [positions[m - 1].sum() for m in range(1, 36)]
    assert rate.idxmax() == 24
    assert rate[24] > 3 * rate.drop(24).max()


def test_small_customers_leave_two_to_five_months_after_the_price_rise(churns, accounts):
    exits = churns[churns.account_id.map(accounts["size"]) == "SMB"].groupby("m").size()
    after, before, later = exits.loc[26:29].mean(), exits.loc[12:24].mean(), exits.loc[30:35].mean()
    assert after > 2 * before
    assert after > 1.8 * later


def test_the_price_rise_hits_self_serve_hardest(positions, accounts):
    smb = accounts[(accounts["size"] == "SMB") & (accounts.term == 1)]
    kept = retention(positions.loc[smb.index], 24, 30, smb.channel).logo
    assert kept["Self-serve"] < kept["Direct"] - 5


def test_one_book_fails_after_it_changes_hands_while_its_peers_hold(positions, revenue):
    before = retention(positions, 6, 18, owners(revenue, 6)).nrr
    after = retention(positions, 18, 30, owners(revenue, 18)).nrr
    assert before["Ingrid Solano"] > 98
    assert 75 <= after["Marcus Thiel"] <= 80
    assert (after[MID_PEERS] > before[MID_PEERS]).all()
    assert (after[MID_PEERS] > 100).all()


def test_the_failing_book_is_the_one_handed_over_whole(revenue):
    given = owners(revenue, 17)
    taken = owners(revenue, 18)
    kept = given[given == "Ingrid Solano"].index.intersection(taken.index)
    assert (taken[kept] == "Marcus Thiel").all()
    assert not (taken == "Ingrid Solano").any()


def twelve_months_on(positions, accounts, signed, channel):
    """Share of logos still paying 12 months after signing, percent."""
    chosen = accounts[accounts.signed.isin(signed) & (accounts.channel == channel)]
    return 100 * sum(positions.loc[a, m + 12] > 0 for a, m in chosen.signed.items()) / len(chosen)


def test_partner_cohorts_since_mid_2024_retain_worse_than_direct(positions, accounts):
    early, late = range(1, 18), range(18, 24)
    gap = {
        name: twelve_months_on(positions, accounts, signed, "Direct") - twelve_months_on(positions, accounts, signed, "Partner")
        for name, signed in (("early", early), ("late", late))
    }
    assert abs(gap["early"]) < 5
    assert gap["late"] > 12


def test_usage_falls_in_the_months_before_an_exit(active_share, churns):
    late = churns[churns.m >= 9]
    usual = pd.Series([active_share.loc[c.account_id, [c.m - 8, c.m - 7, c.m - 6]].mean() for c in late.itertuples()])
    before = {k: (pd.Series([active_share.loc[c.account_id, c.m - k] for c in late.itertuples()]) / usual).median() for k in (1, 2, 3, 5)}
    assert before[1] < before[2] < before[3] < 0.95
    assert before[2] < 0.75
    assert before[5] > 0.95


def test_champions_leave_more_often_before_an_exit(churns, revenue):
    contacts = table("contacts").query("role == 'champion' and left != ''")
    left = set(zip(contacts.account_id, months(contacts.left), strict=True))

    def share(pairs):
        pairs = [(a, m) for a, m in pairs if m >= 6]
        return sum(any((a, m - k) in left for k in range(1, 6)) for a, m in pairs) / len(pairs)

    exits, paying = (zip(t.account_id, t.m, strict=True) for t in (churns, revenue))
    assert share(exits) > 3 * share(paying)


def test_tickets_rise_in_the_three_months_before_an_exit(churns):
    tickets = table("tickets")
    counts = tickets.assign(m=months(tickets.opened)).groupby(["account_id", "m"]).size()

    def per_account(lags):
        keys = [(c.account_id, c.m - k) for c in churns[churns.m >= 9].itertuples() for k in lags]
        return counts.reindex(keys).fillna(0).mean()

    assert per_account((1, 2, 3)) > 2 * per_account((6, 7, 8))


def test_deep_onboarding_leads_to_higher_retention(positions, accounts):
    usage = table("usage")
    usage = usage.assign(age=months(usage.month) - usage.account_id.map(accounts.signed))
    features = usage[usage.age == 2].set_index("account_id").features_used.astype(int)
    new = accounts[accounts.signed.between(1, 22) & accounts.index.isin(features.index)]
    kept = pd.Series({a: positions.loc[a, m + 12] > 0 for a, m in new.signed.items()})
    deep, shallow = features[new.index] >= 9, features[new.index] <= 4
    assert kept[deep].mean() > kept[shallow].mean() + 0.1


def test_most_exits_from_annual_contracts_fall_on_the_renewal_month(churns, accounts):
    known = churns.join(accounts[["term", "signed"]], on="account_id").query("term > 1")
    assert ((known.m - known.signed) % known.term == 0).mean() > 0.85


# The data dictionary -------------------------------------------------------------------------------------------------


def test_dictionary_names_every_column():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for name in FILES:
        section = text.split(f"### `{name}.csv`")[1].split("###")[0]
        described = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
        assert described == list(table(name).columns), name


def test_dictionary_states_the_measured_retention(positions, accounts):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    measured = pd.concat([retention(positions, 23, 35, accounts["size"]), retention(positions, 23, 35)])
    for segment, row in measured.iterrows():
        label = "**Total**" if segment == "total" else segment
        assert f"| {label} | {row.nrr:.1f} % | {row.grr:.1f} % | {row.logo:.1f} % |" in text, segment
