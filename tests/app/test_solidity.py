"""Whether to believe it: bands, whiskers, targets, the alarm and fragility on the pages are the library's answers."""

from dataclasses import replace

import pytest
from face import clicked, headline, opened, plain, plotted, press, same, table_with, turned, unbroken

import nrr_core as nrr
from nrr_core import explain
from nrr_core.definition import Definition
from nrr_core.presets import code_of
from nrr_core.selection import Selection
from nrr_core.targets import Targets
from pages.ui import backend, solidity
from pages.ui.view import View

pytestmark = pytest.mark.usefixtures("own_store")


def kept():
    """The workspace's only document of targets."""
    store = backend.store()
    me = store.people.local
    (document,) = store.documents.listed(me, me.memberships[0].workspace_id, "targets")
    return document


def keep(targets):
    store = backend.store()
    me = store.people.local
    body = targets.as_dict() if isinstance(targets, Targets) else targets
    store.documents.create(me, me.memberships[0].workspace_id, "targets", "Targets", body)


def said(app):
    return plain(" ".join(one.value for one in (*app.markdown, *app.caption, *app.warning, *app.success, *app.info)))


def test_the_band_around_nrr_is_the_library_s_interval(sample):
    points = plotted(opened("overview"), "points", "months")
    own = points[points["series"] == "nrr"].sort_values("month")
    answer = explain.intervals(sample, window=12)
    wanted = answer[(answer["measure"] == "nrr") & answer["value"].notna()]
    same(own["lower"], wanted["low"])
    same(own["upper"], wanted["high"])
    assert points[points["series"] != "nrr"]["lower"].isna().all()


def test_the_interval_is_said_in_words_of_the_close_on_screen(sample):
    for close in ("2025-12", "2025-06"):
        row = explain.intervals(sample, window=12, close=close).iloc[0]
        low, high = (f"{value * 100:.1f}%" for value in (row["low"], row["high"]))
        assert f"NRR would likely lie between {low} and {high}" in said(opened("overview", asof=close))


def test_whiskers_are_the_library_s_intervals(sample):
    drawn = plotted(opened("segments", by="plan", measure="GRR"), "bars", "rows", "total").sort_values("segment")
    answer = explain.intervals(sample, window=12, by="plan", close="2025-12")
    wanted = answer[(answer["measure"] == "grr") & (answer["segment"] != "(all)")].sort_values("segment")
    same(drawn["lower"], wanted["low"])
    same(drawn["upper"], wanted["high"])


def test_small_bases_are_grey(book):
    assert set(plotted(opened("segments", book), "bars", "rows", "total")["kind"]) == {"small"}


def test_whether_the_farthest_segments_differ_by_luck_is_said(sample):
    answer = nrr.retention(sample, window=12, by="plan", close="2025-12")
    low, high = explain.farthest(answer)
    apart = explain.intervals(sample, window=12, by="plan", close="2025-12", against=low)
    told = explain.difference_finding(apart, low=low, high=high)
    assert told in said(opened("segments", by="plan"))
    assert "more than luck" in told


def test_fragility_is_the_library_s(sample):
    app = opened("segments", by="plan", show="Fragility")
    answer = explain.fragility(sample, window=12, close="2025-12")
    assert headline(app) == explain.fragility_finding(answer)
    drawn = plotted(app, "bars", "rows", "total")
    same(drawn["value"], answer["value"].head(5))
    same(drawn["accounts"], answer["accounts"].head(5))
    people = table_with(app, "account_id", "change_mrr")
    same(
        people["change_mrr"].head(10),
        nrr.accounts(sample, window=12, close="2025-12", state=explain.STATES_BEHIND["opening"], limit=10)["change_mrr"],
    )


def test_fragility_follows_the_filter(book):
    assert "NRR is 125.0%" in headline(opened("segments", book, show="Fragility", f_plan="Pro"))


def test_the_section_is_in_the_address_and_back(sample):
    app = opened("segments", by="plan", show="Fragility")
    assert app.query_params["show"] == "Fragility"
    app.segmented_control(key="show").set_value("Compare")
    assert "lowest NRR" in headline(unbroken(app.run()))
    app.segmented_control(key="show").set_value("Fragility")
    assert "without the 5 accounts" in headline(unbroken(app.run()))


@pytest.mark.parametrize("fixture", ["emptied", "late", "bare"])
@pytest.mark.parametrize("show", ["Compare", "Fragility"])
def test_thin_data_is_no_error(fixture, show, request):
    app = opened("segments", request.getfixturevalue(fixture), show=show)
    assert app.header or app.info


def test_everybody_left_is_said(emptied):
    assert "All 2 accounts did the same" in said(opened("overview", emptied))


