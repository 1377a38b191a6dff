"""Scenarios: levers, decisions, goals and comparison; what is saved, shared, exported and imported."""

import json
from dataclasses import replace

import pytest
from face import cards, headline, opened, plain, plotted, press, table_with, turned, unbroken

from nrr_core.explain import scenario_finding
from nrr_core.scenarios import Decision, Lever, Scenario, from_json, project, save, seek, side_by_side, to_json, tornado
from nrr_core.schema import UNIT
from pages.ui import backend
from pages.ui.desk import Desk
from qa.face import making

pytestmark = pytest.mark.usefixtures("own_store")
SECTIONS = ("Result", "Decisions", "Goal seek", "Sensitivity", "Compare")
HALF = Scenario(levers=(Lever("churn", -0.5),))


def scenarios(data=None, scenario=None, **query):
    """The page, with a scenario on the desk."""
    app = opened("scenarios", data, **query)
    if scenario is not None:
        app.session_state["kept_desk"] = Desk(scenario, turn=1)
        unbroken(app.run())
    return app


def on_desk(app):
    return app.session_state["kept_desk"].scenario


def said(elements):
    return [plain(one.value) for one in elements]


def badges(app):
    return " ".join(plain(one.value) for one in app.markdown if "badge" in one.value or "Saved" in one.value or "Not saved" in one.value)


def told(data, scenario):
    return scenario_finding(project(data, scenario), currency="$")


def added(app, kind="churn"):
    app.button(key=f"add_{kind}").click()
    return unbroken(app.run())


def moved(app, value, key="lv_0_0"):
    app.number_input(key=f"{key}_type").set_value(value)
    return unbroken(app.run())


# It opens ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("fixture", ["book", "bare", "emptied", "late"])
def test_every_section_opens_on_thin_data(fixture, section, request):
    app = scenarios(request.getfixturevalue(fixture), section=section)
    assert not app.error
    assert headline(app)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_on_the_sample(section):
    app = scenarios(section=section)
    assert not app.error
    assert headline(app).startswith("If the last 12 months go on, NRR is")


def test_one_month_of_data_is_a_sentence(one_month):
    app = scenarios(one_month)
    assert said(app.error) == [
        "Nobody paid before 2025-01 in this selection, so there are no rates to carry forward. Remove a filter, or upload more months."
    ]


def test_where_everybody_left_the_headline_says_so(emptied):
    assert headline(scenarios(emptied)) == "Nobody pays in Feb 2025, so there is no NRR to look forward to"


def test_where_everybody_left_there_is_nothing_to_aim_at(emptied):
    assert any("no NRR to aim at" in text for text in said(scenarios(emptied, section="Goal seek").info))


def test_a_filter_that_leaves_nobody_is_a_sentence(late):
    app = scenarios(late, f_region="APAC")
    assert "so there are no rates to carry forward" in said(app.error)[0]


@pytest.mark.parametrize("section", SECTIONS)
def test_the_address_opens_a_section(book, section):
    assert scenarios(book, section=section).segmented_control(key="section").value == section


def test_an_unknown_section_in_the_address_is_dropped(book):
    app = scenarios(book, section="Nowhere")
    assert app.segmented_control(key="section").value == "Result"
    assert "section" not in app.query_params


# Levers -----------------------------------------------------------------------------------------------------------------------------


def test_the_baseline_is_the_library_s(book):
    app = scenarios(book)
    found = project(book, Scenario())
    assert headline(app) == told(book, Scenario())
    assert cards(app)["NRR"] == f"{found.period['nrr'].iloc[-1]:.1%}"


def test_a_lever_changes_the_headline_to_the_library_s(book):
    app = moved(added(scenarios(book)), -50.0)
    assert on_desk(app).levers == HALF.levers
    assert headline(app) == told(book, HALF)
    assert "lifts NRR" in headline(app)


