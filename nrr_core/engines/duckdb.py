"""DuckDB in the process: one locked, read-only instance per dataset, one cursor per query."""

import contextlib
import json
import shutil
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nrr_core.dataset import MODEL_FILE, Axis, Dataset, Detail
from nrr_core.engine import Engine, Runs, Table
from nrr_core.errors import StoreError
from nrr_core.model.statements import statement

__all__ = ["LOCK", "DuckDBEngine", "axes_of", "open_dataset"]

_ROLLED = ("base", "kept", "arrivals", "transfers", "cohorts", "cohort_sizes")
_EXPORTED = ("accounts", "positions", "profiles", "segments", "items", "strands", "strand_profiles", "strand_segments", "rates")
LOCK = (
    "set TimeZone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set allow_community_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
_OPENING = threading.Lock()  # a file opened twice in one process is one instance, which is locked down once


class DuckDBEngine:
    """The model of one dataset folder.

    A connection shared by threads returns other callers' rows, so each query gets its own cursor and is fetched whole.
    Window lengths that were not prepared at import are paired inside each query.
    """

    def __init__(self, file: Path, *, memory: str = "2GB", threads: int = 2) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory, "threads": threads}
        with _OPENING:
            with _readable():
                self._con = duckdb.connect(str(file), read_only=True, config=config)
            if not self._con.execute("select current_setting('lock_configuration')").fetchall()[0][0]:
                for setting in LOCK:
                    self._con.execute(setting)
        self.windows: tuple[int, ...] = ()

    @property
    def runs(self) -> tuple[Runs, ...]:
        """None: the model is asked by statements."""
        return ()

    @property
    def size(self) -> int:
        """How many positions the model has."""
        return int(self._fetch("select count(*) from positions", {})[0][0])

    def query(
        self,
        name: str,
        *,
        parameters: Mapping[str, int] | None = None,
        inputs: Mapping[str, Table] | None = None,
        window: int | None = None,
    ) -> Table:
        """The rows of one statement, as numpy columns (see ``nrr_core.engine.Engine``)."""
        places = (("pairs", f"pairs_{window}"),) if window is not None else ()
        with self._con.cursor() as cursor:
            if window is not None and window not in self.windows:
                pairs = statement("pairs", literals=(("months", window),))
                cursor.execute(f"create temp view pairs_{window} as {pairs}")
            for table, columns in (inputs or {}).items():
                cursor.register(table, pa.table(dict(columns)))
            rows: Table = cursor.execute(statement(name, tables=places), dict(parameters or {})).fetchnumpy()
            return rows

    def rolled(self, name: str, window: int | None) -> Table:
        """The rows of one of the import's roll-ups."""
        if name not in _ROLLED or (window is not None and window not in self.windows):
            raise KeyError(name, window)
        table = f"rolled_{name}" if window is None else f"rolled_{name}_{window}"
        with self._con.cursor() as cursor:
            rows: Table = cursor.execute(f"select * from {table}").fetchnumpy()
            return rows

    def segments(self, key: str) -> tuple[str, ...]:
        """The segments of a dimension by code, blank as an empty text."""
        rows = self._fetch("select value from segments where key = $key order by code", {"key": key})
        return tuple(value for (value,) in rows)

    def account_ids(self, accounts: npt.NDArray[Any]) -> list[str]:
        """Ids of account numbers, in their order."""
        with self._con.cursor() as cursor:
            wanted = {"place": np.arange(len(accounts)), "account": np.asarray(accounts, dtype=np.int32)}
            cursor.register("wanted", pa.table(wanted))
            sql = "select a.account_id from wanted as w join accounts as a on a.account = w.account order by w.place"
            return [text for (text,) in cursor.execute(sql).fetchall()]

    def account_numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """Account numbers of the ids that exist."""
        sql = "select account_id, account from accounts where list_contains($ids, account_id)"
        return dict(self._fetch(sql, {"ids": list(ids)}))

    def account_with_key(self, key: str) -> str | None:
        """The id whose key (``ledger.account_key``) this is, or None."""
        found = self._fetch("select account_id from accounts where starts_with(sha256(account_id), $key) limit 1", {"key": key})
        return found[0][0] if found else None

    def accounts_containing(self, text: str) -> npt.NDArray[Any]:
        """Numbers of the accounts whose id contains the text, given in lower case."""
        sql = "select account from accounts where contains(lower(account_id), $text)"
        return np.array([number for (number,) in self._fetch(sql, {"text": text})], dtype=np.int32)

    def table(self, name: str, *, limit: int) -> Table:
        """The first rows of ``problems`` or ``quarantine``."""
        if name not in {"problems", "quarantine"}:
            raise KeyError(name)
        with self._con.cursor() as cursor:
            rows: Table = cursor.execute(f"select * from {name} limit $limit", {"limit": limit}).fetchnumpy()
            return rows

    def _fetch(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._con.cursor() as cursor:
            rows: list[tuple[Any, ...]] = cursor.execute(sql, dict(parameters)).fetchall()
            return rows

    def export(self, name: str) -> pa.Table:
        """One of the model's tables, whole, for a ledger that is derived from it."""
        if name not in _EXPORTED:
            raise KeyError(name)
        with self._con.cursor() as cursor:
            return cursor.sql(f"select * from {name}").to_arrow_table()

    def facts(self) -> dict[str, Any]:
        """What the import noted about the dataset."""
        found: dict[str, Any] = json.loads(self._fetch("select value from meta where key = 'dataset'", {})[0][0])
        return found

    def profiles(self) -> Table:
        """The profiles: per dimension the segment's code, and the cell."""
        with self._con.cursor() as cursor:
            rows: Table = cursor.execute("select * from profiles order by profile").fetchnumpy()
            return rows

    def close(self) -> None:
        """Let go of the file."""
        self._con.close()


def open_dataset(path: Path, *, owned: bool = False, memory: str = "2GB", name: str | None = None, scope: str = "") -> Dataset:
    """Open a dataset folder written by the import.

    Parameters
    ----------
    path
        The folder.
    owned
        Delete the folder together with the returned object.
    memory
        DuckDB's memory limit for this dataset.
    name, scope
        What the store calls it, and for whom it is opened (``nrr_core.dataset``).

    """
    engine = DuckDBEngine(path / MODEL_FILE, memory=memory)
    try:
        with _readable():
            facts, profiles = engine.facts(), engine.profiles()
    except StoreError:
        engine.close()  # DuckDB gives the same instance to whoever opens this path next
        raise
    engine.windows = tuple(facts["windows"])
    cells = profiles["cell"].astype(np.int32)
    dataset = Dataset(
        path=path,
        name=name or facts["name"],
        sha256=facts["sha256"],
        first=facts["first"],
        last=facts["last"],
        accounts=facts["accounts"],
        axes=axes_of(facts["axes"], profiles, engine),
        cells=cells,
        windows=engine.windows,
        report=facts["report"],
        engine=engine,
        scope=scope,
        detail=Detail(**facts["detail"]) if facts.get("detail") else None,
    )
    weakref.finalize(dataset, _release, engine, path if owned else None)
    return dataset


def axes_of(facts: Sequence[Mapping[str, Any]], profiles: Table, engine: Engine) -> tuple[Axis, ...]:
    """The dimensions of a model: what is known of each, with the segments of its profiles and cells."""
    first_of_cell = np.unique(profiles["cell"], return_index=True)[1]
    axes = []
    for fact in facts:
        codes = profiles[fact["key"]].astype(np.int32)
        of_cells = codes[first_of_cell] if fact["rolled"] else np.zeros(0, dtype=np.int32)
        axes.append(Axis(**fact, codes=codes, cell_codes=of_cells, engine=engine))
    return tuple(axes)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """A model's file that is damaged or can't be read, in words. DuckDB checks its blocks, so damage shows."""
    try:
        yield
    except duckdb.Error as error:
        if not (isinstance(error, duckdb.IOException) or "Corrupt database file" in str(error)):
            raise
        raise StoreError(
            "The dataset's prepared tables could not be read. Open it again; if it stays like this, import it again."
        ) from error


def _release(engine: DuckDBEngine, path: Path | None) -> None:
    engine.close()
    if path is not None:
        shutil.rmtree(path, ignore_errors=True)
