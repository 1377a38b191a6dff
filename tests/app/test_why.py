"""Segments: why it moved, drivers and owners are the library's answers; clicks open accounts; edges are sentences."""

import pytest
from face import clicked, headline, opened, plain, plotted, same, table_with

from nrr_core import explain

HELD = """account_id,month,mrr_usd,seats,plan,owner,churn_reason
a,2025-01,100,10,Pro,Ann,
a,2025-02,100,10,Pro,Ann,
a,2025-03,150,15,Pro,Ben,
b,2025-01,100,10,Pro,Ben,
b,2025-02,100,10,Pro,Ben,Budget
c,2025-01,50,5,Basic,Ann,
c,2025-02,60,6,Basic,Ann,
c,2025-03,66,6,Basic,Ann,
"""


@pytest.fixture(scope="session")
def held(read):
    return read(HELD, name="Held")


def captions(app):
    return [plain(one.value) for one in app.caption]


def heads(app):
    return [plain(one.value) for one in app.header]


# why it moved -------------------------------------------------------------------------------------------------------------


def test_the_bridge_is_the_library_s_answer(sample):
    app = opened("segments", show="Why it moved", mix="size", asof="2025-06", against="2025-03")
    moved = explain.why_moved(sample, before="2025-03", after="2025-06", by="size")
    drawn = plotted(app, "steps", "ticks", "notice")
    assert drawn["step"].tolist() == explain.moved_steps(moved)["step"].tolist()
    assert headline(app) == explain.moved_finding(moved)
    same(table_with(app, "account_id", "points")["points"], moved.accounts["points"] * 100)
    same(table_with(app, "share_before")["mix_points"], moved.table["mix_points"] * 100)


def test_the_default_is_the_window_one_length_earlier(sample):
    app = opened("segments", show="Why it moved", window="3 months")
    assert app.selectbox(key="against").value == "2025-09"
    assert headline(app) == explain.moved_finding(explain.why_moved(sample, window=3, by="plan"))


def test_another_window_to_compare_with_is_taken(sample):
    app = opened("segments", show="Why it moved")
    app.selectbox(key="against").select("2025-11").run()
    assert headline(app) == explain.moved_finding(explain.why_moved(sample, before="2025-11", after="2025-12", by="plan"))


def test_two_segments_are_compared(sample):
    app = opened("segments", show="Why it moved", between="Two segments", sides="size", side="SMB", other_side="Enterprise")
    moved = explain.why_moved(sample, before={"size": ["Enterprise"]}, after={"size": ["SMB"]}, close="2025-12")
    assert headline(app) == explain.moved_finding(moved)
    assert app.selectbox(key="mix_sides").value == "Nothing"


def test_a_segment_is_never_compared_with_itself(held):
    app = opened("segments", held, show="Why it moved", between="Two segments", sides="plan", window="1 month")
    assert app.selectbox(key="side").value not in app.selectbox(key="other_side").options


def test_a_clicked_part_opens_its_accounts(held):
    app = clicked(opened("segments", held, show="Why it moved", window="1 month"), "moved", step="Churn")
    assert "Churn, Mar 2025: 1 account" in heads(app)
    assert table_with(app, "account_id", "state")["account_id"].tolist() == ["b"]


def test_a_clicked_total_opens_nothing(held):
    app = clicked(opened("segments", held, show="Why it moved", window="1 month"), "moved", step="Mix")
    assert not [one for one in heads(app) if "account" in one]


def test_one_window_only_has_nothing_to_compare(book):
    app = opened("segments", book, show="Why it moved", window="12 months")
    assert "only one such window" in app.info[0].value


def test_filters_narrow_both_windows(sample):
    app = opened("segments", show="Why it moved", f_region="EMEA", mix="size")
    assert headline(app) == explain.moved_finding(explain.why_moved(sample, by="size", where={"region": ["EMEA"]}))


def test_without_attributes_it_is_all_rate(bare):
    app = opened("segments", bare, show="Why it moved", window="1 month")
    assert plotted(app, "steps", "ticks", "notice")["step"].tolist() == [
        "NRR Apr 2025",
        "Expansion",
        "Contraction",
        "Churn",
        "NRR May 2025",
    ]
    pair = opened("segments", bare, show="Why it moved", window="1 month", between="Two segments")
    assert "no attribute with two segments" in pair.info[0].value


def test_no_value_in_one_window_is_a_sentence(late):
    app = opened("segments", late, show="Why it moved", f_region="APAC", window="1 month")
    assert not app.error


def test_everybody_left(emptied):
    app = opened("segments", emptied, show="Why it moved")
    assert not app.error


# the Overview ---------------------------------------------------------------------------------------------------------------


def test_the_overview_says_why(sample):
    app = opened("overview")
    told = explain.overview_moved(explain.why_moved(sample, by="plan"))
    assert [one for one in app.markdown if plain(one.value).endswith(told.text)]


