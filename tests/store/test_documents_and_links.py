"""Documents keep everybody's edit; links lead where they say, with the reader's rights."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from nrr_core.errors import AccessError, ConflictError, StoreError
from nrr_core.store import KINDS, tables


@pytest.fixture(name="owner")
def _owner(person):
    return person("owner@example.com")


@pytest.fixture(name="place")
def _place(owner):
    return owner.memberships[0].workspace_id


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_kept_as_it_was_saved(store, owner, place, kind):
    body = {"levers": [{"churn": "0.10"}], "name": "Ünïcode “q”", "none": None, "deep": {"a": [1, 2]}}
    made = store.documents.create(owner, place, kind, "First", body)
    assert store.documents.get(owner, made.id).body == body
    assert [d.id for d in store.documents.listed(owner, place, kind)] == [made.id]


def test_a_second_save_from_the_same_version_is_a_conflict_and_loses_nothing(store, owner, place):
    made = store.documents.create(owner, place, "scenario", "Plan", {"x": 0})
    store.documents.save(owner, made.id, {"x": 1}, version=1)
    with pytest.raises(ConflictError, match="Nothing was overwritten") as conflict:
        store.documents.save(owner, made.id, {"x": 2}, version=1)
    assert conflict.value.theirs.body == {"x": 1}
    saved = store.documents.save(owner, made.id, {"x": 2}, version=conflict.value.theirs.version)
    assert (saved.version, saved.body) == (3, {"x": 2})
    assert [(v, b) for v, _, _, b in store.documents.history(owner, made.id)] == [(3, {"x": 2}), (2, {"x": 1}), (1, {"x": 0})]


def test_of_many_saves_at_once_one_wins_and_the_others_are_told(store, owner, place):
    made = store.documents.create(owner, place, "targets", "NRR", {"x": 0})

    def save(i):
        try:
            store.documents.save(owner, made.id, {"x": i}, version=1)
        except ConflictError:
            return "told"
        return "won"

    with ThreadPoolExecutor(8) as pool:
        ends = sorted(pool.map(save, range(1, 9)))
    assert ends == ["told"] * 7 + ["won"]
    assert store.documents.get(owner, made.id).version == 2


def test_viewers_read_documents_and_do_not_write_them(store, owner, place, person):
    made = store.documents.create(owner, place, "view", "V", {})
    viewer, stranger = person("v@example.com", "cs"), person("else@example.com", "other")
    assert store.documents.get(viewer, made.id) == made
    for act in (
        lambda: store.documents.save(viewer, made.id, {}, version=1),
        lambda: store.documents.create(viewer, place, "view", "W", {}),
        lambda: store.documents.delete(viewer, made.id),
        lambda: store.documents.get(stranger, made.id),
        lambda: store.documents.history(stranger, made.id),
        lambda: store.documents.listed(stranger, place, "view"),
    ):
        with pytest.raises(AccessError):
            act()


def test_under_the_row_rule_viewers_read_nothing_that_may_name_accounts(store, owner, place, person):
    made = {kind: store.documents.create(owner, place, kind, "X", {}) for kind in KINDS}
    store.people.set_owner_dimension(owner, place, "owner")
    viewer = person("v@example.com", "cs")
    assert [k for k in KINDS if store.documents.listed(viewer, place, k)] == ["card", "targets", "closed_periods"]
    for kind in ("scenario", "view"):
        with pytest.raises(AccessError):
            store.documents.get(viewer, made[kind].id)


def test_a_deleted_document_is_out_of_sight_and_its_history_is_kept(store, owner, place):
    made = store.documents.create(owner, place, "card", "C", {"x": 1})
    store.documents.delete(owner, made.id)
    with pytest.raises(AccessError):
        store.documents.get(owner, made.id)
    with store.catalogue.read() as con:
        assert con.execute(sa.select(tables.document_versions.c.body)).scalars().all() == [{"x": 1}]


def test_what_is_no_kind_or_has_no_name_is_refused(store, owner, place):
    with pytest.raises(StoreError, match="kind"):
        store.documents.create(owner, place, "poem", "x", {})
    with pytest.raises(StoreError, match="name"):
        store.documents.create(owner, place, "view", "  ", {})


def link(store, actor, held, *, version=None, days=30, **more):
    return store.links.create(
        actor, held.workspace_id, page="waterfall", parameters={"f_plan": ["Pro", "Basic"]}, dataset_id=held.dataset_id,
        version=version, title="Waterfall", days=days, **more,
    )  # fmt: skip


def test_a_link_to_the_newest_follows_and_a_link_to_a_version_stays(store, owner, published):
    held = published(owner)
    follows, stays = link(store, owner, held), link(store, owner, held, version=1)
    published(owner, "account_id,month,mrr_usd\nA,2025-01,1\nA,2025-02,1\n", dataset_id=held.dataset_id)
    for one, number in ((follows, 2), (stays, 1)):
        found = store.links.resolve(owner, one.id)
        assert store.datasets.get(owner, found.dataset_id, found.version).number == number
        assert found.parameters == {"f_plan": ["Pro", "Basic"]}


def test_a_link_gives_no_right_that_its_reader_does_not_have(store, owner, published, person):
    one = link(store, owner, published(owner))
    assert store.links.resolve(person("v@example.com", "cs"), one.id).page == "waterfall"
    for stranger in (person("else@example.com", "other"), person("new@example.com")):
        with pytest.raises(AccessError, match="nothing here"):
            store.links.resolve(stranger, one.id)


def test_a_link_that_ended_says_why_and_only_to_who_may_know(store, owner, published, person):
    held = published(owner)
    gone, old = link(store, owner, held), link(store, owner, held)
    store.links.revoke(owner, gone.id)
    with store.catalogue.write() as con:
        con.execute(tables.links.update().where(tables.links.c.id == old.id).values(expires_at=datetime.now(UTC) - timedelta(days=1)))
    for one, word in ((gone, "withdrawn"), (old, "expired")):
        with pytest.raises(AccessError, match=word):
            store.links.resolve(owner, one.id)
        with pytest.raises(AccessError, match="nothing here"):
            store.links.resolve(person("new@example.com"), one.id)


def test_links_are_ended_by_who_made_them_or_an_owner(store, owner, published, person):
    one = link(store, person("e@example.com", "cs-leads"), published(owner))
    with pytest.raises(AccessError):
        store.links.revoke(person("v@example.com", "cs"), one.id)
    store.links.revoke(owner, one.id)
    assert not store.links.mine(person("e@example.com", "cs-leads"))[0].holds


def test_link_ids_cannot_be_guessed(store, owner, published):
    held = published(owner)
    made = {link(store, owner, held).id for _ in range(50)}
    assert len(made) == 50
    assert {len(one) for one in made} == {22}  # 128 bits
    with pytest.raises(AccessError):
        store.links.resolve(owner, "A" * 22)


def test_a_link_into_another_workspace_cannot_be_made(store, owner, published, person):
    held = published(owner)
    stranger = person("else@example.com", "other")
    with pytest.raises(AccessError):
        store.links.create(
            stranger,
            stranger.memberships[0].workspace_id,
            page="x",
            parameters={},
            dataset_id=held.dataset_id,
            version=None,
            title="",
            days=1,
        )
