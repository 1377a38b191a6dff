"""Definitions: what is shown comes from where it is computed."""

from face import headline, opened, plain, table_with

import nrr_core as nrr
from nrr_core import METRICS, STANDARD
from nrr_core.model.statements import STATEMENTS, text


def code(app):
    return [one.value.strip() for one in app.code]


def said(app):
    return plain(" ".join(one.value for one in (*app.markdown, *app.caption)))


def test_every_metric_is_shown_with_its_formula():
    shown = code(opened("definitions"))
    assert all(metric.formula in shown for metric in METRICS.values())


def test_every_metric_is_shown_with_its_meaning_and_source():
    shown = said(opened("definitions"))
    for metric in METRICS.values():
        assert metric.meaning in shown
        assert metric.source in shown


def test_worked_example_is_the_nrr_of_the_data_on_screen(book):
    app = opened("definitions", book)
    assert headline(app).startswith("NRR of this data is 77.5%")
    assert any("($400 + $50 − $40 − $100) ÷ $400" in one for one in code(app))


def test_worked_example_of_the_sample_ends_in_its_nrr(sample):
    rate = nrr.retention(sample, window=12, close="2025-12")["nrr"].iloc[0]
    assert any(f"= {rate * 100:.1f}%" in one for one in code(opened("definitions")))


def test_card_shows_every_knob_of_the_standard():
    shown = table_with(opened("definitions"), "Knob", "Value")
    assert set(shown["Knob"]) == {name.replace("_", " ") for name in STANDARD.as_dict()}


def test_card_carries_the_hash():
    assert STANDARD.short_hash in said(opened("definitions"))


def test_chosen_statement_is_the_text_that_runs():
    app = opened("definitions")
    for name in ("base", "kept"):
        app.selectbox(key="statement").select(name).run()
        assert text(name).strip() in code(app)


def test_every_statement_can_be_chosen():
    assert set(opened("definitions").selectbox(key="statement").options) == set(STATEMENTS)


def test_a_statement_comes_with_the_address():
    assert text("kept").strip() in code(opened("definitions", statement="kept"))