def test_the_alarm_of_the_total_stands_on_the_overview_and_follows_the_targets(sample):
    assert not opened("overview").warning
    keep(Targets().put("grr", 0.9))
    app = opened("overview")
    (sentence,) = explain.masking(sample, window=12, close="2025-12", targets=Targets().put("grr", 0.9))["sentence"]
    assert sentence in plain(app.warning[0].value)


def test_the_alarms_of_segments_stand_under_fragility(sample):
    aims = Targets().put("grr", 0.97, "plan", "Enterprise")
    keep(aims)
    app = opened("segments", by="plan", show="Fragility")
    assert "Enterprise: NRR of 118.6%" in plain(app.warning[0].value)
    assert not opened("segments", by="region", show="Fragility").warning
    assert not opened("overview").warning


def test_targets_are_status_on_the_cards_with_a_word():
    keep(Targets().put("nrr", 1.0).put("grr", 0.9))
    app = opened("overview")
    captions = [plain(one.value) for one in app.caption]
    assert any(text.endswith("Meets target 100.0%") for text in captions)
    assert any(text.endswith("3.4 pt under target 90.0%") for text in captions)
    assert not any("logo" in text.lower() for text in captions)


def test_targets_are_lines_in_the_trend_and_ticks_on_the_bars():
    keep(Targets().put("nrr", 1.02).put("nrr", 1.1, "plan", "Enterprise"))
    lines = plotted(opened("overview"), "targets")
    assert lines["text"].tolist() == ["Target NRR 102.0%"]
    bars = plotted(opened("segments", by="plan"), "bars", "rows", "total").set_index("segment")
    assert bars["target"].to_dict() == {"Enterprise": 1.1, "Growth": 1.02, "Scale": 1.02, "Starter": 1.02}
    assert plotted(opened("segments", by="plan", measure="GRR"), "bars", "rows", "total")["target"].isna().all()


def test_a_filter_to_one_segment_brings_its_own_target():
    keep(Targets().put("nrr", 1.0).put("nrr", 1.25, "plan", "Enterprise"))
    captions = [plain(one.value) for one in opened("overview", f_plan="Enterprise").caption]
    assert any("under target 125.0%" in text for text in captions)


