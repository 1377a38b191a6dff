"""Datasets: saved once, never changed, opened with the rights of whoever asks."""

import gc
import shutil

import pytest
import sqlalchemy as sa
from books import REVENUE, folder_of

import nrr_core as nrr
from nrr_core import store as stores
from nrr_core.errors import AccessError, StoreError

MORE = REVENUE + "D,2025-02,70,Pro,Ann\n"


def ids(data):
    return set(nrr.accounts(data, window=1).account_id)


def test_a_saved_dataset_gives_the_numbers_of_its_file(store, person, published, tmp_path):
    ann = person("ann@example.com", "cs-leads")
    held = published(ann)
    plain = tmp_path / "plain.csv"
    plain.write_text(REVENUE, encoding="utf-8")
    for by in (None, "plan"):
        want = nrr.retention(nrr.read(plain), window=1, by=by)
        assert nrr.retention(store.datasets.open(ann, held), window=1, by=by).equals(want)


def test_another_last_month_is_another_version_of_the_same_lines(store, person, published, tmp_path):
    owner = person("owner@example.com")
    first = published(owner)
    file = tmp_path / "again.csv"
    file.write_text(REVENUE, encoding="utf-8")
    second = stores.publish_file(store, owner, file, name="Revenue", last="2025-01")
    assert (second.dataset_id, second.number) == (first.dataset_id, 2)
    assert [store.datasets.open(owner, held).months[-1] for held in (first, second)] == ["2025-02", "2025-01"]