def test_the_overview_without_an_earlier_window_does_not(book):
    assert not [one for one in opened("overview", book).markdown if "more expansion" in one.value]


# drivers ----------------------------------------------------------------------------------------------------------------------


def test_drivers_are_the_library_s_answer(sample):
    app = opened("segments", show="Drivers", rank="size")
    found = explain.drivers(sample, by="size", close="2025-12")
    assert headline(app) == explain.drivers_finding(found, currency="$")
    for side, frame in (("expansion_mrr", found.gains), ("lost_mrr", found.losses)):
        shown = table_with(app, "driver", side)
        same(shown[side], explain.driver_rows(frame, "size")[side])


def test_the_price_split_is_told_and_drawn(held):
    app = opened("segments", held, show="Drivers", window="2 months")
    split = explain.price_split(held, window=2)
    assert explain.price_finding(split) in captions(app)
    assert plotted(app, "steps", "ticks", "notice")["step"].tolist() == ["Opening", "Seats", "Price", "Plan", "Churn", "NRR"]
    same(table_with(app, "type", "net_mrr")["net_mrr"], split.parts["net_mrr"])


def test_arr_is_twelve_times_mrr(held):
    mrr, arr = (
        plotted(opened("segments", held, show="Drivers", window="2 months", unit=unit), "drivers", "zero")["amount"]
        for unit in ("MRR", "ARR")
    )
    same(arr, mrr * 12)


def test_losses_are_ranked_by_reason(held):
    app = opened("segments", held, show="Drivers", window="2 months", rank="churn_reason")
    assert table_with(app, "driver", "lost_mrr")["driver"].tolist() == ["Budget"]


def test_a_clicked_driver_opens_its_accounts(held):
    app = clicked(opened("segments", held, show="Drivers", window="2 months", rank="owner"), "losses", driver="Ben")
    assert "Ben, contraction and churn: 1 account" in heads(app)


def test_a_clicked_type_opens_nothing(held):
    app = clicked(opened("segments", held, show="Drivers", window="2 months"), "gains", driver="Seats")
    assert not [one for one in heads(app) if "account" in one.split(":")[-1]]


def test_without_seats_and_reasons_the_page_says_what_to_add(book):
    told = " ".join(captions(opened("segments", book, show="Drivers")))
    assert "Add a column “seats”" in told
    assert "This data has no reasons" in told


def test_early_churn_follows_its_months(sample):
    app = opened("segments", show="Drivers", keeps="channel")
    app.number_input(key="early").set_value(6).run()
    frame = explain.standing(sample, by="channel", early=6, close="2025-12")
    same(table_with(app, "segment", "early_churn")["early_churn"], frame["early_churn"] * 100)


@pytest.mark.parametrize("section", ["Drivers", "Owners", "Why it moved"])
def test_sections_without_attributes_are_whole(bare, section):
    assert not opened("segments", bare, show=section, window="1 month").error


@pytest.mark.parametrize("section", ["Drivers", "Owners", "Why it moved"])
def test_sections_of_data_in_which_everybody_left_are_whole(emptied, section):
    assert not opened("segments", emptied, show=section).error


@pytest.mark.parametrize("section", ["Drivers", "Owners", "Why it moved"])
def test_sections_of_a_filter_that_nobody_paid_under_are_whole(late, section):
    assert not opened("segments", late, show=section, f_region="APAC").error


# owners -------------------------------------------------------------------------------------------------------------------------


def test_books_are_the_library_s_answer(sample):
    app = opened("segments", show="Owners", asof="2024-12")
    found = explain.books(sample, close="2024-12")
    assert headline(app) == explain.books_finding(found)
    same(table_with(app, "owner", "weighted_nrr")["weighted_nrr"], found.table["weighted_nrr"] * 100)
    assert len(table_with(app, "from_owner")) == len(found.transfers)
    assert plotted(app, "marks", "legend")["owner"].nunique() == found.table["owner"].nunique() - 1


def test_the_owner_is_found_by_its_role_and_any_attribute_can_be_one(held):
    app = opened("segments", held, show="Owners", window="2 months")
    assert app.selectbox(key="owner").value == "owner"
    app.selectbox(key="owner").select("plan").run()
    assert set(table_with(app, "owner", "open_nrr")["owner"]) == {"(all)", "Pro", "Basic"}


def test_a_clicked_book_opens_its_accounts(held):
    app = clicked(opened("segments", held, show="Owners", window="2 months"), "books", owner="Ben")
    assert "Ben: 1 account" in heads(app)


def test_without_an_owner_by_name_it_says_so(book):
    assert any("any attribute can stand for it" in one for one in captions(opened("segments", book, show="Owners")))


def test_the_section_is_kept_when_the_window_changes(sample):
    app = opened("segments", show="Owners")
    app.selectbox(key="window").select("6 months").run()
    assert headline(app) == explain.books_finding(explain.books(sample, window=6, close="2025-12"))
