"""Versions on the Data page: what a new one changes before it is saved, closed periods, any two side by side; and verified downloads."""

import pytest
from face import labelled, opened, plain, press, read, table_with, unbroken

import nrr_core as nrr
from nrr_core import store as stores
from nrr_core.reading import prepare
from pages.ui import backend, cache
from qa.face import downloads

pytestmark = pytest.mark.usefixtures("own_store")
FIRST = "account_id,month,mrr_usd,plan\n" + "".join(f"A,2025-{m:02d},100,Pro\nB,2025-{m:02d},50,Basic\n" for m in range(1, 5))
RESTATED = FIRST.replace("A,2025-02,100", "A,2025-02,70") + "A,2025-05,100,Pro\nB,2025-05,50,Basic\n"
LONGER = FIRST + "A,2025-05,100,Pro\nB,2025-05,50,Basic\n"


@pytest.fixture(name="saved")
def _saved(tmp_path):
    def save(text=FIRST, dataset_id=None):
        store, me = backend.store(), backend.store().people.local
        file = tmp_path / f"{abs(hash(text))}.csv"
        file.write_text(text, encoding="utf-8")
        folder = store.files.scratch()
        prepare(file, folder, tables=True)
        held = store.datasets.publish(me, me.memberships[0].workspace_id, stores.Draft(folder), name="Book", dataset_id=dataset_id)
        cache.published()
        return held

    return save


def newer(held, text):
    """An upload that is about to become a version of a saved dataset."""
    app = read(opened("data"), "book.csv", text)
    labelled(app.selectbox, "As").select(held.dataset_id)
    return unbroken(app.run())


def told(app):
    return [plain(one.value) for one in app.markdown]


def button(app, label):
    return next(one for one in app.button if one.label == label)


def local(store=None):
    return (store or backend.store()).people.local


def close(held, month):
    return backend.store().closed.close(local(), held.dataset_id, month)


def test_what_changes_is_shown_before_saving(saved):
    app = newer(saved(), RESTATED)
    said = told(app)
    assert any("What changes against version 1" in one for one in said)
    assert any("1 account-month of 1 month changed by −30.00 (1 changed)." in one for one in said)
    assert any("New: 2025-05." in one for one in said)
    assert not app.checkbox
    assert not button(app, "Save").disabled


def test_a_new_month_alone_changes_nothing_that_was_told(saved):
    held = saved()
    close(held, "2025-04")
    app = newer(held, LONGER)
    assert any("New: 2025-05." in one for one in told(app))
    assert not any("changed by" in one for one in told(app))
    assert not button(app, "Save").disabled


def test_a_changed_closed_month_is_saved_only_with_a_tick(saved):
    held = saved()
    closed = close(held, "2025-03")
    app = newer(held, RESTATED)
    day = closed.closings[0].day
    assert any(f"1 account-month of 2025-02, which was closed on {day}, changed by −30.00" in one for one in told(app))
    assert any("closed months change" in plain(one.value) for one in app.warning)
    assert button(app, "Save").disabled
    app.checkbox[0].check()
    app = unbroken(app.run())
    press(app, "Save")
    assert backend.store().datasets.get(local(), held.dataset_id).number == 2
    log = backend.store().audit.read(local(), held.workspace_id)
    assert log[log["action"] == "publish"]["detail"].iloc[0] == "name: Book; version: 2; closed months: changed, confirmed"


def test_the_tick_is_wanted_for_closed_months_alone(saved):
    """The control: the same change in months that are open is saved without one."""
    held = saved()
    close(held, "2025-01")
    assert not button(newer(held, RESTATED), "Save").disabled
    assert close(held, "2025-02").through == "2025-02"
    assert button(newer(held, RESTATED), "Save").disabled


def test_identical_data_says_so(saved):
    assert any("Both are the same data." in one for one in told(newer(saved(), FIRST)))


def test_any_two_versions_are_compared(saved):
    held = saved()
    saved(RESTATED, held.dataset_id)
    saved(LONGER, held.dataset_id)
    app = opened("data", d=held.dataset_id)
    app.session_state["compare_open"] = False
    assert not any("changed by" in one for one in told(unbroken(app.run())))  # nothing is compared before it is asked for
    app.session_state["compare_open"] = True
    app = unbroken(app.run())
    assert any("1 account-month of 1 month changed by +30.00 (1 changed)." in one for one in told(app))
    labelled(app.selectbox, "From version").select(1)
    app = unbroken(app.run())
    assert any("New: 2025-05." in one for one in told(app))
    labelled(app.selectbox, "To version").select(2)
    shown = table_with(unbroken(app.run()), "before_nrr", "after_nrr").set_index("close")
    assert shown.loc["2025-02", ["before_nrr", "after_nrr"]].tolist() == pytest.approx([100, 80])  # 150 → 120 of 150, in per cent


def test_a_period_is_closed_and_reopened_on_the_page(saved):
    held = saved()
    app = opened("data", d=held.dataset_id)
    assert any("No month is closed." in plain(one.value) for one in app.caption)
    labelled(app.selectbox, "Up to").select("2025-03")
    app = press(unbroken(app.run()), "Close them")
    assert any("Closed through 2025-03 by" in plain(one.value) for one in unbroken(app.run()).caption)
    labelled(app.selectbox, "From").select("2025-02")
    app = press(unbroken(app.run()), "Reopen them")
    assert backend.store().closed.of(local(), held.dataset_id).through == "2025-01"


def test_a_period_that_somebody_else_closed_meanwhile_is_told(saved, monkeypatch):
    held = saved()
    app = opened("data", d=held.dataset_id)
    labelled(app.selectbox, "Up to").select("2025-02")
    app = unbroken(app.run())
    store = backend.store()
    read = store.closed._mine(local(), held.dataset_id)
    close(held, "2025-03")
    monkeypatch.setattr(type(store.closed), "_mine", lambda *_: read)
    app.button(key="close_them").click()
    app = unbroken(app.run())
    assert any("Somebody else saved this" in plain(one.value) for one in app.warning)
    assert store.closed.of(local(), held.dataset_id).through == "2025-03"


def test_a_viewer_sees_what_is_closed_and_has_no_button(saved, monkeypatch):
    held = saved()
    close(held, "2025-03")
    me = local()
    viewer = type(me)(me.user_id, me.email, me.name, tuple(type(m)(m.workspace_id, m.workspace, "viewer") for m in me.memberships))
    monkeypatch.setattr(backend.store().people, "local", viewer)
    app = opened("data", d=held.dataset_id)
    assert any("Closed through 2025-03" in plain(one.value) for one in app.caption)
    assert not {"Close them", "Reopen them"} & {one.label for one in app.button}


def test_every_table_that_is_downloaded_verifies(made_on_click):
    data = cache.sample()
    seen = {}
    for page, query in (
        ("overview", {}),
        ("waterfall", {"f_plan": "Growth"}),
        ("cohorts", {}),
        ("segments", {"window": "3 months"}),
        ("accounts", {}),
    ):
        app = opened(page, **query)
        for key, label, content in downloads(app, made_on_click):
            if label in {"CSV", "XLSX"}:
                seen[page, key] = nrr.verify(content, data)
    assert len(seen) >= 10
    assert {key: found.reason for key, found in seen.items() if not found.equal} == {}