@pytest.mark.parametrize(
    ("kind", "typed", "change"),
    [("churn", 25.0, 0.25), ("contraction", -100.0, -1.0), ("expansion", 40.0, 0.4), ("price", 2.5, 0.025), ("win_back", 10.0, 0.1)],
)
def test_every_lever_is_added_and_moved(book, kind, typed, change):
    app = moved(added(scenarios(book), kind), typed)
    (lever,) = on_desk(app).levers
    assert (lever.kind, lever.change) == (kind, pytest.approx(change))
    assert headline(app) == told(book, on_desk(app))


def test_the_slider_moves_the_number_and_the_number_the_slider(book):
    app = added(scenarios(book))
    app.slider(key="lv_0_0_slide").set_value(-35.0)
    assert unbroken(app.run()).number_input(key="lv_0_0_type").value == -35.0
    assert on_desk(app).levers[0].change == -0.35
    assert moved(app, -60.0).slider(key="lv_0_0_slide").value == -60.0


def test_a_number_beyond_the_slider_counts_and_the_slider_stays_at_its_end(book):
    app = moved(added(scenarios(book)), 250.0)
    assert app.slider(key="lv_0_0_slide").value == 100.0
    assert on_desk(app).levers[0].change == 2.5


def test_a_removed_lever_takes_its_effect_along(book):
    app = moved(added(scenarios(book)), -50.0)
    press(app, "Remove")
    assert on_desk(app).levers == ()
    assert headline(app) == told(book, Scenario())


def test_removing_the_first_of_two_levers_keeps_the_second_as_it_was(book):
    app = scenarios(book, Scenario(levers=(Lever("churn", -0.5), Lever("price", 0.03))))
    press(app, "Remove")
    assert on_desk(app).levers == (Lever("price", 0.03),)
    assert app.number_input(key="lv_2_0_type").value == pytest.approx(3.0)


def test_the_horizon_reaches_further(book):
    app = scenarios(book)
    app.selectbox(key="sc_0_horizon").select(3)
    assert headline(unbroken(app.run())) == told(book, Scenario(horizon=3))
    assert headline(app).endswith("by Mar 2026")


def test_the_baseline_s_months_and_segments_are_chosen(book):
    app = scenarios(book)
    app.selectbox(key="sc_0_months").select(6)
    app.selectbox(key="sc_0_by").select("plan")
    assert headline(unbroken(app.run())) == told(book, Scenario(months=6, by="plan"))


def test_the_effects_are_the_library_s(book):
    scenario = Scenario(levers=(Lever("churn", -0.5), Lever("expansion", 0.2)))
    shown = plotted(scenarios(book, scenario), "steps", "ticks")
    assert shown["step"].tolist() == project(book, scenario).effects["step"].tolist()


def test_the_months_table_is_the_library_s(book):
    shown = table_with(scenarios(book, HALF), "scenario_nrr", "baseline_nrr")
    expected = side_by_side(project(book, HALF))
    assert shown["scenario_mrr"].astype(float).tolist() == expected["scenario_mrr"].astype(float).tolist()


def test_a_scenario_survives_a_visit_to_another_page(book):
    app = moved(added(scenarios(book)), -50.0)
    again = turned(turned(app, "overview"), "scenarios")
    assert headline(again) == told(book, HALF)


def test_a_lever_on_a_segment_that_is_not_here_is_told_and_kept(book):
    app = scenarios(book, Scenario(levers=(Lever("churn", -0.5, where=(("plan", ("Max",)),)),)))
    assert any("Max" in text for text in [*said(app.warning), *said(app.error)])
    assert on_desk(app).levers[0].where == (("plan", ("Max",)),)


def test_a_target_is_kept_and_its_chance_told(book):
    app = scenarios(book, HALF, range="true")
    app.number_input(key="sc_1_target").set_value(50.0)
    unbroken(app.run())
    assert on_desk(app).target == 0.5
    assert any("NRR reaches 50.0% by Dec 2026 in" in text for text in said(app.markdown))


