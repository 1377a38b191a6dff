"""Datasets for tests, made straight from revenue lines."""

import shutil
import tempfile
from pathlib import Path

import duckdb

from nrr_core.engines import open_dataset
from nrr_core.model.build import Column, build

FACTS = {
    "name": "ledger", "sha256": "0" * 64,
    "report": {"rows_accepted": 0, "rows_repaired": 0, "rows_quarantined": 0, "currency": "USD"},
}  # fmt: skip


def make(lines, *, dimensions=(), attributes=None, last=None, one_month=False):
    """A dataset straight from revenue lines (account, from, until or None, amount, attributes)."""
    folder = Path(tempfile.mkdtemp(prefix="nrr-test-"))
    work = folder / "work"
    work.mkdir()
    keys = [f"d{i + 1}" for i in range(len(dimensions))]
    columns = [Column(k, n, "revenue") for k, n in zip(keys, dimensions, strict=True)]
    with duckdb.connect(str(work / "stage.duckdb")) as con:
        typed = "".join(f", {k} varchar" for k in keys)
        con.execute(f"create table revenue (row bigint, account_id varchar, f integer, t integer, amount bigint{typed})")
        rows = [(i, a, f, t, amount, *d[: len(keys)]) for i, (a, f, t, amount, d) in enumerate(lines, 1)]
        if rows:
            con.executemany(f"insert into revenue values ({', '.join('?' * (5 + len(keys)))})", rows)
        if attributes:
            con.execute("create table attributes (account_id varchar, x1 varchar)")
            con.executemany("insert into attributes values (?, ?)", list(attributes.items()))
            columns.append(Column("x1", "attribute", "accounts"))
        if last is None:
            last = max(max(f, t or f) for _, f, t, _, _ in lines) - one_month
        for listed in ("problems", "quarantine"):
            con.execute(f"create table {listed} (rule varchar)")
        build(con, folder, columns=columns, one_month=one_month, last=last, facts=FACTS)
    shutil.rmtree(work)
    return open_dataset(folder, owned=True)
