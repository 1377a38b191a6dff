"""The catalogue's database: SQLite for one machine, Postgres by address for several; one schema, moved by migrations."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from nrr_core.errors import StoreError

__all__ = ["Catalogue", "new_id", "now"]

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON")
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING = 7_240_118  # key of the lock that lets one replica migrate while the others wait


def new_id() -> str:
    """128 random bits as 22 characters that need no quoting in an address."""
    return secrets.token_urlsafe(16)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Catalogue:
    """Transactions on the catalogue; ``migrate`` before the first one."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        self.sqlite = address.get_backend_name() == "sqlite"
        self.took: Callable[[float], None] = lambda _seconds: None  # told of every transaction; the app's metrics listen
        more: dict[str, Any] = {} if self.sqlite else {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
        self.engine = sa.create_engine(address, **more)
        if self.sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self._told(), self.engine.connect() as con, con.begin():
            yield con

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A transaction that reads one moment of the whole catalogue, however long it takes."""
        engine = self.engine if self.sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        with self._told(), engine.connect() as con, con.begin():
            yield con

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: all of it is kept, or nothing.

        Where the commit itself fails, which of the two is known to nobody: the database may have kept it and not said so.
        """
        with self._told() as outcome, self.engine.connect().execution_options(writes=True) as con, con.begin():
            yield con
            outcome.append("It is not certain whether the change was kept. Look, and try again in a minute.")

    @contextmanager
    def _told(self) -> Iterator[list[str]]:
        """A database that cannot be reached or written, in words; the last text of the list says what that means."""
        outcome = ["Nothing was changed. Try again in a minute."]
        started = time.perf_counter()
        try:
            yield outcome
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
            told = f": {reason}" if self.sqlite else ""  # a server's words name its address
            raise StoreError(f"The catalogue's database did not take part{told}. {outcome[-1]}") from error
        finally:
            self.took(time.perf_counter() - started)

    def migrate(self, to: str = "head") -> None:
        """Bring the schema to this version, or to an older revision that it knows; safe to call from several replicas at once."""
        from alembic import command  # noqa: PLC0415 - only at start-up

        config = _migrations()
        with self._told(), self.engine.connect().execution_options(writes=True) as con, con.begin():
            if not self.sqlite:
                con.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
            config.attributes["connection"] = con
            command.upgrade(config, to)

    def revision(self) -> str | None:
        """The schema's revision, None before the first migration."""
        from alembic.migration import MigrationContext  # noqa: PLC0415 - only for a check of a deployment

        with self.read() as con:
            found: str | None = MigrationContext.configure(con).get_current_revision()
            return found

    @staticmethod
    def revisions() -> list[str]:
        """Every revision this version of the code knows, the newest first."""
        from alembic.script import ScriptDirectory  # noqa: PLC0415 - only for a check of a deployment

        return [one.revision for one in ScriptDirectory.from_config(_migrations()).walk_revisions()]

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _migrations() -> Any:
    from alembic.config import Config  # noqa: PLC0415 - only at start-up

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    for pragma in _PRAGMAS:
        connection.execute(f"pragma {pragma}").close()


def _begin_sqlite(con: sa.Connection) -> None:
    """A writer takes its lock at once, so that it never fails half way; readers take none."""
    con.exec_driver_sql("begin immediate" if con.get_execution_options().get("writes") else "begin")
