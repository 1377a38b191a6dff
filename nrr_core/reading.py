"""Reading: from files to a dataset, in this process."""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from nrr_core import ingest
from nrr_core.dataset import Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import IngestError
from nrr_core.ingest.staging import staging_place
from nrr_core.model.build import Column, build
from nrr_core.model.canonical import Recipe, write_canonical
from nrr_core.periods import current_month, month_text, parse_month
from nrr_core.stamp import VERSION

__all__ = ["content_hash", "finish", "prepare", "prepare_apart", "read"]

_CHUNK = 1 << 20


def read(
    file: str | Path,
    *,
    accounts: str | Path | None = None,
    rates: str | Path | None = None,
    last: str | None = None,
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Dataset:
    """Read a revenue file, whatever its layout, into a dataset.

    Parameters
    ----------
    file
        CSV or TSV of any delimiter and encoding, XLSX, or Parquet: snapshots, months as columns, or spans.
    accounts
        A second file of account attributes, joined by id.
    rates
        Exchange rates for amounts in several currencies: columns currency, month and rate, in units of the currency whose
        rate is 1 throughout. A month without a rate takes the last one before.
    last
        The last month that counts, ``YYYY-MM``. Default: the last month present (spans: the latest start or end),
        never after the current month.
    mapping
        Column of the file for each field, where the guess is not right: ``{"mrr": "Net amount"}``.
    answers
        Answers to the import's questions by key.
    name
        Shown instead of the file's name.

    Raises
    ------
    IngestError
        The file is refused (``NeedsAnswer``: a question is open); the text says why and what to do.

    """
    file, accounts, rates = Path(file), Path(accounts) if accounts else None, Path(rates) if rates else None
    options = ingest.Options(mapping=tuple(sorted((mapping or {}).items())), answers=tuple(sorted((answers or {}).items())))
    folder = Path(tempfile.mkdtemp(prefix="nrr-"))
    try:
        prepare(file, folder, accounts=accounts, rates=rates, last=last, options=options, name=name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return open_dataset(folder, owned=True)


def prepare(
    file: Path,
    folder: Path,
    *,
    accounts: Path | None = None,
    rates: Path | None = None,
    last: str | None = None,
    options: ingest.Options | None = None,
    name: str | None = None,
    memory: str = "2GB",
    tables: bool = False,
) -> None:
    """Write a dataset folder from files, in this process; ``folder`` exists and is empty.

    ``tables`` keeps the canonical tables in ``folder/canonical`` as well, which is what the store publishes.
    """
    options = options or ingest.Options()
    arguments = _arguments(file, folder, accounts=accounts, rates=rates, options=options, last=last, name=name, tables=tables)
    work = folder / "work"
    work.mkdir()
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory, "threads": 2}
    con = duckdb.connect(staging_place(file, work / "stage.duckdb"), config=config)
    try:
        con.execute(f"set temp_directory = '{work / 'spill'}'")
        con.execute("set TimeZone = 'UTC'")
        report = ingest.read_revenue(con, file, name=name, accounts=accounts, rates=rates, options=options, work=work)
        finish(con, report, work, **arguments)
    finally:
        con.close()
        shutil.rmtree(work, ignore_errors=True)


def prepare_apart(
    file: Path,
    folder: Path,
    *,
    accounts: Path | None = None,
    rates: Path | None = None,
    last: str | None = None,
    options: ingest.Options | None = None,
    name: str | None = None,
    on_progress: Callable[[str, float], None] = lambda _step, _share: None,
    cancelled: Callable[[], bool] = lambda: False,
    memory_mb: int = 4096,
    seconds: float = 900.0,
    tables: bool = False,
) -> None:
    """The same in a process of its own, with limits on memory, time and files; for files from strangers."""
    from nrr_core.ingest import apart, child  # noqa: PLC0415 - notebooks never start one

    options = options or ingest.Options()
    work = folder / "work"
    try:
        arguments = _arguments(file, folder, accounts=accounts, rates=rates, options=options, last=last, name=name, tables=tables)
        work.mkdir()
        apart.run(
            file, accounts, options, work, rates=rates, name=name, on_progress=on_progress, cancelled=cancelled,
            then="nrr_core.reading:finish", then_arguments=arguments, limits=apart.Limits(memory=memory_mb << 20, seconds=seconds),
        )  # fmt: skip
    except OSError as error:
        raise IngestError(child.disk_text(error)) from error
    finally:
        with contextlib.suppress(OSError):  # what rmtree ignores leaves out that a folder can't be closed
            shutil.rmtree(work, ignore_errors=True)


def _arguments(
    file: Path,
    folder: Path,
    *,
    accounts: Path | None,
    rates: Path | None,
    options: ingest.Options,
    last: str | None,
    name: str | None,
    tables: bool,
) -> dict[str, Any]:
    """What ``finish`` needs besides the import, as plain values; refuses what can be refused before reading."""
    if last:
        parse_month(last)
    for path in (file, accounts, rates):
        if path is not None and not path.is_file():
            raise IngestError(f"There is no file “{path.name}”. Check the path.")
    sha256 = content_hash(file, accounts, rates=rates, options=options, last=last)
    return {"folder": str(folder), "name": name or file.name, "sha256": sha256, "last": last, "tables": tables}


def finish(
    con: duckdb.DuckDBPyConnection,
    report: ingest.Report,
    work: Path,  # noqa: ARG001 - every hook of the import is given its folder
    *,
    folder: str,
    name: str,
    sha256: str,
    last: str | None,
    tables: bool,
) -> None:
    """Build the model from an import that has just been read; also what the import's own process runs at its end."""
    until = parse_month(last) if last else None
    recipe = Recipe(
        columns=tuple(Column(d.key, d.name, d.origin) for d in report.dimensions),
        one_month=report.one_month,
        last=_last_month(con, until, one_month=report.one_month),
        facts={"name": name, "sha256": sha256, "report": report.as_dict()} | ({"detail": report.detail} if report.detail else {}),
    )
    if tables:
        (Path(folder) / "canonical").mkdir()
        write_canonical(con, Path(folder) / "canonical", recipe)
    build(con, Path(folder), columns=recipe.columns, one_month=recipe.one_month, last=recipe.last, facts=recipe.facts)


def _last_month(con: duckdb.DuckDBPyConnection, until: int | None, *, one_month: bool) -> int:
    """The last month that counts: as asked, or the latest start or end in the file, never after the current month."""
    first, start, end = con.execute("select min(f), max(f), max(t) from revenue").fetchall()[0]
    latest = start if one_month or end is None else max(start, end)
    if latest is None:
        raise IngestError("No row of the file could be used, so there is nothing to compute. See the problems.")
    last = min(int(latest), current_month()) if until is None else until
    if last < first:
        raise IngestError(
            f"The data begins in {month_text(first)}, after the last month that counts ({month_text(last)}). Choose a later last month."
        )
    return last


def content_hash(file: Path, accounts: Path | None, *, rates: Path | None = None, options: ingest.Options, last: str | None) -> str:
    """sha256 over the files' bytes, the choices made in reading them, and the version that reads."""
    digest = hashlib.sha256(repr((VERSION, options.mapping, options.answers, last)).encode())
    for path in (file, accounts, *((rates,) if rates else ())):
        digest.update(b"\0file\0")
        if path is not None:
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()
