"""The command of a benchmark that asks one generated dataset: read it, measure, print the figures as JSON."""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nrr_core as nrr
from benchmarks import generate

__all__ = ["measured_on"]


def measured_on(measure: Callable[[nrr.Dataset, int], dict[str, Any]], *, description: str | None) -> int:
    """Print what ``measure`` finds on a generated dataset in so many rounds."""
    asked = argparse.ArgumentParser(description=description)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=9)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "revenue.csv"
        generate.write(file, given.accounts, 36)
        data = nrr.read(file)
    print(json.dumps(measure(data, given.rounds), indent=1))
    return 0
