"""Definitions: what is shown comes from where it is computed."""

import pytest
from face import EXPLORING, cards, headline, opened, plain, plotted, press, table_with, turned

import nrr_core as nrr
from nrr_core import METRICS, PRESETS, STANDARD, Definition
from nrr_core.definition import KNOBS
from nrr_core.examples import worked
from nrr_core.formats import percent_text
from nrr_core.model.statements import STATEMENTS, text
from nrr_core.presets import code_of


def code(app):
    return [one.value.strip() for one in app.code]


def said(app):
    return plain(" ".join(one.value for one in (*app.markdown, *app.caption)))


def test_every_metric_is_shown_with_its_formula():
    shown = code(opened("definitions", part="Metrics"))
    assert all(metric.formula in shown for metric in METRICS.values())


def test_every_metric_is_shown_with_its_meaning_and_source():
    shown = said(opened("definitions", part="Metrics"))
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


def test_every_knob_has_a_control():
    app = opened("definitions")
    labels = {one.label for one in (*app.selectbox, *app.number_input, *app.get("button_group"))}
    assert {knob.label for knob in KNOBS} <= labels


def test_card_carries_the_hash():
    assert STANDARD.short_hash in said(opened("definitions"))


def test_chosen_statement_is_the_text_that_runs():
    app = opened("definitions", part="Statements")
    for name in ("base", "kept"):
        app.selectbox(key="statement").select(name).run()
        assert text(name).strip() in code(app)


def test_every_statement_can_be_chosen():
    assert set(opened("definitions", part="Statements").selectbox(key="statement").options) == set(STATEMENTS)


def test_a_statement_comes_with_the_address():
    assert text("kept").strip() in code(opened("definitions", part="Statements", statement="kept"))


def chosen(app, label):
    return next(one for one in app.selectbox if one.label == label)


def test_a_knob_that_is_turned_shows_what_it_gives_before_it_is_used(book):
    app = opened("definitions", book)
    before = cards(app)["NRR"]
    chosen(app, "Returns").select("all").run()
    want = nrr.retention(book, card=Definition(returns="all"), close=book.months[-1]).nrr.iloc[0]
    assert cards(app)["NRR"] == f"{want * 100:.1f}%"
    assert cards(turned(app, "overview"))["NRR"] == before, "nothing is in force yet"


def test_a_card_that_is_used_holds_on_every_page_and_stands_in_the_address(sample):
    app = opened("definitions", part="Conventions")
    app.button(key="preset_chained-monthly").click().run()
    assert "chained-monthly" in app.query_params["card"]
    want = nrr.retention(sample, card=PRESETS["chained-monthly"].card, close="2025-12").nrr.iloc[0]
    assert cards(turned(app, "overview"))["NRR"] == f"{want * 100:.1f}%"
    assert any("Monthly values multiplied" in one.value for one in app.caption)


def test_a_card_comes_with_the_address(sample):
    card = Definition(family="movements", population="all", returns="all")
    want = nrr.retention(sample, card=card, close="2025-12").nrr.iloc[0]
    assert cards(opened("overview", card=code_of(card)))["NRR"] == f"{want * 100:.1f}%"
    own = Definition(returns="all", min_opening_mrr=1_000_000)
    want = nrr.retention(sample, card=own, close="2025-12").nrr.iloc[0]
    assert cards(opened("overview", card=code_of(own)))["NRR"] == f"{want * 100:.1f}%"


def test_what_is_no_card_in_the_address_is_said_and_the_standard_holds(sample):
    app = opened("overview", card="family:magic")
    assert "not a value of family" in plain(app.warning[0].value)
    want = nrr.retention(sample, close="2025-12").nrr.iloc[0]
    assert cards(app)["NRR"] == f"{want * 100:.1f}%"


def test_back_to_the_standard_takes_the_card_out_of_the_address():
    app = opened("overview", card="chained-monthly")
    app.button(key="card_back").click().run()
    assert "card" not in app.query_params


@pytest.mark.parametrize("page", EXPLORING)
@pytest.mark.parametrize(
    "name", [*PRESETS, "family:renewal_base", "gap_months:2,segment_as_of:latest", "segment_as_of:close,min_opening_mrr:5000000"]
)
def test_every_page_works_under_every_card(page, name):
    app = opened(page, card=name)
    assert not app.exception
    assert not [one for one in app.error if "renewal_base" not in name or "renewal" not in plain(one.value)]


def test_the_reconciler_draws_every_step_and_lists_its_accounts(sample):
    app = opened("definitions", part="Reconcile")
    found = nrr.reconcile(sample, PRESETS["standard"].card, PRESETS["movements-all-with-returns"].card, close="2025-12")
    drawn = plotted(app, "steps")
    assert drawn["label"].tolist() == ["From", "Family", "Population", "Returns", "To"]
    shown = table_with(app, "Account", "Part of NRR, points")
    assert shown["Account"].tolist() == list(found.steps[0].effects)[:200]
    app.selectbox(key="rec_step").select(3).run()
    assert table_with(app, "Account", "Part of NRR, points")["Account"].tolist() == list(found.steps[2].effects)[:200]
    app.selectbox(key="rec_to").select("In force").run()
    assert "same definition" in plain(" ".join(one.value for one in app.header))


@pytest.mark.parametrize("knob", [knob.label for knob in KNOBS])
def test_every_knob_is_explained_with_its_example_and_the_data_on_screen(knob):
    app = opened("definitions", part="Knobs", knob=knob)
    assert not app.error
    _, example, own = code(app)
    name = next(one.name for one in KNOBS if one.label == knob)
    for row in worked(name).itertuples():
        assert f"{row.working}\n  = {percent_text(row.nrr)}, GRR {percent_text(row.grr)}" in example
    shown = plotted(app, "dots")
    assert not shown.empty
    assert own.count("\n  = ") == len(shown)
    assert code(app)[0].splitlines()[1].strip("= ") in own, "the card in force is one of the values, with the same calculation"


def test_a_card_is_saved_by_name_and_opened_again(own_store):
    app = opened("definitions")
    chosen(app, "Returns").select("all").run()
    app.text_input(key="card_name").input("What finance publishes").run()
    press(app, "Save")
    again = opened("definitions")
    chosen(again, "Start from").select("What finance publishes (saved)").run()
    assert chosen(again, "Returns").value == "all"