def test_a_deleted_cache_is_built_again(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    held = published(ann)
    before = nrr.movements(store.datasets.open(ann, held))
    shutil.rmtree(store.files.cache)
    store.files.cache.mkdir()
    assert nrr.movements(store.datasets.open(ann, held)).equals(before)


@pytest.mark.parametrize(("kept", "length"), [(0, 0), (9_000, 9_000), (4_096, None), (12_288, None)])
def test_a_damaged_cache_is_built_again(store, person, published, kept, length):
    ann = person("ann@example.com", "cs-leads")
    held = published(ann)
    before = nrr.movements(store.datasets.open(ann, held))
    gc.collect()  # an instance that is still open would go on reading what it holds
    for model in store.files.cache.rglob("*.duckdb"):
        whole = model.read_bytes()
        model.unlink()
        model.write_bytes(whole[:kept].ljust(length or len(whole), b"\0"))
    assert nrr.movements(store.datasets.open(ann, held)).equals(before)


def test_a_new_version_leaves_the_old_one_as_it_was(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    first = published(ann)
    second = published(ann, MORE, dataset_id=first.dataset_id)
    assert (first.number, second.number) == (1, 2)
    assert store.datasets.get(ann, first.dataset_id).number == 2
    assert ids(store.datasets.open(ann, store.datasets.get(ann, first.dataset_id, 1))) == {"A", "B", "C"}
    assert ids(store.datasets.open(ann, second)) == {"A", "B", "C", "D"}


def test_the_same_content_again_is_the_version_there_is(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    first = published(ann)
    assert published(ann, dataset_id=first.dataset_id).number == 1
    assert len(store.audit.read(person("owner@example.com"), first.workspace_id).query("action == 'publish'")) == 1


def test_the_database_itself_refuses_to_change_a_version(store, person, published):
    published(person("ann@example.com", "cs-leads"))
    for sql in ("update versions set accounts = 9", "delete from versions", "update audit set actor = 'x'", "delete from audit"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.catalogue.engine.begin() as con:
            con.execute(sa.text(sql))


def test_a_damaged_file_is_named_and_not_read(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    held = published(ann)
    shutil.rmtree(store.files.cache)
    store.files.cache.mkdir()
    path = max(store.files.canonical.iterdir(), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"damaged \\({path.name[:12]}"):
        store.datasets.open(ann, held)
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.datasets.open(ann, held)


def test_raw_bytes_are_kept_as_they_came(store, person, published):
    published(person("ann@example.com", "cs-leads"))
    (name,) = folder_of(store.files.raw)
    assert (store.files.raw / name).read_text(encoding="utf-8") == REVENUE


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "allowed"),
    [("read", {"viewer", "editor", "owner"}), ("publish", {"editor", "owner"}), ("snapshot", {"editor", "owner"}),
     ("rename", {"editor", "owner"}), ("delete", {"owner"})],
)  # fmt: skip
def test_each_role_may_do_what_it_may_and_no_more(store, person, published, action, allowed):
    held = published(person("owner@example.com"))
    people = {
        "nobody": person("new@example.com"), "stranger": person("else@example.com", "other"), "viewer": person("v@example.com", "cs"),
        "editor": person("e@example.com", "cs-leads"), "owner": person("owner@example.com"),
    }  # fmt: skip
    for role, actor in people.items():
        act = {
            "read": lambda a=actor: store.datasets.open(a, held),
            "publish": lambda a=actor: store.datasets.keep_raw(a, held.workspace_id, "x", b"x"),
            "snapshot": lambda a=actor: store.datasets.snapshot(a, held, name="S", keep=["plan"]),
            "rename": lambda a=actor: store.datasets.rename(a, held.dataset_id, "New"),
            "delete": lambda a=actor: store.datasets.delete(a, held.dataset_id),
        }[action]
        if role in allowed:
            act()
        else:
            with pytest.raises(AccessError):
                act()


def test_what_is_forbidden_and_what_does_not_exist_sound_the_same(store, person, published):
    held = published(person("owner@example.com"))
    stranger = person("else@example.com", "other")
    said = set()
    for wanted in (held.dataset_id, "no-such-dataset"):
        with pytest.raises(AccessError) as refused:
            store.datasets.get(stranger, wanted)
        said.add(str(refused.value))
    assert len(said) == 1


def test_two_workspaces_with_the_same_file_know_nothing_of_each_other(store, person, published):
    one, other = person("owner@example.com"), person("else@example.com", "other")
    mine, theirs = published(one, name="Mine"), published(other, name="Theirs")
    assert mine.sha256 == theirs.sha256
    opened = store.datasets.open(one, mine), store.datasets.open(other, theirs)
    assert opened[0].scope != opened[1].scope
    assert [d.name for d in opened] == ["Mine, version 1", "Theirs, version 1"]
    assert [h.name for h in store.datasets.listed(one, mine.workspace_id)] == ["Mine"]
    with pytest.raises(AccessError):
        store.datasets.get(one, theirs.dataset_id)
    with pytest.raises(AccessError):
        store.datasets.listed(one, theirs.workspace_id)


def test_nobody_publishes_into_another_workspace_s_dataset(store, person, draft, published):
    theirs = published(person("else@example.com", "other"))
    owner = person("owner@example.com")
    with pytest.raises(AccessError):
        store.datasets.publish(owner, owner.memberships[0].workspace_id, draft(owner), name="X", dataset_id=theirs.dataset_id)


# --- the row rule ---------------------------------------------------------------------------------------------------


@pytest.fixture(name="ruled")
def _ruled(store, person, published):
    """A dataset in a workspace where viewers see their own accounts: Ann owns A, Bob B and, since February, C."""
    owner = person("owner@example.com")
    held = published(owner)
    store.people.set_owner_dimension(owner, held.workspace_id, "owner")
    return held, owner


def test_a_viewer_sees_only_accounts_that_are_theirs_now(store, person, ruled):
    held, owner = ruled
    ann, bob = person("ann@example.com", "cs"), person("bob@example.com", "cs")
    assert ids(store.datasets.open(ann, held)) == {"A"}
    assert ids(store.datasets.open(bob, held)) == {"B", "C"}
    assert ids(store.datasets.open(owner, held)) == {"A", "B", "C"}


def test_the_rule_leaves_nothing_of_others_in_any_table(store, person, ruled):
    held, _ = ruled
    data = store.datasets.open(person("ann@example.com", "cs"), held)
    with data.engine._con.cursor() as cursor:
        tables = [t for (t,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        everything = repr([cursor.execute(f"select * from {t}").fetchall() for t in tables])
    assert "'A'" in everything
    assert not [word for word in ("'B'", "'C'", "Bob", "360.0", "510") if word in everything]
    assert data.report["sum_accepted"] == "250"
    assert data.report["preview"] == [[]]
    assert len(tables) > 10


def test_the_rule_changes_hash_and_scope_so_that_nothing_cached_is_shared(store, person, ruled):
    held, owner = ruled
    opened = [store.datasets.open(a, held) for a in (owner, person("ann@example.com", "cs"), person("bob@example.com", "cs"))]
    assert len({d.sha256 for d in opened}) == len({d.scope for d in opened}) == 3


def test_somebody_without_accounts_is_told_so(store, person, ruled):
    with pytest.raises(AccessError, match="None of the accounts"):
        store.datasets.open(person("eve@example.com", "cs"), ruled[0])


def test_a_dataset_without_the_column_is_not_shown_under_the_rule(store, person, ruled, published):
    _, owner = ruled
    other = published(owner, "account_id,month,mrr_usd\nA,2025-01,1\nA,2025-02,2\n", name="No owners")
    with pytest.raises(AccessError, match="no column “owner”"):
        store.datasets.open(person("ann@example.com", "cs"), other)


def test_an_owner_can_say_whose_accounts_somebody_sees(store, person, ruled, claims):
    held, owner = ruled
    store.people.grant(owner, held.workspace_id, "eve@example.com", "viewer", sees="Bob")
    assert ids(store.datasets.open(store.people.sign_in(claims("eve@example.com")), held)) == {"B", "C"}


# --- snapshots ------------------------------------------------------------------------------------------------------


def test_a_snapshot_has_the_numbers_and_no_names(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    held = published(ann)
    copy = store.datasets.open(ann, store.datasets.snapshot(ann, held, name="For the board", keep=["plan"]))
    whole = store.datasets.open(ann, held)
    assert nrr.retention(copy, window=1, by="plan").equals(nrr.retention(whole, window=1, by="plan"))
    assert copy.dimensions == ("plan",)
    assert ids(copy) == {"Account 0001", "Account 0002", "Account 0003"}
    with copy.engine._con.cursor() as cursor:
        tables = [t for (t,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        everything = repr([cursor.execute(f"select * from {t}").fetchall() for t in tables])
    assert not [word for word in ("'A'", "'B'", "'C'", "Ann", "Bob") if word in everything]


def test_a_snapshot_opens_for_anybody_who_came_through_its_link(store, person, published):
    ann = person("ann@example.com", "cs-leads")
    copy = store.datasets.snapshot(ann, published(ann), name="For the board", keep=["plan"])
    reader = person("new@example.com")
    with pytest.raises(AccessError):
        store.datasets.get(reader, copy.dataset_id)
    link = store.links.create(
        ann, copy.workspace_id, page="overview", parameters={}, dataset_id=copy.dataset_id, version=1, title="", days=7
    )
    assert store.links.resolve(reader, link.id).dataset_id == copy.dataset_id
    assert store.datasets.open(reader, copy, linked=True).accounts == 3
    store.links.revoke(ann, link.id)
    with pytest.raises(AccessError):
        store.links.resolve(reader, link.id)


# --- deleting and sweeping ------------------------------------------------------------------------------------------


def test_a_deleted_dataset_is_gone_for_everybody_at_once(store, person, published):
    owner = person("owner@example.com")
    held = published(owner)
    store.datasets.delete(owner, held.dataset_id)
    assert store.datasets.listed(owner, held.workspace_id) == []
    with pytest.raises(AccessError):
        store.datasets.open(owner, held)


def test_the_sweep_takes_what_nothing_refers_to_and_leaves_the_rest(store, person, published):
    owner = person("owner@example.com")
    held = published(owner)
    kept = folder_of(store.files.canonical)
    store.files.put(b"an upload that was never saved", store.files.raw)
    left = store.files.scratch()
    raw, canonical = store.wanted()
    assert store.files.sweep(raw=raw, canonical=canonical) == 0  # young: they may belong to a publish that is running
    store.files.sweep(raw=raw, canonical=canonical, hours=-1)
    assert folder_of(store.files.canonical) == kept
    assert len(folder_of(store.files.raw)) == 1
    assert not left.exists()
    assert ids(store.datasets.open(owner, held)) == {"A", "B", "C"}
