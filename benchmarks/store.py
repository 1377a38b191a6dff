"""The rivals' data: one row per account and paying month, as a DuckDB table and as arrays for pandas.

Both are given what suits them: accounts, months and attributes as integers, money as whole ten-thousandths. None of
this is timed.
"""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.generate import VALUES
from nrr_core.schema import UNIT

__all__ = ["DENSE_FILE", "load_frame", "write"]

DENSE_FILE = "dense.duckdb"
_FIRST_MONTHS = "cast(substr(month, 1, 4) as integer) * 12 + cast(substr(month, 6, 2) as integer)"


def write(csv: Path, folder: Path) -> None:
    """Write the dense table and its columns as arrays into ``folder``."""
    folder.mkdir(exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": "6GB"}
    with duckdb.connect(str(folder / DENSE_FILE), config=config) as con:
        con.execute("create temp table raw as select * from read_csv($csv, all_varchar = true)", {"csv": str(csv)})
        codes = "".join(f", cast(list_position({sorted(values)!r}, {name}) - 1 as utinyint) as {name}" for name, values in VALUES.items())
        con.execute(
            f"create table dense as select cast(substr(account_id, 2) as integer) as account, {_FIRST_MONTHS} as m, "
            f"cast(cast(mrr as decimal(18, 4)) * {UNIT} as bigint) as mrr{codes} from raw"
        )
        for name in ("account", "m", "mrr", *VALUES):
            np.save(folder / f"{name}.npy", con.execute(f"select {name} from dense").fetchnumpy()[name])
    (folder / "values.json").write_text(json.dumps({name: sorted(values) for name, values in VALUES.items()}))


def load_frame(folder: Path, *, tuned: bool = False) -> pd.DataFrame:
    """The account rows with category columns, accounts too; ``tuned``: accounts as integers, which merge faster."""
    values = json.loads((folder / "values.json").read_text())
    columns = {name: np.load(folder / f"{name}.npy") for name in ("account", "m", "mrr")}
    if not tuned:
        ids = pd.Index([f"A{number:07d}" for number in range(int(columns["account"].max()) + 1)])
        columns["account"] = pd.Categorical.from_codes(columns["account"], categories=ids)
    for name, segments in values.items():
        codes = np.load(folder / f"{name}.npy").view(np.int8)
        columns[name] = pd.Categorical.from_codes(codes, categories=segments)
    return pd.DataFrame(columns, copy=False)
