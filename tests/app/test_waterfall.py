"""Waterfall: bars are the movements, a click opens the accounts in a bar."""

import pytest
from face import clicked, headline, opened, plain, plotted, same, table_with

import nrr_core as nrr

BASE = ("opening", "expansion", "contraction", "churn", "reactivation", "new", "closing")
STEPS = (*BASE, "retained")


def bars(app):
    return plotted(app, "steps", "ticks").set_index("step")


def test_bars_are_the_movements_of_the_window(book):
    drawn = bars(opened("waterfall", book))["amount"].to_dict()
    expected = {"opening": 400, "expansion": 50, "contraction": 40, "churn": 100, "retained": 310}
    assert drawn == expected | {"reactivation": 0, "new": 70, "closing": 380}


@pytest.mark.parametrize("window", [1, 12])
def test_bars_of_the_sample_are_the_library_s_movements(sample, window):
    drawn = bars(opened("waterfall", window="1 month" if window == 1 else f"{window} months"))
    answer = nrr.movements(sample, window=window, close="2025-12").iloc[0]
    same(drawn.loc[list(BASE), "amount"], [answer[f"{name}_mrr"] for name in BASE])
    same(drawn.loc[list(BASE), "accounts"], [answer[f"{name}_accounts"] for name in BASE])


def test_retained_over_opening_is_nrr(sample):
    drawn = bars(opened("waterfall"))["amount"]
    same([drawn["retained"] / drawn["opening"]], nrr.retention(sample, window=12, close="2025-12")["nrr"])


def test_the_bridge_closes_on_screen():
    drawn = bars(opened("waterfall"))["amount"]
    gains = drawn["expansion"] + drawn["reactivation"] + drawn["new"]
    losses = drawn["contraction"] + drawn["churn"]
    assert drawn["opening"] + gains - losses == pytest.approx(drawn["closing"])


def test_a_shorter_window_changes_the_bars(book):
    app = opened("waterfall", book)
    app.selectbox(key="window").select("1 month").run()
    assert bars(app)["amount"]["opening"] == 380
    assert bars(app)["amount"]["churn"] == 0


def test_a_segment_filter_narrows_the_bars(book):
    app = opened("waterfall", book)
    app.multiselect(key="f_region").select("EMEA").run()
    assert bars(app)["amount"][["opening", "expansion", "contraction", "churn", "closing"]].tolist() == [200, 50, 40, 0, 210]


def test_arr_bars_are_twelve_times_mrr(book):
    mrr, arr = bars(opened("waterfall", book)), bars(opened("waterfall", book, unit="ARR"))
    same(arr["amount"], mrr["amount"] * 12)


def test_arr_leaves_shares_and_accounts_alone(book):
    mrr, arr = bars(opened("waterfall", book)), bars(opened("waterfall", book, unit="ARR"))
    same(arr["share"], mrr["share"])
    same(arr["accounts"], mrr["accounts"])


def test_headline_names_the_biggest_loss_and_the_gain(book):
    assert headline(opened("waterfall", book)).startswith("Churn took $100; expansion")


def test_headline_follows_the_unit(book):
    assert headline(opened("waterfall", book, unit="ARR")).startswith("Churn took $1.2K; expansion")


@pytest.mark.parametrize("step", STEPS)
def test_a_clicked_bar_opens_as_many_accounts_as_it_counts(step):
    app = opened("waterfall")
    count = bars(app).loc[step, "accounts"]
    clicked(app, "bridge", step=step)
    assert f"{step.capitalize()}: {count:,} accounts" in [plain(one.value) for one in app.header]


def test_a_clicked_bar_names_its_accounts(book):
    app = clicked(opened("waterfall", book), "bridge", step="churn")
    assert table_with(app, "account_id", "state")["account_id"].tolist() == ["C"]


def test_a_bar_stays_open_when_the_window_changes(book):
    app = clicked(opened("waterfall", book), "bridge", step="churn")
    app.session_state["bridge"] = {"selection": {"pick": [{"step": "churn"}]}}
    app.selectbox(key="window").select("1 month").run()
    assert "Churn: 0 accounts" in [plain(one.value) for one in app.header]


def test_fiscal_quarters_close_with_the_fiscal_year(book):
    app = opened("waterfall", book, window="Fiscal quarter", fy="February")
    assert app.selectbox(key="asof").value == "2025-10"


def test_moving_the_fiscal_year_moves_the_quarter(book):
    app = opened("waterfall", book, window="Fiscal quarter")
    assert app.selectbox(key="asof").value == "2025-12"
    app.selectbox(key="fy").select("March").run()
    assert app.selectbox(key="asof").value == "2025-11"
    answer = nrr.movements(book, window="quarter", close="2025-11", fiscal_start=3).iloc[0]
    assert bars(app)["amount"]["opening"] == answer["opening_mrr"]


def test_table_has_every_movement(book):
    shown = table_with(opened("waterfall", book), "opening_mrr", "new_mrr")
    answer = nrr.movements(book, window=12, close="2025-12")
    for name in BASE:
        same(shown[f"{name}_mrr"], answer[f"{name}_mrr"])
