"""A store on SQLite and one on a real Postgres, each empty; people and small datasets to put into it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from books import REVENUE

from nrr_core import store as stores
from nrr_core.reading import prepare
from nrr_core.settings import Grant, Settings

ISSUER = "https://id.example.com"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """The address of an empty database; empty text for SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    return request.getfixturevalue("postgres")()


@pytest.fixture
def settings(tmp_path, database):
    return Settings(
        data=tmp_path / "store", database=database, domains=("example.com",), owners=("owner@example.com",),
        groups=(Grant("cs", "Main", "viewer"), Grant("cs-leads", "Main", "editor"), Grant("other", "Other", "owner")),
    )  # fmt: skip


@pytest.fixture
def store(settings):
    held = stores.open_store(settings)
    yield held
    held.close()


@pytest.fixture
def claims():
    """Claims of an identity token; every call is a sign-in of its own."""
    counted = iter(range(1_000))

    def _claims(email="ann@example.com", **more):
        return {
            "iss": ISSUER, "sub": email, "email": email, "email_verified": True, "name": email.split("@")[0].title(),
            "iat": datetime.now(UTC).timestamp(), "nonce": f"n{next(counted)}",
        } | more  # fmt: skip

    return _claims


@pytest.fixture
def person(store, claims):
    """Somebody who has just signed in."""

    def _person(email="ann@example.com", *groups):
        return store.people.sign_in(claims(email, groups=list(groups)))

    return _person


@pytest.fixture
def draft(store, tmp_path):
    """An import that is not saved yet."""
    made = iter(range(1_000))

    def _draft(actor, text=REVENUE):
        place = actor.memberships[0].workspace_id
        source = tmp_path / f"{next(made)}.csv"
        source.write_text(text, encoding="utf-8")
        raw = store.datasets.keep_raw(actor, place, source.name, source)
        folder = store.files.scratch()
        prepare(source, folder, tables=True)
        return stores.Draft(folder, (raw,))

    return _draft


@pytest.fixture
def published(store, draft):
    """A saved dataset."""

    def _published(actor, text=REVENUE, *, name="Revenue", dataset_id=None):
        place = actor.memberships[0].workspace_id
        return store.datasets.publish(actor, place, draft(actor, text), name=name, dataset_id=dataset_id)

    return _published
