"""The schema that the migrations make is the one that the tables describe, on every database."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from nrr_core.errors import StoreError
from nrr_core.store import open_store, tables
from nrr_core.store.catalogue import Catalogue


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


def test_a_server_that_cannot_be_reached_is_not_named_to_visitors():
    catalogue = Catalogue("postgresql://ada:secret@127.0.0.1:1/nrr")
    with pytest.raises(StoreError) as refused, catalogue.read():
        raise AssertionError("nobody is there")
    catalogue.close()
    assert str(refused.value) == "The catalogue's database did not take part. Nothing was changed. Try again in a minute."
    assert "127.0.0.1" in str(refused.value.__cause__)  # the log has it
