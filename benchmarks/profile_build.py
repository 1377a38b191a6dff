"""Where the import's time goes: `python -m benchmarks.profile_build FILE` prints its statements, slowest first.

What is left after the statements is Python: hashing the bytes, looking at lines, and what runs between statements.
"""

import argparse
import json
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from unittest import mock

import duckdb

from nrr_core import reading

__all__ = ["profile"]

_WIDTH = 110


class _Timed:
    """A connection that notes how long each statement takes; results that stream count until they are fetched."""

    def __init__(self, con: Any, spent: dict[str, list[float]]) -> None:
        self._con, self._spent = con, spent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._con, name)
        if name == "cursor":
            return lambda: _Timed(found(), self._spent)
        return self._noting(name, found) if callable(found) else found

    def _noting(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            since = time.perf_counter()
            result = call(*arguments, **named)
            sql = arguments[0] if name in {"execute", "sql"} and arguments else name
            self._spent[re.sub(r"\s+", " ", str(sql))[:_WIDTH]].append((time.perf_counter() - since) * 1000)
            return self if result is self._con else result

        return noted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._con.close()


def profile(file: Path, *, memory: str = "2GB") -> dict[str, Any]:
    """Milliseconds of the whole import and of each of its statements."""
    spent: dict[str, list[float]] = defaultdict(list)
    connect = duckdb.connect
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        mock.patch.object(reading.duckdb, "connect", lambda *a, **k: _Timed(connect(*a, **k), spent)),
    ):
        since = time.perf_counter()
        reading.prepare(file, Path(folder), memory=memory)
        whole = (time.perf_counter() - since) * 1000
    ordered = sorted(spent.items(), key=lambda item: -sum(item[1]))
    steps = [{"step": step, "ms": round(sum(times), 1), "runs": len(times)} for step, times in ordered]
    return {"ms": whole, "statements_ms": sum(sum(times) for times in spent.values()), "steps": steps}


def main() -> None:
    """Print the steps from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile_build", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--memory", default="2GB")
    chosen = parser.parse_args()
    print(json.dumps(profile(chosen.file, memory=chosen.memory), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
