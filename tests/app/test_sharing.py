"""Saving, links and views: what a person does in one session, another finds."""

import pytest
from face import cards, headline, labelled, opened, plain, press, read, table_with, turned, unbroken

from nrr_core import store as stores
from nrr_core.reading import prepare
from pages.ui import backend, cache

pytestmark = pytest.mark.usefixtures("own_store")
FIRST = "account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nA,2025-02,120,Pro\nB,2025-01,50,Basic\n"
SECOND = FIRST + "B,2025-02,50,Basic\n"


@pytest.fixture(name="saved")
def _saved(tmp_path):
    """Saves a file's text as a version."""

    def save(text=FIRST, name="Book", dataset_id=None):
        store = backend.store()
        me = store.people.local
        file = tmp_path / f"{len(text)}.csv"
        file.write_text(text, encoding="utf-8")
        folder = store.files.scratch()
        prepare(file, folder, tables=True)
        held = store.datasets.publish(me, me.memberships[0].workspace_id, stores.Draft(folder), name=name, dataset_id=dataset_id)
        cache.published()
        return held

    return save


def uploaded(text):
    return read(opened("data"), "book.csv", text)


def captions(app):
    return [plain(one.value) for one in app.caption]


def test_an_upload_is_saved_and_named_in_the_address():
    app = press(uploaded(FIRST), "Save")
    (held,) = backend.store().datasets.listed(backend.store().people.local, backend.store().people.local.memberships[0].workspace_id)
    assert app.query_params["d"] == held.dataset_id
    assert held.name == "book"
    assert any("Saved data" in one.value for one in app.sidebar.markdown)
    assert cards(turned(app, "overview"))["NRR"] == "80.0%"  # 120 of 150


def test_a_second_upload_becomes_a_new_version(saved):
    held = saved()
    app = uploaded(SECOND)
    labelled(app.selectbox, "As").select(held.dataset_id)
    press(unbroken(app.run()), "Save")
    assert backend.store().datasets.get(backend.store().people.local, held.dataset_id).number == 2


def test_an_address_opens_the_newest_or_one_version(saved):
    held = saved()
    saved(SECOND, dataset_id=held.dataset_id)
    assert cards(opened("overview", d=held.dataset_id))["NRR"] == "113.3%"  # 170 of 150
    app = opened("overview", d=held.dataset_id, v="1")
    assert cards(app)["NRR"] == "80.0%"
    assert any("never changes. The newest is 2." in text for text in captions(app.sidebar))


def test_a_page_left_open_follows_a_new_version(saved):
    held = saved()
    app = opened("overview", d=held.dataset_id)
    saved(SECOND, dataset_id=held.dataset_id)
    assert cards(unbroken(app.run()))["NRR"] == "113.3%"


def test_the_dataset_stays_from_page_to_page(saved):
    held = saved()
    app = opened("overview", d=held.dataset_id)
    app.query_params.clear()  # as the browser does when another page is opened
    app = turned(app, "waterfall")
    assert app.query_params["d"] == held.dataset_id


@pytest.mark.parametrize("wanted", ["no-such-dataset", "", "../etc/passwd", "'; drop table datasets; --"])
def test_an_address_that_names_nothing_is_a_sentence_and_a_way_out(wanted):
    app = opened("overview", d=wanted)
    assert "nothing here that you may see" in plain(app.error[0].value)
    assert any("Sample data" in one.value for one in press(app, "Go to the sample data").sidebar.markdown)


def test_a_version_that_does_not_exist_is_a_sentence(saved):
    assert opened("overview", d=saved().dataset_id, v="7").error


def test_a_link_is_made_and_leads_to_the_same_figures(saved):
    held = saved()
    app = opened("waterfall", d=held.dataset_id, f_plan="Pro")
    app.radio(key="link_kind").set_value("This version")
    press(unbroken(app.run()), "Make the link")
    (made,) = backend.store().links.mine(backend.store().people.local)
    assert any(made.id in one.value for one in app.code)
    assert (made.page, made.version, made.dataset_id) == ("waterfall", 1, held.dataset_id)
    assert made.parameters == {"window": ["1 month"], "asof": ["2025-02"], "f_plan": ["Pro"]}
    again = opened(made.page, d=held.dataset_id, v="1", link=made.id, **{k: v[0] for k, v in made.parameters.items()})
    assert headline(again) == headline(app)


def test_a_link_to_the_newest_leaves_the_window_open(saved):
    app = opened("overview", d=saved().dataset_id)
    press(app, "Make the link")
    (made,) = backend.store().links.mine(backend.store().people.local)
    assert (made.version, made.parameters) == (None, {})


def test_an_import_that_is_not_saved_cannot_be_linked():
    app = uploaded(FIRST)
    assert any("Save this data on the Data page first" in text for text in captions(app))
    assert "Make the link" not in [one.label for one in app.button]


def test_a_withdrawn_link_says_so(saved):
    press(opened("overview", d=saved().dataset_id), "Make the link")
    store = backend.store()
    (made,) = store.links.mine(store.people.local)
    store.links.revoke(store.people.local, made.id)
    cache.published()
    assert "withdrawn" in plain(opened("overview", link=made.id).error[0].value)


def test_a_view_is_saved_and_a_later_save_by_somebody_else_is_not_lost(saved):
    store = backend.store()
    me = store.people.local
    app = opened("waterfall", d=saved().dataset_id, f_plan="Pro")
    app.text_input(key="view_name").set_value("Mine")
    press(unbroken(app.run()), "Save view")
    (kept,) = store.documents.listed(me, me.memberships[0].workspace_id, "view")
    assert kept.body["page"] == "waterfall"
    assert kept.body["settings"] == {"f_plan": ["Pro"], "window": "1 month", "unit": "MRR", "fy": "January"}
    unbroken(app.run())
    store.documents.save(me, kept.id, {"page": "waterfall", "settings": {"window": "theirs"}}, version=1)
    app.text_input(key="view_name").set_value("Mine")
    press(unbroken(app.run()), "Save over it")
    assert any("saved by somebody else" in plain(one.value) for one in app.warning)
    assert store.documents.get(me, kept.id).body["settings"] == {"window": "theirs"}
    press(app, "Save over it")
    assert store.documents.get(me, kept.id).version == 3


def test_the_workspace_lists_what_is_saved_and_who_did_what(saved):
    held = saved()
    app = opened("workspace", d=held.dataset_id)
    assert headline(app) == "1 dataset saved in Main"
    assert table_with(app, "Months")["Name"].tolist() == ["Book"]
    assert table_with(app, "action")["action"].tolist() == ["publish"]


def test_a_deleted_dataset_leaves_the_screen(saved):
    held = saved()
    app = opened("overview", d=held.dataset_id)
    backend.store().datasets.delete(backend.store().people.local, held.dataset_id)
    cache.published()
    assert unbroken(app.run()).error
