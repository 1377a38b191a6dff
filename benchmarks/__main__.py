"""`python -m benchmarks`: every figure as a ratio of two that were measured in the same run, as one JSON document."""

import argparse
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import bars, child, generate, preparing
from benchmarks.queries import QUERIES

__all__ = ["main", "measure"]

PARTS = ("build", "disk", "memory", *QUERIES)
ROUNDS = ((20_000, 7), (200_000, 5))  # sizes up to this many accounts are timed in so many rounds
FEWEST = 2
IMPORT_GOAL_MS = 500


def measure(accounts: int, *, months: int, folder: Path, only: list[str], size: str, rounds: int | None = None) -> dict[str, Any]:
    """Everything about one size; files are left in ``folder``."""
    name = f"{size}x{months}"
    file, model, dense = folder / f"{name}.csv", folder / f"model-{name}", folder / f"dense-{name}"
    rounds = rounds or next((number for most, number in ROUNDS if accounts <= most), FEWEST)
    if not file.exists():
        generate.write(file, accounts, months)
    found: dict[str, Any] = {"accounts": accounts, "months": months, "rounds": rounds}
    if "build" in only or not model.exists():
        _say(size, "build")
        found["build"] = preparing.prepare(file, model, rounds=max(1, rounds // 2))
    found["disk"] = preparing.disk(file, model)
    if not dense.exists():
        _say(size, "the rivals' data")
        child.run("dense", file=file, folder=dense)
    asked = [name for name in QUERIES if name in only]
    if asked:
        _say(size, ", ".join(asked))
        found |= child.run("queries", model=model, dense=dense, rounds=rounds, only=asked)
    if "memory" in only:
        _say(size, "memory")
        found["memory"] = preparing.memory(model, dense)
    return found | {"bars": bars.judged(found, size)}


def _say(size: str, what: str) -> None:
    print(f"{size}: {what}", file=sys.stderr, flush=True)


def _number(size: str) -> int:
    """Accounts of a size written 10k, 1M or 300."""
    found = re.fullmatch(r"(\d+)([kM]?)", size)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"“{size}” is not a number of accounts. Write 300, 10k or 1M.")
    return int(found[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[found[2]]


def _sizes(text: str) -> dict[str, int]:
    return {size: _number(size) for size in text.split(",")}


def _only(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"“{unknown[0]}” is not measured. There is: {', '.join(PARTS)}.")
    return text.split(",")


def _machine() -> dict[str, Any]:
    packages = ("duckdb", "numpy", "pandas", "pyarrow")
    return {
        "processors": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write the document where asked; 1 when answers differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default="10k,100k", help="numbers of accounts: 10k,100k,1M")
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--rounds", type=int, help="rounds that count; default: fewer for more accounts")
    parser.add_argument("--only", type=_only, default=list(PARTS), help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, help="also write the document here")
    parser.add_argument("--data", type=Path, help="keep files here, and use those already there")
    chosen = parser.parse_args(arguments)
    folder = chosen.data or Path(tempfile.mkdtemp(prefix="benchmarks-"))
    folder.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {"machine": _machine(), "import": preparing.imports(chosen.rounds or 5), "sizes": {}}
    document["import"]["goal_ms"] = IMPORT_GOAL_MS
    document["import"]["met"] = document["import"]["ms"] <= IMPORT_GOAL_MS
    try:
        for size, accounts in chosen.sizes.items():
            document["sizes"][size] = measure(
                accounts, months=chosen.months, folder=folder, only=chosen.only, size=size, rounds=chosen.rounds
            )
            if chosen.out:
                chosen.out.write_text(json.dumps(document, indent=1, ensure_ascii=False))
    except AssertionError as wrong:
        print(f"No figures: {wrong}", file=sys.stderr)
        return 1
    finally:
        if not chosen.data:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(document, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
