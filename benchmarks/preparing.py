"""From the file to something that answers: time, memory and disk of the import, beside a raw parse of the same bytes."""

import shutil
import statistics
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import child
from nrr_core.dataset import MODEL_FILE

__all__ = ["disk", "imports", "memory", "prepare"]

LIMIT, ROOMY = "2GB", "12GB"  # the import's own limit, and one that it does not feel
ROLLED = "rolled_"
PREPARED = ("positions", "pairs_")


def prepare(file: Path, model: Path, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Build the dataset and parse the file in turn, each in a process of its own; leaves a dataset in ``model``."""
    found: dict[str, list[dict[str, Any]]] = {"parse": [], "parse_to_table": [], "limited": [], "roomy": []}
    for _ in range(rounds):
        found["parse"].append(child.run("parse", file=file, keep=False))
        found["parse_to_table"].append(child.run("parse", file=file, keep=True))
        for name, memory in (("roomy", ROOMY), ("limited", LIMIT)):
            shutil.rmtree(model, ignore_errors=True)
            model.mkdir()
            found[name].append(child.run("build", file=file, folder=model, memory=memory))
    return {name: _medians(runs) for name, runs in found.items()}


def memory(model: Path, dense: Path) -> dict[str, dict[str, Any]]:
    """Peak memory of a process that asks three questions: of roll-ups, of positions and pairs, in pandas."""
    return {
        "rollups": child.run("explore", model=model, detail=False),
        "detail": child.run("explore", model=model, detail=True),
        "pandas": child.run("explore_pandas", dense=dense),
    }


def imports(rounds: int = 5) -> dict[str, Any]:
    """`import nrr_core` in new processes."""
    return _medians([child.run("import") for _ in range(rounds)])


def disk(file: Path, model: Path) -> dict[str, Any]:
    """Bytes of the dataset and of its tables, beside the file it came from."""
    database = model / MODEL_FILE
    with duckdb.connect(str(database), read_only=True) as con:
        names = [name for (name,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        size = con.execute("select block_size from pragma_database_size()").fetchall()[0][0]
        blocks = {name: _blocks(con, name) for name in names}
    rolled = set().union(*(used for name, used in blocks.items() if name.startswith(ROLLED)))
    prepared = set().union(*(used for name, used in blocks.items() if name.startswith(PREPARED)))
    return {
        "csv": file.stat().st_size,
        "dataset": sum(path.stat().st_size for path in model.rglob("*") if path.is_file()),
        "positions_and_pairs": len(prepared) * size,
        "rollups": len(rolled) * size,
        "tables": {name: len(used) * size for name, used in blocks.items()},
    }


def _blocks(con: duckdb.DuckDBPyConnection, table: str) -> set[int]:
    """The blocks a table lies in; small tables share them."""
    sql = "select distinct block_id from pragma_storage_info($table) where persistent and block_id >= 0"
    return {block for (block,) in con.execute(sql, {"table": table}).fetchall()}


def _medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0] if name != "start_mb"}
    return found | {"runs": len(runs)}
