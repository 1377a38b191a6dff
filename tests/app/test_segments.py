"""Segments: bars, matrix and small charts are the library's answers; clicks open accounts."""

import pytest
from face import clicked, opened, plain, plotted, same, table_with

import nrr_core as nrr

MEASURES = {"NRR": "nrr", "GRR": "grr", "Logo retention": "logo_retention"}


def bars(app):
    return plotted(app, "bars", "rows", "total").sort_values("segment").reset_index(drop=True)


def expected(frame):
    held = frame[(frame["segment"] != "(all)") & (frame["opening_accounts"] > 0)]
    return held.sort_values("segment").reset_index(drop=True)


@pytest.mark.parametrize("dimension", ["plan", "region", "size"])
def test_bars_are_the_answer_by_the_chosen_attribute(sample, dimension):
    drawn = bars(opened("segments", by=dimension))
    answer = expected(nrr.retention(sample, window=12, by=dimension, close="2025-12"))
    assert drawn["segment"].tolist() == answer["segment"].tolist()
    same(drawn["value"], answer["nrr"])
    same(drawn["accounts"], answer["opening_accounts"])


@pytest.mark.parametrize("label", MEASURES)
def test_bars_follow_the_measure(sample, label):
    answer = expected(nrr.retention(sample, window=12, by="plan", close="2025-12"))
    same(bars(opened("segments", measure=label))["value"], answer[MEASURES[label]])


def test_bars_follow_the_window(book):
    app = opened("segments", book)
    app.selectbox(key="window").select("3 months").run()
    assert bars(app).set_index("segment")["value"].to_dict() == {
        "APAC": pytest.approx(170 / 270), "EMEA": pytest.approx(210 / 160),
    }  # fmt: skip


def test_bars_are_narrowed_by_a_segment(book):
    drawn = bars(opened("segments", book, f_plan="Pro")).set_index("segment")
    assert drawn["value"].to_dict() == {"APAC": 1.0, "EMEA": 1.5}


def test_arr_multiplies_the_base_only(book):
    mrr, arr = bars(opened("segments", book)), bars(opened("segments", book, unit="ARR"))
    same(arr["opening_mrr"], mrr["opening_mrr"] * 12)
    same(arr["value"], mrr["value"])


def test_fiscal_quarters_move_with_the_fiscal_year(book):
    app = opened("segments", book, window="Fiscal quarter", fy="February")
    answer = expected(nrr.retention(book, window="quarter", by="region", close="2025-10", fiscal_start=2))
    same(bars(app)["value"], answer["nrr"])


def test_a_clicked_bar_opens_the_accounts_of_the_segment(book):
    app = clicked(opened("segments", book), "bars", segment="APAC")
    assert "APAC: 3 accounts" in [plain(one.value) for one in app.header]
    assert set(table_with(app, "account_id", "state")["account_id"]) == {"C", "D", "E"}


def test_a_segment_that_another_attribute_does_not_have_opens_nothing(book):
    app = opened("segments", book)
    app.session_state["bars"] = {"selection": {"pick": [{"segment": "APAC"}]}}
    app.selectbox(key="by").select("plan").run()
    assert not app.error
    assert not [one for one in app.header if "APAC" in one.value]


def test_the_folded_rest_opens_nothing():
    app = clicked(opened("segments"), "bars", segment="(other)")
    assert not app.error


def test_matrix_is_the_answer_by_both_attributes(sample):
    drawn = plotted(opened("segments", by="plan", by2="region"), "cells", "columns").set_index(["row", "column"])
    answer = nrr.retention(sample, window=12, by=["plan", "region"], close="2025-12")
    inner = answer[(answer["segment"] != "(all)") & (answer["opening_accounts"] > 0)].set_index(["segment", "segment_2"])
    assert set(inner.index) <= set(drawn.index)
    same(drawn.loc[list(inner.index), "value"], inner["nrr"])
    same(drawn.loc[list(inner.index), "accounts"], inner["opening_accounts"])


def test_a_clicked_matrix_cell_opens_the_accounts_of_both(book):
    app = clicked(opened("segments", book), "matrix", row="APAC", column="Pro")
    assert set(table_with(app, "account_id", "state")["account_id"]) == {"D", "E"}


def test_the_matrix_never_crosses_an_attribute_with_itself(book):
    app = opened("segments", book)
    assert app.selectbox(key="by").value not in app.selectbox(key="by2").options


def test_choosing_the_second_attribute_first_keeps_the_page_whole(book):
    app = opened("segments", book, by="region", by2="plan")
    app.selectbox(key="by").select("plan").run()
    assert not app.error
    assert app.selectbox(key="by2").value == "region"


def test_small_charts_are_the_answer_over_time(sample):
    drawn = plotted(opened("segments"), "own", "context").sort_values("month")
    segment = drawn["segment"].iloc[0]
    answer = nrr.retention(sample, window=12, by="plan")
    same(drawn["value"], answer[answer["segment"] == segment]["nrr"])


def test_no_attribute_means_a_sentence(bare):
    assert "no attributes to compare" in opened("segments", bare).info[0].value


def test_table_is_the_answer(book):
    shown = table_with(opened("segments", book), "segment", "nrr")
    answer = nrr.retention(book, window=12, by="region", close="2025-12")
    assert set(shown["segment"]) == set(answer["segment"])
    same(shown.sort_values("segment")["nrr"], answer.sort_values("segment")["nrr"] * 100)
