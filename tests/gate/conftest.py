"""A deployment with sign-in: in this process for the rules, as processes and a browser for the rest."""

import shutil
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

import deployment
from guest import Guest

with warnings.catch_warnings(action="ignore"):  # its client works with httpx as with the successor it would rather have
    import starlette.testclient  # noqa: F401 - so that nobody else meets the warning

from nrr_core.store import Store, tables


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """The folder of a store that was just made."""
    folder = tmp_path_factory.mktemp("store") / "data"
    Store(deployment.settings(folder)).close()
    return folder


@pytest.fixture
def store(empty, tmp_path):
    shutil.copytree(empty, tmp_path / "data")
    opened = Store(deployment.settings(tmp_path / "data"))
    yield opened
    opened.close()


# --- processes and a browser ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def provider(tmp_path_factory):
    started = deployment.Provider(tmp_path_factory.mktemp("provider") / "log.txt")
    yield started
    started.process.end()


@pytest.fixture(scope="session")
def house(provider, tmp_path_factory):
    """The app with sign-in: its address, and its store as another replica sees it."""
    folder = tmp_path_factory.mktemp("house")
    url, process = deployment.app("app.py", provider, folder / "data", folder / "log.txt")
    opened = Store(deployment.settings(folder / "data", url=url))
    yield House(url, opened, folder)
    opened.close()
    process.end()


@pytest.fixture(scope="session")
def plain(provider, tmp_path_factory):
    """Streamlit's own sign-in without the gate: the control."""
    folder = tmp_path_factory.mktemp("plain")
    url, process = deployment.app("tests/gate/ungated.py", provider, folder / "data", folder / "log.txt")
    yield url
    process.end()


@dataclass(frozen=True)
class House:
    url: str
    store: Store
    folder: Path

    def owner(self):
        """Olga, who owns the first workspace, as the store knows her."""
        told = deployment.claims("olga", url=self.url, iss="https://elsewhere", sub="olga-in-the-store")
        return self.store.people.sign_in(told)

    def sessions(self, name):
        """The keys of somebody's sessions, newest first."""
        asked = (
            sa.select(tables.sessions.c.key)
            .join(tables.users, tables.users.c.id == tables.sessions.c.user_id)
            .where(tables.users.c.email == f"{name}@acme.com")
            .order_by(tables.sessions.c.created_at.desc())
        )
        with self.store.catalogue.read() as con:
            return list(con.execute(asked).scalars())

    def move(self, key, **columns):
        """Put moments of a session back."""
        with self.store.catalogue.write() as con:
            con.execute(tables.sessions.update().where(tables.sessions.c.key == key).values(**columns))


@pytest.fixture
def guest(house, browser):
    """Opens browsers; at the end, none of them was stopped by the content policy."""
    come = []

    def _guest(url=None, **options):
        come.append(Guest(browser, url or house.url, **options))
        return come[-1]

    yield _guest
    for one in come:
        one.close()
    assert [text for one in come if one.url == house.url for text in one.blocked] == []
