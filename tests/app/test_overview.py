"""Overview: cards, trend and sentences say what the library answers."""

import pytest
from face import cards, clicked, headline, opened, plain, plotted, same, table_with

import nrr_core as nrr
from nrr_core.formats import percent_text


def test_cards_show_the_ratios_and_total_of_the_window(book):
    shown = cards(opened("overview", book))
    assert shown == {"NRR": "77.5%", "GRR": "65.0%", "Logo retention": "75.0%", "Closing MRR": "$380"}


def test_headline_states_nrr_and_its_window(book):
    assert headline(opened("overview", book)).startswith("NRR is 77.5% from Dec 2024 to Dec 2025")


@pytest.mark.parametrize("measure", ["nrr", "grr", "logo_retention"])
def test_plotted_trend_is_the_answer_for_every_close(sample, measure):
    points = plotted(opened("overview"), "points", "months")
    drawn = points[points["series"] == measure].sort_values("month")
    answer = nrr.retention(sample, window=12)
    assert list(drawn["month"]) == list(answer["close"])
    same(drawn["value"], answer[measure])


def test_a_shorter_window_changes_the_cards(book):
    app = opened("overview", book)
    app.selectbox(key="window").select("3 months").run()
    assert cards(app)["NRR"] == percent_text(380 / 430)  # C left with 100, A grew by 50


def test_a_shorter_window_changes_the_plotted_trend(book):
    app = opened("overview", book)
    app.selectbox(key="window").select("3 months").run()
    points = plotted(app, "points", "months")
    same(points[points["series"] == "nrr"].sort_values("month")["value"], nrr.retention(book, window=3)["nrr"])


def test_another_close_changes_the_cards(book):
    app = opened("overview", book, window="6 months")
    app.selectbox(key="asof").select("2025-06").run()
    assert cards(app)["NRR"] == "90.0%"  # B fell from 100 to 60, of 400
    assert cards(app)["Closing MRR"] == "$430"


def test_arr_is_twelve_times_mrr(book):
    app = opened("overview", book)
    app.get("segmented_control")[0].set_value("ARR").run()
    assert cards(app)["Closing ARR"] == "$4.56K"


def test_arr_leaves_ratios_alone(book):
    ratios = ("NRR", "GRR", "Logo retention")
    mrr, arr = cards(opened("overview", book)), cards(opened("overview", book, unit="ARR"))
    assert [arr[name] for name in ratios] == [mrr[name] for name in ratios]


def test_a_clicked_month_shows_the_accounts_of_that_window(book):
    app = clicked(opened("overview", book, window="3 months"), "trend", month="2025-06")
    assert "Window closing in Jun 2025: 5 accounts" in [plain(one.value) for one in app.header]
    people = table_with(app, "account_id", "state").set_index("account_id")
    assert people.loc["E", "closing_mrr"] == 70
    assert people.loc["A", "closing_mrr"] == 100  # before it grew


def test_table_behind_the_trend_is_the_answer(book):
    shown = table_with(opened("overview", book, window="3 months"), "nrr", "close")
    answer = nrr.retention(book, window=3)
    assert list(shown["close"]) == list(answer["close"])
    same(shown["nrr"], answer["nrr"] * 100)
    same(shown["closing_mrr"], answer["closing_mrr"])


def test_findings_are_made_of_the_window_s_movements(book):
    said = plain(" ".join(one.value for one in opened("overview", book).markdown))
    assert "Expansion added $50 (12.5% of opening)" in said
    assert "churn took $100 (25.0% of opening)" in said
    assert "contraction $40 (10.0% of opening)" in said


def test_findings_follow_the_unit(book):
    said = plain(" ".join(one.value for one in opened("overview", book, unit="ARR").markdown))
    assert "Expansion added $600 (12.5% of opening)" in said


def test_change_against_the_window_before_is_in_points(sample):
    now, before = (nrr.retention(sample, window=12, close=close)["nrr"].iloc[0] for close in ("2025-12", "2024-12"))
    card = next(one for one in opened("overview").metric if one.label == "NRR")
    assert card.delta == f"{(now - before) * 100:+.1f} pt".replace("-", "−")


def test_no_change_is_shown_where_the_data_does_not_reach_back(book):
    card = next(one for one in opened("overview", book).metric if one.label == "NRR")
    assert not card.delta
