"""Closing a period is somebody's act: kept with version, person and day, undone only on purpose, and never by two at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nrr_core import store as stores
from nrr_core.errors import AccessError, ConflictError, StoreError
from nrr_core.periods import current_month, month_text

BOOK = "account_id,month,mrr_usd,plan\n" + "".join(f"A,2025-{m:02d},{100 + m},Pro\nB,2025-{m:02d},50,Basic\n" for m in range(1, 7))


@pytest.fixture(name="owner")
def _owner(person):
    return person("owner@example.com")


@pytest.fixture(name="held")
def _held(published, owner):
    return published(owner, BOOK)


def test_nothing_is_closed_at_first(store, owner, held):
    assert store.closed.of(owner, held.dataset_id).through is None


def test_closing_keeps_the_month_the_version_the_person_and_the_day(store, owner, held, published, person):
    editor = person("lead@example.com", "cs-leads")
    store.closed.close(editor, held.dataset_id, "2025-02")
    published(owner, BOOK.replace("105", "115"), dataset_id=held.dataset_id)
    closed = store.closed.close(owner, held.dataset_id, "2025-04")
    assert store.closed.of(editor, held.dataset_id) == closed
    assert [(c.through, c.version, c.by) for c in closed.closings] == [
        ("2025-02", 1, "lead@example.com"),
        ("2025-04", 2, "owner@example.com"),
    ]
    assert closed.days == tuple((c.through, c.at[:10]) for c in closed.closings)


def test_reopening_opens_a_month_and_all_later_ones(store, owner, held):
    for month in ("2025-02", "2025-05"):
        store.closed.close(owner, held.dataset_id, month)
    assert store.closed.reopen(owner, held.dataset_id, "2025-04").through == "2025-03"
    assert [c.through for c in store.closed.reopen(owner, held.dataset_id, "2025-03").closings] == ["2025-02"]
    assert store.closed.reopen(owner, held.dataset_id, "2025-01").closings == ()
    assert store.closed.close(owner, held.dataset_id, "2025-01").through == "2025-01"


def test_every_act_stands_in_the_audit_log_and_in_the_history(store, owner, held):
    store.closed.close(owner, held.dataset_id, "2025-04")
    closed = store.closed.reopen(owner, held.dataset_id, "2025-03")
    log = store.audit.read(owner, held.workspace_id)
    acts = log[log["action"] == "save"]["detail"].tolist()
    assert acts == [
        "kind: closed_periods; name: Reopened from 2025-03, closed through 2025-02; version: 2",
        "kind: closed_periods; name: Closed through 2025-04; version: 1",
    ]
    assert [version for version, *_ in store.documents.history(owner, closed.document.id)] == [2, 1]


@pytest.mark.parametrize("month", ["2025-07", "2024-12", "soon", "2025-13"])
def test_only_months_of_the_data_can_be_closed(store, owner, held, month):
    with pytest.raises(StoreError):
        store.closed.close(owner, held.dataset_id, month)
    assert store.closed.of(owner, held.dataset_id).through is None


def test_a_month_that_is_not_over_cannot_be_closed(store, owner, published):
    now = current_month()
    rows = "".join(f"A,{month_text(m)},10\n" for m in range(now - 2, now + 1))
    held = published(owner, f"account_id,month,mrr_usd\n{rows}")
    with pytest.raises(StoreError, match="is not over yet"):
        store.closed.close(owner, held.dataset_id, month_text(now))
    assert store.closed.close(owner, held.dataset_id, month_text(now - 1)).through == month_text(now - 1)


def test_what_is_closed_or_open_already_is_told(store, owner, held):
    with pytest.raises(StoreError, match="2025-03 is not closed"):
        store.closed.reopen(owner, held.dataset_id, "2025-03")
    store.closed.close(owner, held.dataset_id, "2025-03")
    with pytest.raises(StoreError, match="2025-02 is closed already"):
        store.closed.close(owner, held.dataset_id, "2025-02")
    with pytest.raises(StoreError, match="2025-04 is not closed"):
        store.closed.reopen(owner, held.dataset_id, "2025-04")


def test_a_viewer_sees_what_is_closed_and_closes_nothing(store, owner, held, person):
    store.closed.close(owner, held.dataset_id, "2025-03")
    viewer, stranger = person("v@example.com", "cs"), person("else@example.com", "other")
    assert store.closed.of(viewer, held.dataset_id).through == "2025-03"
    for act in (store.closed.close, store.closed.reopen):
        with pytest.raises(AccessError, match="this needs editor"):
            act(viewer, held.dataset_id, "2025-02")
        with pytest.raises(AccessError, match="nothing here"):
            act(stranger, held.dataset_id, "2025-02")
    with pytest.raises(AccessError, match="nothing here"):
        store.closed.of(stranger, held.dataset_id)
    assert store.closed.of(owner, held.dataset_id).through == "2025-03"


def test_a_snapshot_has_nothing_to_close(store, owner, held):
    copy = store.datasets.snapshot(owner, held, name="For all", keep=["plan"])
    assert store.closed.of(owner, copy.dataset_id).through is None
    with pytest.raises(StoreError, match="never changes"):
        store.closed.close(owner, copy.dataset_id, "2025-03")


@pytest.mark.parametrize("first", [True, False])
def test_of_two_people_who_close_at_once_one_is_told(store, owner, held, first, monkeypatch):
    """Both have read before either writes; the control saves without looking, and both get through."""
    if not first:
        store.closed.close(owner, held.dataset_id, "2025-01")
    _, read = store.closed._mine(owner, held.dataset_id)
    monkeypatch.setattr(store.closed, "_mine", lambda *_: (held, read))

    def close(month):
        try:
            store.closed.close(owner, held.dataset_id, month)
        except ConflictError:
            return "told"
        return "closed"

    months = ["2025-02", "2025-03", "2025-04", "2025-05"]
    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(close, months))
    assert ends == ["closed", "told", "told", "told"]
    assert len(store.documents.listed(owner, held.workspace_id, "closed_periods", dataset_id=held.dataset_id)) == 1
    for name in ("a", "b"):
        store.documents.create(owner, held.workspace_id, "closed_periods", name, {}, dataset_id=held.dataset_id)
    assert len(store.documents.listed(owner, held.workspace_id, "closed_periods", dataset_id=held.dataset_id)) == 3


@pytest.fixture(name="file")
def _file(tmp_path):
    def write(text):
        made = tmp_path / "book.csv"
        made.write_text(text, encoding="utf-8")
        return made

    return write


def test_a_file_that_changes_closed_months_is_published_on_purpose_only(store, owner, held, file):
    restated = file(BOOK.replace("A,2025-02,102", "A,2025-02,70"))
    store.closed.close(owner, held.dataset_id, "2025-03")
    with pytest.raises(StoreError, match=r"1 account-month of 2025-02, which was closed on .* changed by −32\.00.*--change-closed"):
        stores.publish_file(store, owner, restated, name="Revenue")
    assert store.datasets.get(owner, held.dataset_id).number == 1
    assert stores.publish_file(store, owner, restated, name="Revenue", change_closed=True).number == 2
    log = store.audit.read(owner, held.workspace_id)
    assert log[log["action"] == "publish"]["detail"].iloc[0] == "name: Revenue; version: 2; closed months: changed, confirmed"


@pytest.mark.parametrize("change_closed", [False, True])
def test_a_file_that_leaves_closed_months_alone_is_published_at_once(store, owner, held, file, change_closed):
    store.closed.close(owner, held.dataset_id, "2025-03")
    later = file(BOOK.replace("A,2025-05,105", "A,2025-05,90"))
    assert stores.publish_file(store, owner, later, name="Revenue", change_closed=change_closed).number == 2
    log = store.audit.read(owner, held.workspace_id)
    assert log[log["action"] == "publish"]["detail"].iloc[0] == "name: Revenue; version: 2"