# Saving and sharing -----------------------------------------------------------------------------------------------------------------


def kept(app, name="Mine"):
    app.text_input(key=next(one.key for one in app.text_input if one.key.startswith("save_name_"))).set_value(name)
    app.button(key="save_new").click()
    return unbroken(app.run())


def stored():
    store = backend.store()
    me = store.people.local
    return store.documents.listed(me, me.memberships[0].workspace_id, "scenario")


def test_a_saved_scenario_has_a_badge_and_an_address(book):
    app = kept(moved(added(scenarios(book)), -50.0))
    (document,) = stored()
    assert document.name == "Mine"
    assert app.query_params["scenario"] in (document.id, [document.id])
    assert "Saved, version 1" in badges(app)


def test_what_is_not_saved_says_so(book):
    app = added(scenarios(book))
    assert "Not saved" in badges(app)
    assert "Changed since it was saved" in badges(moved(kept(app), 10.0))


def test_another_session_with_the_address_sees_the_same(book):
    app = kept(moved(added(scenarios(book)), -50.0))
    other = opened("scenarios", book, scenario=stored()[0].id)
    assert headline(other) == headline(app) == told(book, HALF)
    assert on_desk(other).levers == HALF.levers


def test_a_scenario_without_a_name_is_not_saved(book):
    app = kept(added(scenarios(book)), "   ")
    assert "Give the scenario a name first." in said(app.warning)
    assert stored() == []


def test_an_address_of_no_scenario_is_told_and_dropped(book):
    app = opened("scenarios", book, scenario="nowhere")
    assert any("can't be opened" in text for text in said(app.warning))
    assert "scenario" not in app.query_params
    assert headline(app) == told(book, Scenario())


def test_two_who_save_over_one_version_both_keep_theirs(book):
    first = kept(moved(added(scenarios(book)), -50.0))
    second = opened("scenarios", book, scenario=stored()[0].id)
    for app, change in ((first, -20.0), (second, -80.0)):
        moved(app, change, key=next(one.key for one in app.number_input if one.key.endswith("_type"))[: -len("_type")])
        app.button(key="save_over").click()
        unbroken(app.run())
    assert any("was saved by somebody else" in text for text in said(second.warning))
    assert from_json(json.dumps({k: v for k, v in stored()[0].body.items() if k != "made_on"})).levers[0].change == pytest.approx(-0.2)
    assert on_desk(second).levers[0].change == pytest.approx(-0.8)
    kept(second, "Theirs")
    assert [one.name for one in stored()] == ["Mine", "Theirs"]


def test_a_viewer_saves_nothing_and_may_still_look(book):
    store = backend.store()
    me = store.people.local
    vars(store.people)["local"] = replace(me, memberships=tuple(replace(one, role="viewer") for one in me.memberships))
    app = moved(added(scenarios(book)), -50.0)
    assert headline(app) == told(book, HALF)
    assert any("Your role here is viewer" in text for text in said(app.caption))
    assert [one.label for one in app.button if one.key in {"save_new", "save_over"}] == []


def test_starting_over_leaves_the_baseline_and_its_address(book):
    app = kept(moved(added(scenarios(book)), -50.0))
    press(app, "Start over")
    assert headline(app) == told(book, Scenario())
    assert "scenario" not in app.query_params


# Files ------------------------------------------------------------------------------------------------------------------------------


def given(app, content, kind="scenario_file_"):
    key = next(one.key for one in app.file_uploader if one.key.startswith(kind))
    app.file_uploader(key=key).upload("given." + ("json" if kind.startswith("scenario") else "csv"), content)
    return unbroken(app.run())


def test_a_file_replaces_what_is_on_the_desk(book):
    scenario = Scenario(levers=(Lever("churn", -0.5), Lever("price", 0.03, start="2026-03")), horizon=9, months=6, by="plan", name="Plan")
    app = given(scenarios(book), to_json(scenario))
    assert on_desk(app) == scenario
    assert headline(app) == told(book, scenario)


