"""Reading a piece of text as a revenue file."""

import duckdb
import pytest

from nrr_core import ingest


@pytest.fixture
def read(tmp_path):
    count = 0

    def _read(content, *, accounts=None, mapping=None, suffix="csv", **answers):
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        path = folder / f"file.{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        second = None
        if accounts is not None:
            second = folder / "accounts.csv"
            second.write_text(accounts)
        options = ingest.Options(mapping=tuple((mapping or {}).items()), answers=tuple(answers.items()))
        con = duckdb.connect(str(folder / "work.duckdb"))
        report = ingest.read_revenue(con, path, accounts=second, options=options, work=folder)
        return con, report

    return _read
