"""The schema that the migrations make is the one that the tables describe, on every database."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from nrr_core.store import open_store, tables


def test_migrations_end_where_the_tables_are(store):
    with store.catalogue.read() as con:
        assert compare_metadata(MigrationContext.configure(con), tables.metadata) == []


def test_a_second_start_changes_nothing(store, settings):
    before = store.catalogue.revision()
    again = open_store(settings)
    assert before is not None
    assert again.catalogue.revision() == before
    again.close()


@pytest.mark.parametrize("database", [""])
def test_sqlite_writes_what_it_says_it_has_written(store):
    with store.catalogue.read() as con:
        said = {
            name: con.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
