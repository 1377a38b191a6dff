"""Stores on SQLite and on a real Postgres, filled by publishing."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # shelves.py, asgi.py

from shelves import fill

from nrr_core.settings import Settings
from nrr_core.store.backup import back_up


@pytest.fixture
def empty(tmp_path, request):
    """Settings of a store that does not exist yet, on ``sqlite`` or ``postgres``."""

    def _empty(kind, name="empty"):
        database = request.getfixturevalue("postgres")() if kind == "postgres" else ""
        return Settings(data=tmp_path / name, database=database)

    return _empty


@pytest.fixture
def filled(empty, tmp_path):
    """Settings of a store that ``shelves.fill`` has filled."""
    return lambda kind: fill(empty(kind, "filled"), tmp_path)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """The bytes of a backup of such a store."""
    work = tmp_path_factory.mktemp("saved")
    back_up(fill(Settings(data=work / "store"), work), work / "backup.tar")
    return (work / "backup.tar").read_bytes()