def test_a_target_set_on_the_review_page_is_kept_and_used_everywhere(sample):
    app = opened("review")
    app.number_input(key="target_grr").set_value(90.0)
    app = press(unbroken(app.run()), "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("grr", 0.9)
    assert not [button for button in app.button if button.label == "Keep for the workspace"]
    app = turned(app, "overview")
    assert any("under target 90.0%" in plain(one.value) for one in app.caption)
    app = turned(app, "review")
    assert app.number_input(key="target_grr").value == 90.0


def test_a_document_of_before_is_read_and_saved_in_the_new_form():
    keep({"grr": 0.9, "contraction_rate": 0.01})
    app = opened("review")
    assert app.number_input(key="target_grr").value == 90.0
    assert app.number_input(key="target_contraction_rate").value == 1.0
    app.number_input(key="target_grr").set_value(91.0)
    press(unbroken(app.run()), "Keep for the workspace")
    assert kept().body == Targets().put("grr", 0.91).put("contraction_rate", 0.01).as_dict()


def grid(page_of_segments):
    """The page with its editor of segments opened."""
    page_of_segments.session_state["segment_targets"] = True
    return unbroken(page_of_segments.run())


def typed(app, **cells):
    """Cells of the first row changed, as a browser sends it."""
    editor = app.data_editor[0]
    app.session_state[editor.key] = {"edited_rows": {0: cells}, "added_rows": [], "deleted_rows": []}
    return unbroken(app.run())


def test_targets_of_segments_are_typed_kept_and_drawn():
    app = grid(opened("segments", by="plan"))
    assert "Keep for the workspace" not in [button.label for button in app.button]
    app = press(typed(app, nrr=110.0, grr=97.0), "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("nrr", 1.1, "plan", "Enterprise").put("grr", 0.97, "plan", "Enterprise")
    bars = plotted(app, "bars", "rows", "total").set_index("segment")
    assert bars["target"].dropna().to_dict() == {"Enterprise": 1.1}
    assert "Keep for the workspace" not in [button.label for button in app.button]
    again = grid(opened("segments", by="plan"))
    assert again.data_editor[0].value["nrr"].tolist()[0] == 110.0


def test_a_cleared_cell_takes_the_target_of_the_total_again():
    keep(Targets().put("nrr", 1.02).put("nrr", 1.1, "plan", "Enterprise"))
    press(typed(grid(opened("segments", by="plan")), nrr=None), "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("nrr", 1.02)


def test_another_attribute_has_a_grid_of_its_own():
    app = press(typed(grid(opened("segments", by="plan")), nrr=110.0), "Keep for the workspace")
    app.selectbox(key="by").select("region")
    unbroken(app.run())
    assert app.data_editor[0].value["nrr"].isna().all()
    press(typed(app, nrr=90.0), "Keep for the workspace")
    assert {one[:2] for one in Targets.from_dict(kept().body).segments} == {("plan", "Enterprise"), ("region", "(none)")}


def test_an_attribute_that_names_accounts_has_no_targets():
    """Targets are read by the whole workspace, also by those who see their own accounts only."""
    app = opened("segments", by="account_name")
    assert "Targets by segment" not in [one.label for one in app.expander]
    assert "Targets by segment" in [one.label for one in opened("segments", by="plan").expander]


def changed_elsewhere(targets):
    store = backend.store()
    store.documents.save(store.people.local, kept().id, targets.as_dict(), version=kept().version)


def test_what_somebody_else_sets_meanwhile_stays():
    keep(Targets().put("grr", 0.9))
    app = opened("review")
    changed_elsewhere(Targets().put("grr", 0.9).put("nrr", 1.05))
    app.number_input(key="target_logo_retention").set_value(85.0)
    app = press(unbroken(app.run()), "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("grr", 0.9).put("nrr", 1.05).put("logo_retention", 0.85)
    assert app.number_input(key="target_nrr").value == 105.0


def test_the_same_target_set_by_two_is_a_conflict_that_saves_nothing_until_it_is_wanted():
    keep(Targets().put("grr", 0.9))
    app = opened("review")
    app.number_input(key="target_grr").set_value(95.0)
    unbroken(app.run())
    changed_elsewhere(Targets().put("grr", 0.8))
    app = press(app, "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("grr", 0.8)
    assert any("somebody else" in plain(one.value) for one in app.toast)
    press(app, "Keep for the workspace")
    assert Targets.from_dict(kept().body) == Targets().put("grr", 0.95)


OTHERS = [
    Definition(family="chained"), Definition(average="mean", average_months=3), Definition(returns="all"),
    Definition(family="movements"), Definition(segment_as_of="close"),
]  # fmt: skip


def test_the_renewal_base_has_no_intervals(sample):
    standard = View(sample, Selection(close="2025-12"), "MRR")
    assert len(solidity.intervals(standard)) == 3
    assert solidity.intervals(View(sample, replace(standard.selection, card=Definition(family="renewal_base")), "MRR")) is None


@pytest.mark.parametrize("card", OTHERS, ids=lambda card: card.label)
def test_pages_under_another_card_draw_its_own_intervals(sample, card):
    app = opened("overview", card=code_of(card))
    answer = explain.intervals(sample, card=card)
    points = plotted(app, "points", "months")
    same(points[points["series"] == "nrr"].sort_values("month")["lower"], answer[answer["measure"] == "nrr"]["low"])
    assert explain.interval_finding(answer[answer["close"] == "2025-12"]) in said(app)
    bars = plotted(opened("segments", by="plan", card=code_of(card)), "bars", "rows", "total").set_index("segment")
    ends = explain.intervals(sample, by="plan", close="2025-12", card=card).query("measure == 'nrr'").set_index("segment")
    same(bars["lower"], ends.loc[bars.index, "low"])
    same(bars["upper"], ends.loc[bars.index, "high"])


def test_under_another_card_fragility_says_so_and_the_alarm_is_still_asked():
    text = said(opened("segments", by="plan", show="Fragility", card=code_of(Definition(family="chained"))))
    assert "Fragility belongs to opening against closing" in text
    assert "held against their targets" in text


def test_the_renewal_base_draws_no_band_and_says_why():
    app = opened("segments", by="plan", show="Fragility", card=code_of(Definition(family="renewal_base")))
    assert "belong to NRR" in said(app)


def test_a_card_with_another_ledger_has_intervals_of_its_own(sample):
    card = Definition(gap_months=3, min_opening_mrr=1_000 * 10_000)
    points = plotted(opened("overview", card=code_of(card)), "points", "months")
    answer = explain.intervals(sample, card=card)
    same(points[points["series"] == "nrr"].sort_values("month")["lower"], answer[answer["measure"] == "nrr"]["low"])
    plain_card = explain.intervals(sample)
    assert not answer["low"].equals(plain_card["low"])


def test_a_click_on_a_bar_still_opens_its_accounts(book):
    app = clicked(opened("segments", book), "bars", segment="APAC")
    assert "APAC: 3 accounts" in [plain(one.value) for one in app.header]
