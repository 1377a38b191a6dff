"""Accounts: the list, its search and states, and one account's page."""

import pytest
from face import cards, headline, opened, plotted, press, same, table_with, turned, unbroken

import nrr_core as nrr
from nrr_core.ledger import account_key


def listed(app):
    return table_with(app, "account_id", "trend")


def test_list_is_the_answer_of_the_window(book):
    shown = listed(opened("accounts", book))
    answer = nrr.accounts(book, window=12, close="2025-12")
    assert shown["account_id"].tolist() == answer["account_id"].tolist()
    for name in ("opening_mrr", "closing_mrr", "change_mrr"):
        same(shown[name], answer[name])
    same(shown["nrr"], answer["nrr"] * 100)


def test_states_are_said_in_words(book):
    shown = listed(opened("accounts", book)).set_index("account_id")["state"].to_dict()
    assert shown == {"A": "Grew", "B": "Shrank", "C": "Left", "D": "Unchanged", "E": "New"}


def test_headline_counts_what_happened(book):
    assert headline(opened("accounts", book)).startswith("5 accounts: 1 grew, 1 shrank, 1 left")


def test_list_follows_the_window(book):
    app = opened("accounts", book)
    app.selectbox(key="window").select("1 month").run()
    assert listed(app)["account_id"].tolist() == ["A", "B", "D", "E"]
    assert set(listed(app)["state"]) == {"Unchanged"}


def test_list_is_narrowed_by_a_segment(book):
    assert set(listed(opened("accounts", book, f_region="APAC"))["account_id"]) == {"C", "D", "E"}


def test_arr_is_twelve_times_mrr(book):
    mrr, arr = listed(opened("accounts", book)), listed(opened("accounts", book, unit="ARR"))
    same(arr["closing_mrr"], mrr["closing_mrr"] * 12)
    same(arr["nrr"], mrr["nrr"])


def test_a_state_keeps_only_its_accounts(book):
    app = opened("accounts", book)
    app.pills(key="state").select("churn").run()
    assert listed(app)["account_id"].tolist() == ["C"]


def test_states_come_with_the_address(book):
    assert listed(opened("accounts", book, state="New"))["account_id"].tolist() == ["E"]


@pytest.mark.parametrize("wanted", ["c", "C", "basic"])
def test_search_finds_ids_and_attributes_whatever_the_case(book, wanted):
    app = opened("accounts", book)
    app.text_input(key="find").set_value(wanted).run()
    assert "C" in listed(app)["account_id"].tolist()


def test_search_leaves_the_others_out(book):
    app = opened("accounts", book)
    app.text_input(key="find").set_value("basic").run()
    assert set(listed(app)["account_id"]) == {"B", "C"}
    assert "find" not in app.query_params  # what is searched for is not written into addresses


def test_search_without_a_match_says_what_to_do(book):
    app = opened("accounts", book)
    app.text_input(key="find").set_value("nobody at all").run()
    assert "No account matches" in app.info[0].value


@pytest.mark.parametrize("wanted", ["%", "_", "'", '"', "\\", "*", "; drop table accounts"])
def test_search_takes_every_character_literally(book, wanted):
    app = opened("accounts", book)
    app.text_input(key="find").set_value(wanted).run()
    assert "No account matches" in app.info[0].value


def test_longer_lists_are_cut_and_say_so(sample):
    app = opened("accounts")
    total = nrr.accounts(sample, window=12, close="2025-12").attrs["total_rows"]
    assert len(listed(app)) == 500
    assert any(f"of {total:,} are shown" in one.value for one in app.caption)


def test_sparklines_end_with_the_last_month_s_mrr(book):
    shown = listed(opened("accounts", book)).set_index("account_id")
    assert [list(shown.loc[account, "trend"])[-1] for account in "ABCDE"] == [150, 60, 0, 100, 70]


def test_an_address_opens_an_account(book):
    app = opened("accounts", book, account=account_key("A"))
    assert headline(app) == "A pays $150 in Dec 2025"
    assert cards(app) == {"First paid": "Dec 2024", "Highest MRR": "$150", "NRR, 12 months": "150.0%", "Changes": "1"}


def test_an_account_that_left_says_so(book):
    assert headline(opened("accounts", book, account=account_key("C"))) == "C no longer pays"


def test_account_chart_is_its_history(book):
    drawn = plotted(opened("accounts", book, account=account_key("B")), "months")
    answer = nrr.history(book, "B")
    assert drawn["month"].tolist() == answer["month"].tolist()
    same(drawn["mrr"], answer["mrr"])


def test_account_chart_in_arr_is_twelve_times_mrr(book):
    drawn = plotted(opened("accounts", book, account=account_key("B"), unit="ARR"), "months")
    same(drawn["mrr"], nrr.history(book, "B")["mrr"] * 12)


def test_a_young_account_has_no_yearly_nrr(book):
    assert cards(opened("accounts", book, account=account_key("E")))["NRR, 12 months"] == "–"


def test_attributes_are_the_latest_known(book):
    shown = table_with(opened("accounts", book, account=account_key("C")), "Attribute", "Latest")
    assert dict(zip(shown["Attribute"], shown["Latest"], strict=True)) == {"region": "APAC", "plan": "Basic"}


def test_an_unknown_account_is_a_sentence(book):
    app = opened("accounts", book, account=account_key("Z9"))
    assert "not in this dataset" in app.error[0].value


def test_going_back_shows_the_list_again(book):
    app = opened("accounts", book, account=account_key("A"), window="3 months")
    press(app, "All accounts")
    assert len(listed(unbroken(app))) == 5
    assert "account" not in app.query_params


def test_going_back_keeps_the_window(book):
    app = opened("accounts", book, account=account_key("A"), window="3 months")
    press(app, "All accounts")
    assert app.selectbox(key="window").value == "3 months"


def test_going_back_from_an_unknown_account_works(book):
    app = opened("accounts", book, account=account_key("Z9"))
    press(app, "All accounts")
    assert not app.error
    assert len(listed(app)) == 5


def test_a_ticked_row_opens_its_account(book):
    app = opened("accounts", book)
    wanted = listed(app)["account_id"].iloc[1]
    app.session_state["people"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    unbroken(app.run())
    assert app.query_params["account"] == account_key(wanted)
    assert headline(app).startswith(f"{wanted} ")


def test_other_pages_ignore_the_account_in_the_address(book):
    app = turned(opened("accounts", book, account=account_key("A")), "waterfall")
    assert not app.error
