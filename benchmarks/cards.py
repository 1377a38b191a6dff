"""`python -m benchmarks.cards`: every preset at 100k accounts, cold and warm, and the reconciler, beside a plain pandas matrix.

The rival holds accounts × months in memory (`pivot_table`, made before the clock starts) and computes, as in a notebook, the same
NRR of every close with floats. Each cold round opens the dataset anew.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nrr_core as nrr
from benchmarks import generate
from benchmarks.timing import once
from nrr_core.definition import Definition
from nrr_core.engines import open_dataset
from nrr_core.presets import PRESETS
from nrr_core.reading import prepare

__all__ = ["main", "measured", "plain"]

OTHERS = {
    "gap_bridged": Definition(gap_months=2),
    "latest_segment": Definition(segment_as_of="latest"),
    "segment_at_close": Definition(segment_as_of="close"),
    "from_500": Definition(min_opening_mrr=5_000_000),
}
PAIRS = (("standard", "movements-all-with-returns"), ("standard", "chained-monthly"), ("standard", "weighted-mean-month"))


def plain(matrix: pd.DataFrame, card: Definition) -> list[float]:
    """NRR of every close from a matrix of accounts × months, for the families that a notebook writes in a few lines."""
    paid, months = matrix.to_numpy(), card.months
    width = paid.shape[1]

    def ends(length: int, close: int) -> tuple[float, float]:
        opened = paid[:, close - length] > 0
        return paid[opened, close].sum(), paid[opened, close - length].sum()

    found = []
    for close in range(months, width):
        if card.family == "chained":
            parts = [ends(1, m) for m in range(close - months + 1, close + 1)]
            found.append(float(np.prod([over / under for over, under in parts])))
        elif card.family == "movements":
            opened = paid[:, close - months] > 0
            inside = paid[opened, close - months : close + 1]
            change = np.diff(inside, axis=1)
            returned = (inside[:, :-1] == 0) & (inside[:, 1:] > 0)
            found.append(1 + change[~returned].sum() / inside[:, 0].sum())
        else:
            over, under = ends(months, close)
            found.append(over / under)
    return found


def _ms(run: Callable[[], Any]) -> float:
    return once(run)[1]


def measured(file: Path, model: Path, rounds: int) -> dict[str, Any]:
    """Medians of rounds, and the rival where a notebook would write it."""
    rows = pd.read_csv(file, usecols=["account_id", "month", "mrr"])
    matrix = rows.pivot_table(index="account_id", columns="month", values="mrr", aggfunc="sum", fill_value=0.0)
    cards = {name: one.card for name, one in PRESETS.items()} | OTHERS
    rivals = {"standard", "movements-opening", "chained-monthly", "dashboard-30-day"}
    spent: dict[str, dict[str, list[float]]] = {name: {"cold": [], "warm": [], "pandas": []} for name in cards}
    bridges: dict[str, list[float]] = {f"{start} → {end}": [] for start, end in PAIRS}
    for _ in range(rounds):
        for name, card in cards.items():
            data = open_dataset(model)
            spent[name]["cold"].append(_ms(lambda data=data, card=card: nrr.retention(data, card=card, by="region")))
            nrr.retention(data, card=card, by="region")
            spent[name]["warm"].append(_ms(lambda data=data, card=card: nrr.retention(data, card=card, by="region")))
            if name in rivals:
                spent[name]["pandas"].append(_ms(lambda card=card: plain(matrix, card)))
        for start, end in PAIRS:
            data = open_dataset(model)
            ask = (data, nrr.preset(start), nrr.preset(end))
            bridges[f"{start} → {end}"].append(_ms(lambda ask=ask: nrr.reconcile(*ask)))
    return {
        "cards": {name: {f"{what}_ms": round(statistics.median(v), 1) for what, v in parts.items() if v} for name, parts in spent.items()},
        "reconcile_ms": {name: round(statistics.median(values), 1) for name, values in bridges.items()},
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--months", type=int, default=36)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--data", type=Path, help="keep files here, and use those already there")
    given = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        file, model = folder / "revenue.csv", folder / "model"
        if not model.exists():
            model.mkdir(parents=True)
            generate.write(file, given.accounts, given.months)
            prepare(file, model)
        print(json.dumps({"accounts": given.accounts, "months": given.months} | measured(file, model, given.rounds), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
