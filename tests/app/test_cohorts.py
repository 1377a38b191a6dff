"""Cohorts: cells are the library's, by any cadence, measure and group; a click opens the accounts."""

import pytest
from face import clicked, opened, plain, plotted, same, table_with

import nrr_core as nrr

MEASURES = {"NRR": "nrr", "GRR": "grr", "Logo retention": "logo_retention"}


def cells(app):
    drawn = plotted(app, "cells", "rows", "ages")
    return drawn.sort_values(["cohort", "age"]).reset_index(drop=True)


def expected(frame, measure="nrr"):
    known = frame[frame[measure].notna()]
    return known.sort_values(["cohort", "age"]).reset_index(drop=True)


@pytest.mark.parametrize("cadence", ["Month", "Quarter", "Year"])
def test_cells_are_the_answer_at_every_cadence(sample, cadence):
    drawn = cells(opened("cohorts", cadence=cadence))
    answer = expected(nrr.cohorts(sample, cadence=cadence.lower()))
    assert list(zip(drawn["cohort"], drawn["age"], strict=True)) == list(zip(answer["cohort"], answer["age"], strict=True))
    same(drawn["value"], answer["nrr"])
    same(drawn["accounts"], answer["accounts"])


@pytest.mark.parametrize("label", MEASURES)
def test_cells_follow_the_measure(sample, label):
    drawn = cells(opened("cohorts", cohort_measure=label))
    same(drawn["value"], expected(nrr.cohorts(sample, cadence="quarter"), MEASURES[label])[MEASURES[label]])


def test_cells_by_attribute_are_the_answer(sample):
    drawn = cells(opened("cohorts", cohort_by="region"))
    answer = expected(nrr.cohorts(sample, cadence="quarter", by="region"))
    assert drawn["cohort"].tolist() == answer["cohort"].tolist()
    same(drawn["value"], answer["nrr"])


def test_cells_are_narrowed_by_a_segment(sample):
    drawn = cells(opened("cohorts", f_region="EMEA"))
    same(drawn["value"], expected(nrr.cohorts(sample, cadence="quarter", where={"region": ["EMEA"]}))["nrr"])


def test_fiscal_year_start_moves_the_cohorts(sample):
    drawn = cells(opened("cohorts", fy="February"))
    answer = expected(nrr.cohorts(sample, cadence="quarter", fiscal_start=2))
    assert drawn["cohort"].tolist() == answer["cohort"].tolist()
    assert any(name.startswith("FY") for name in drawn["cohort"])
    same(drawn["value"], answer["nrr"])


def test_arr_multiplies_the_opening_only():
    mrr, arr = cells(opened("cohorts")), cells(opened("cohorts", unit="ARR"))
    same(arr["opening_mrr"], mrr["opening_mrr"] * 12)
    same(arr["value"], mrr["value"])


def test_there_is_no_window_to_choose():
    assert "window" not in [one.key for one in opened("cohorts").selectbox]


def test_a_clicked_cell_opens_the_cohort_s_accounts(sample):
    app = clicked(opened("cohorts"), "heatmap", cohort="2024-Q1", age=2)
    assert "2024-Q1, 2 quarters on" in plain(app.header[1].value)
    people = table_with(app, "account_id", "state")
    assert set(people["first_paid"]) <= {"2024-01", "2024-02", "2024-03"}
    answer = nrr.cohorts(sample, cadence="quarter").set_index(["cohort", "age"]).loc[("2024-Q1", 2)]
    assert people["closing_mrr"].sum() == pytest.approx(float(answer["mrr"]))
    assert people["opening_mrr"].sum() == pytest.approx(float(answer["opening_mrr"]))


@pytest.mark.parametrize("age", [0, 1, 11])
def test_a_clicked_average_cell_opens_accounts(age):
    app = clicked(opened("cohorts"), "heatmap", cohort="(all)", age=age)
    assert plain(app.header[1].value).startswith("All cohorts, last")


def test_a_clicked_segment_row_opens_that_segment_s_accounts():
    app = clicked(opened("cohorts", cohort_by="region"), "heatmap", cohort="EMEA", age=4)
    assert set(table_with(app, "account_id", "region")["region"]) == {"EMEA"}


def test_a_cell_of_another_cadence_does_not_break_the_page():
    app = opened("cohorts")
    app.session_state["heatmap"] = {"selection": {"pick": [{"cohort": "2024-Q1", "age": 2}]}}
    app.get("segmented_control")[1].set_value("Year").run()
    assert not app.error


def test_table_is_the_answer(sample):
    shown = table_with(opened("cohorts"), "cohort", "age", "nrr")
    answer = nrr.cohorts(sample, cadence="quarter")
    assert shown["cohort"].tolist() == answer["cohort"].tolist()
    same(shown["nrr"], answer["nrr"] * 100)