def test_what_is_exported_is_read_again(book):
    with making() as made:
        app = scenarios(book, HALF.replaced(name="Half"))
        button = next(one.proto for one in app.get("download_button") if one.proto.label == "Export as JSON")
        content = made[button.deferred_file_id or button.url]()
    assert from_json(content) == HALF.replaced(name="Half")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"lever": []}', b'{"levers": [{"kind": "churn", "start": "soon"}]}', b'{"horizon": NaN}']
)
def test_a_bad_file_says_why_and_leaves_the_last_scenario_on_screen(book, content):
    app = given(scenarios(book, HALF), content)
    assert len(app.error) == 1
    assert on_desk(app) == HALF
    assert headline(app) == told(book, HALF)


@pytest.mark.parametrize("body", [{"contracts": "plan"}, {"levers": [{"kind": "churn", "change": -1, "where": {"planet": ["Mars"]}}]}])
def test_a_file_made_for_other_data_leaves_the_last_answer_on_screen(book, body):
    app = given(scenarios(book, HALF), json.dumps(body).encode())
    assert app.error or app.warning
    assert headline(app) == told(book, HALF)


# Decisions, goals, comparison -------------------------------------------------------------------------------------------------------


def test_decisions_from_a_file_override_the_rates(book):
    app = given(scenarios(book, section="Decisions"), b"account,action,to,probability\nA,lose,,50%\nB,grow,90,\n", kind="decisions_file")
    decisions = (Decision("A", "lose", probability=0.5), Decision("B", "grow", to=90 * UNIT))
    assert on_desk(app).decisions == decisions
    assert headline(app) == told(book, Scenario(decisions=decisions))


def test_a_bad_file_of_decisions_says_why_and_changes_nothing(book):
    app = given(scenarios(book, HALF, section="Decisions"), b"who,what\nA,lose\n", kind="decisions_file")
    assert any("The file has no column “account”" in text for text in said(app.error))
    assert on_desk(app) == HALF


def test_bad_rows_of_a_file_are_told(book):
    app = given(scenarios(book, section="Decisions"), b"account,action\nA,lose\nB,fire\n", kind="decisions_file")
    assert on_desk(app).decisions == (Decision("A", "lose"),)
    assert any("Row 2" in text for text in [*said(app.error), *said(app.warning), *said(app.info), *said(app.caption)])


@pytest.mark.parametrize("shown", ["Largest accounts", "Decided so far"])
def test_every_list_of_accounts_opens(book, shown):
    app = scenarios(book, section="Decisions")
    app.selectbox(key="decide_from").select(shown)
    assert not unbroken(app.run()).error


def test_decisions_stay_when_another_list_is_shown(book):
    scenario = Scenario(decisions=(Decision("A", "lose", probability=0.5),))
    app = scenarios(book, scenario, section="Decisions")
    for shown in ("Decided so far", "Largest accounts"):
        app.selectbox(key="decide_from").select(shown)
        assert on_desk(unbroken(app.run())).decisions == scenario.decisions


def test_an_account_that_is_not_here_is_noted(book):
    app = scenarios(book, Scenario(decisions=(Decision("Nobody", "lose"),)))
    assert any("“Nobody” is not in this data any more" in text for text in said(app.warning))


def test_goal_seek_puts_an_answer_into_the_scenario_that_reaches_the_target(book):
    app = scenarios(book, section="Goal seek")
    app.number_input(key="goal").set_value(85.0)
    unbroken(app.run())
    expected = seek(book, Scenario(), Lever("churn", 0.0), target=0.85)
    assert any(text == expected.text for text in said(app.info))
    app.button(key="seek_apply").click()
    unbroken(app.run())
    assert on_desk(app) == expected.scenario
    assert "to 85.0% by Dec 2026" in headline(app)


