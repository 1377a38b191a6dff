"""Work in a process of its own: memory is given back at its end, and its peak is its own.

`python -m benchmarks.child TASK ARGUMENTS` prints what the task found, as JSON; ``run`` starts it.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["TASKS", "run"]

_ROOT = Path(__file__).resolve().parents[1]


def run(task: str, **arguments: Any) -> dict[str, Any]:
    """Start a child, wait, and return what it found with its wall clock, processor time and peak memory."""
    command = [sys.executable, "-m", "benchmarks.child", task, json.dumps(arguments, default=str)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{task} failed: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peak_mb() -> float:
    """The most memory this process has held, in MB; of a new process even when a large one started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _build(file: str, folder: str, memory: str) -> dict[str, Any]:
    """CSV to a dataset folder that can be opened."""
    from nrr_core.reading import prepare  # noqa: PLC0415 - each child imports what it measures

    clock = _Clock()
    prepare(Path(file), Path(folder), memory=memory)
    return clock.spent()


def _parse(file: str, *, keep: bool) -> dict[str, Any]:
    """DuckDB reads every cell of the file as text; kept as a table, or only counted."""
    import duckdb  # noqa: PLC0415

    from benchmarks.generate import VALUES  # noqa: PLC0415

    con = duckdb.connect(config={"threads": 2})
    clock = _Clock()
    if keep:
        con.execute("create table cells as select * from read_csv($file, all_varchar = true)", {"file": file})
    else:
        counts = ", ".join(f"count({name})" for name in ("account_id", "month", "mrr", *VALUES))
        con.execute(f"select {counts} from read_csv($file, all_varchar = true)", {"file": file}).fetchall()
    return clock.spent()


def _dense(file: str, folder: str) -> dict[str, Any]:
    """Write the rivals' data."""
    from benchmarks import store  # noqa: PLC0415

    clock = _Clock()
    store.write(Path(file), Path(folder))
    return clock.spent()


def _queries(model: str, dense: str, rounds: int, only: list[str]) -> dict[str, Any]:
    """Time the questions."""
    from benchmarks import queries  # noqa: PLC0415

    return queries.run(Path(model), Path(dense), rounds=rounds, only=only)


def _explore(model: str, *, detail: bool) -> dict[str, Any]:
    """Our three questions, once."""
    from contextlib import nullcontext  # noqa: PLC0415

    import nrr_core as nrr  # noqa: PLC0415
    from benchmarks.our_way import from_account_rows  # noqa: PLC0415
    from nrr_core.engines import open_dataset  # noqa: PLC0415

    clock = _Clock()
    data = open_dataset(Path(model))
    with from_account_rows() if detail else nullcontext():
        nrr.retention(data, window=12, by="plan", where={"region": ["EMEA"]})
        nrr.movements(data)
        nrr.cohorts(data)
    return clock.spent()


def _explore_pandas(dense: str) -> dict[str, Any]:
    """The same three questions in pandas, once."""
    from benchmarks import pandas_way, store  # noqa: PLC0415

    clock = _Clock()
    frame = store.load_frame(Path(dense))
    pandas_way.retention(frame, months=12, by="plan", where={"region": ["EMEA"]})
    pandas_way.bridge(frame)
    pandas_way.cohorts(frame)
    return clock.spent()


def _import() -> dict[str, Any]:
    """How long `import nrr_core` takes, alone (``bare_ms``) and with every public name loaded."""
    clock = _Clock()
    import nrr_core  # noqa: PLC0415

    bare = clock.spent()
    for name in nrr_core.__all__:
        getattr(nrr_core, name)
    return clock.spent() | {"bare_ms": bare["ms"]}


class _Clock:
    """Wall clock and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu, self._memory = time.perf_counter(), time.process_time(), _peak_mb()

    def spent(self) -> dict[str, Any]:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {"ms": wall * 1000, "cpu_ms": cpu * 1000, "peak_mb": _peak_mb(), "start_mb": self._memory}


TASKS = {
    "build": _build, "parse": _parse, "dense": _dense, "queries": _queries,
    "explore": _explore, "explore_pandas": _explore_pandas, "import": _import,
}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
