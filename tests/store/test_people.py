"""People: who may sign in, how long it lasts, and how it ends."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from nrr_core import store as stores
from nrr_core.errors import AccessError
from nrr_core.store import SignedOut, session_key, tables


def roles(actor):
    return {m.workspace: m.role for m in actor.memberships}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "true"}, "not verified"),
        ({"email_verified": None}, "not verified"),
        ({"email": ""}, "no e-mail"),
        ({"email": "ann"}, "no e-mail"),
        ({"email": "ann@example.com.evil.org"}, "may not sign in"),
        ({"email": "ann@evil.org"}, "may not sign in"),
        ({"email": "ann@sub.example.com"}, "may not sign in"),
        ({"sub": ""}, "who you are"),
        ({"iss": None}, "who you are"),
        ({"iat": 0}, "too old"),
        ({"iat": 9e12}, "too old|when you signed in"),
        ({"iat": "x"}, "when you signed in"),
    ],
)
def test_a_sign_in_that_is_not_wanted_is_refused_and_logged(store, claims, person, changed, word):
    with pytest.raises(AccessError, match=word):
        store.people.sign_in(claims() | changed)
    owner = person("owner@example.com")
    assert "denied" in store.audit.read(owner, owner.memberships[0].workspace_id)["action"].tolist()
    with store.catalogue.read() as con:
        assert con.execute(sa.select(sa.func.count()).select_from(tables.sessions)).scalar() == 1  # the owner's own


def test_an_e_mail_address_is_the_same_in_any_case(store, claims):
    assert store.people.sign_in(claims("Owner@Example.COM", sub="o")).memberships[0].role == "owner"


def test_a_session_holds_until_it_is_ended_and_never_again(store, claims):
    mine = claims()
    store.people.sign_in(mine)
    key = session_key(mine)
    assert store.people.of_session(key).email == "ann@example.com"
    store.people.sign_out(key)
    with pytest.raises(SignedOut, match="signed out"):
        store.people.of_session(key)
    with pytest.raises(AccessError, match="used before"):
        store.people.sign_in(mine)


@pytest.mark.parametrize(("created", "seen", "word"), [(13, 0, "12 hours"), (2, 61 / 60, "60 minutes")])
def test_a_session_ends_by_itself(store, claims, created, seen, word):
    mine = claims()
    store.people.sign_in(mine)
    key, moment = session_key(mine), datetime.now(UTC)
    with store.catalogue.write() as con:
        con.execute(tables.sessions.update().values(created_at=moment - timedelta(hours=created), seen_at=moment - timedelta(hours=seen)))
    with pytest.raises(SignedOut, match=word):
        store.people.of_session(key)


def test_only_clicks_count_against_the_idle_limit(store, claims):
    mine = claims()
    store.people.sign_in(mine)
    key, before = session_key(mine), datetime.now(UTC) - timedelta(minutes=30)
    with store.catalogue.write() as con:
        con.execute(tables.sessions.update().values(seen_at=before))

    def seen():
        with store.catalogue.read() as con:
            return con.execute(sa.select(tables.sessions.c.seen_at)).scalar()

    store.people.of_session(key, active=False)
    assert seen() == before
    store.people.of_session(key)
    assert seen() > before + timedelta(minutes=29)


def test_an_unknown_session_is_nobody(store):
    with pytest.raises(SignedOut, match="not signed in"):
        store.people.of_session("0" * 64)


def test_a_disabled_person_is_out_everywhere_and_cannot_come_back(store, claims, person):
    mine = claims()
    store.people.sign_in(mine)
    owner = person("owner@example.com")
    store.people.set_disabled(owner, "ann@example.com", disabled=True)
    with pytest.raises(SignedOut, match="switched off"):
        store.people.of_session(session_key(mine))
    with pytest.raises(AccessError, match="switched off"):
        store.people.sign_in(claims())
    store.people.set_disabled(owner, "ann@example.com", disabled=False)
    with pytest.raises(SignedOut, match="ended by an owner"):
        store.people.of_session(session_key(mine))
    assert store.people.sign_in(claims()).email == "ann@example.com"


def test_only_owners_of_the_first_workspace_shut_people_out(store, person):
    person("ann@example.com")
    for other in (person("else@example.com", "other"), person("e@example.com", "cs-leads"), person("new@example.com")):
        with pytest.raises(AccessError):
            store.people.set_disabled(other, "ann@example.com", disabled=True)


def test_roles_follow_the_groups_at_every_sign_in(store, person):
    assert roles(person("ann@example.com", "cs")) == {"Main": "viewer"}
    assert roles(person("ann@example.com", "cs", "cs-leads", "unknown")) == {"Main": "editor"}
    assert roles(person("ann@example.com")) == {}


def test_a_role_given_by_an_owner_stays_and_the_better_one_counts(store, person):
    owner = person("owner@example.com")
    place = owner.memberships[0].workspace_id
    store.people.grant(owner, place, "Ann@example.com", "editor")
    assert roles(person("ann@example.com", "cs")) == {"Main": "editor"}
    store.people.grant(owner, place, "ann@example.com", None)
    assert roles(person("ann@example.com", "cs")) == {"Main": "viewer"}


def test_a_later_person_with_the_same_address_inherits_nothing(store, claims, person):
    owner = person("owner@example.com")
    store.people.grant(owner, owner.memberships[0].workspace_id, "ann@example.com", "editor")
    assert roles(store.people.sign_in(claims(sub="first"))) == {"Main": "editor"}
    assert roles(store.people.sign_in(claims(sub="second"))) == {}


def test_only_owners_see_and_change_people(store, person):
    owner = person("owner@example.com")
    place = owner.memberships[0].workspace_id
    listed = store.people.members(owner, place)
    assert listed[["email", "role", "source"]].to_numpy().tolist() == [["owner@example.com", "owner", "settings"]]
    for other in (person("e@example.com", "cs-leads"), person("else@example.com", "other")):
        for act in (
            lambda a=other: store.people.members(a, place),
            lambda a=other: store.people.grant(a, place, "x@example.com", "owner"),
            lambda a=other: store.people.set_owner_dimension(a, place, "owner"),
            lambda a=other: store.audit.read(a, place),
        ):
            with pytest.raises(AccessError):
                act()


def test_a_token_has_the_rights_of_its_owner_as_they_are_today(store, person):
    ann = person("ann@example.com", "cs")
    text = store.people.new_token(ann, "report")
    assert store.people.of_token(text) == ann
    person("ann@example.com")  # the group is gone
    assert roles(store.people.of_token(text)) == {}
    (token,) = store.people.tokens(ann)
    store.people.revoke_token(person("eve@example.com"), token[0])
    assert store.people.of_token(text).email == "ann@example.com"  # not hers to end
    store.people.revoke_token(ann, token[0])
    with pytest.raises(SignedOut, match="not valid"):
        store.people.of_token(text)


def test_a_token_s_text_is_not_in_the_catalogue(store, person):
    text = store.people.new_token(person("ann@example.com"), "report")
    with store.catalogue.read() as con:
        rows = repr([con.execute(sa.select(t)).all() for t in tables.metadata.sorted_tables])
    assert "report" in rows
    assert text not in rows
    with pytest.raises(SignedOut):
        store.people.of_token(text[:-1])


def test_the_one_person_of_a_laptop_owns_the_first_workspace(store):
    assert roles(store.people.local) == {"Main": "owner"}
    with pytest.raises(AccessError, match="needs none"):
        store.people.new_token(store.people.local, "x")


def test_other_workspaces_do_not_read_who_signed_in(store, person):
    person("ann@example.com")
    other = person("else@example.com", "other")
    assert "sign-in" not in store.audit.read(other, other.memberships[0].workspace_id)["action"].tolist()


def test_a_store_opened_again_knows_the_session(store, settings, claims):
    mine = claims()
    actor = store.people.sign_in(mine)
    again = stores.open_store(settings)
    assert again.people.of_session(session_key(mine)) == actor
    again.close()