def test_accounts_to_keep_are_put_into_the_scenario(book):
    app = scenarios(book, section="Goal seek")
    app.number_input(key="goal").set_value(85.0)
    unbroken(app.run())
    app.button(key="save_apply").click()
    unbroken(app.run())
    expected = save(book, Scenario(), target=0.85)
    assert on_desk(app) == expected.scenario
    assert headline(app) == told(book, expected.scenario)


def test_a_goal_may_be_named_for_a_month_and_a_segment(book):
    app = scenarios(book, section="Goal seek")
    app.selectbox(key="goal_by").select("2026-06")
    assert any("Jun 2026" in text for text in said(unbroken(app.run()).info))


def test_sensitivity_names_every_lever(book):
    app = scenarios(book, section="Sensitivity")
    shown = table_with(app, "lever", "swing")
    assert shown["lever"].tolist() == tornado(book, Scenario())["lever"].tolist()


def test_a_saved_scenario_is_compared(book):
    app = kept(moved(added(scenarios(book, section="Compare")), -50.0))
    app.pills(key="compare").set_value(["Baseline", "Mine (saved)"])
    unbroken(app.run())
    assert any("Mine ends at NRR" in text and "against Baseline" in text for text in said(app.markdown))
    assert any("Lever added: Churn −50%" in text for text in said(app.markdown))


def test_the_comparison_follows_the_levers(book):
    """The same two names, another change: no table of before is shown."""
    app = moved(scenarios(book, HALF, section="Compare"), -50.0, key="lv_1_0")
    for change in (-50.0, -20.0):
        shown = table_with(moved(app, change, key="lv_1_0"), "scenario", "nrr_difference")
        found = project(book, Scenario(levers=(Lever("churn", change / 100),))).period
        assert float(shown["nrr"].iloc[1]) / 100 == pytest.approx(float(found["nrr"].iloc[1]))


def test_the_accounts_to_keep_follow_the_target(book):
    """One account either way, but not the same NRR with other levers."""
    app = scenarios(book, HALF, section="Goal seek")
    for change in (-50.0, 20.0):
        moved(app, change, key="lv_1_0")
        app.number_input(key="goal").set_value(93.0)
        shown = table_with(unbroken(app.run()), "gain_mrr")
        expected = save(book, on_desk(app), target=0.93).accounts
        assert shown["gain_mrr"].astype(float).tolist() == expected["gain_mrr"].astype(float).tolist()


def test_one_scenario_alone_is_nothing_to_compare(book):
    app = scenarios(book, section="Compare")
    app.pills(key="compare").set_value(["Baseline"])
    assert any("Choose at least two" in text for text in said(unbroken(app.run()).info))


def test_decisions_survive_a_look_at_another_section(book):
    """The grid was drawn before there were decisions; its editor forgets what was typed while another section is shown."""
    app = opened("scenarios", book, section="Decisions")
    app.segmented_control(key="section").set_value("Result")
    unbroken(app.run())
    decided = (Decision("A", "lose"), Decision("D", "renew", probability=0.5))
    app.session_state["kept_desk"] = Desk(Scenario(decisions=decided))
    unbroken(app.run())
    app.segmented_control(key="section").set_value("Decisions")
    unbroken(app.run())
    unbroken(app.run())
    assert set(app.session_state["kept_desk"].scenario.decisions) == set(decided)


def test_an_opened_scenario_brings_its_own_target(book):
    """A field that was typed into before keeps nothing of it."""
    app = opened("scenarios", book)
    app.number_input(key="sc_0_target").set_value(120.0)
    unbroken(app.run())
    assert on_desk(app).target == 1.2
    app.session_state["kept_desk"] = Desk(Scenario(target=0.9), turn=1)
    unbroken(app.run())
    assert app.number_input(key="sc_1_target").value == 90.0
    assert on_desk(app).target == 0.9
