"""`python -m benchmarks.intervals`: one interval of NRR, GRR and logo retention, beside the plain bootstrap, in one run.

The rival holds opening and closing of every account in memory and draws them with replacement, an index array a draw; a few draws
are timed and counted up. Ours asks the dataset: two queries and the draws. Their spreads are printed side by side.
"""

import statistics
import sys
import time
from functools import partial
from typing import Any

import numpy as np

import nrr_core as nrr
from benchmarks.generated import measured_on
from benchmarks.timing import median_ms
from nrr_core.explain import intervals

DRAWS, FEW = 2_000, 60
CARDS = ("movements-opening", "chained-monthly", "trailing-mean", "revenue-window")


def plain(opening: np.ndarray, closing: np.ndarray, draws: int) -> np.ndarray:
    """NRR, GRR and logo retention of accounts drawn with replacement."""
    luck, count, kept = np.random.default_rng(7), len(opening), np.minimum(opening, closing)
    stays = closing > 0
    found = np.zeros((draws, 3))
    for draw in range(draws):
        some = luck.integers(0, count, count)
        paid = opening[some].sum()
        found[draw] = closing[some].sum() / paid, kept[some].sum() / paid, stays[some].mean()
    return found


def measured(data: nrr.Dataset, rounds: int) -> dict[str, Any]:
    """Milliseconds of one close, of every close and of a dimension; the ratio to the rival; both spreads of NRR."""
    close = data.months[-1]
    by = min((axis for axis in data.axes if axis.count > 2), key=lambda axis: axis.count).name
    frame = nrr.accounts(data, window=12, close=close)
    opening, closing = (frame[name].astype(float).to_numpy() for name in ("opening_mrr", "closing_mrr"))
    opening, closing = opening[opening > 0], closing[opening > 0]
    started = time.perf_counter()
    intervals(data, window=12, close=close)
    first = (time.perf_counter() - started) * 1000
    spent = []
    for _ in range(3):  # both in turn, so that whatever else the machine does hits them alike
        one = median_ms(lambda: intervals(data, window=12, close=close), rounds)
        started = time.perf_counter()
        found = plain(opening, closing, FEW)
        spent.append((one, (time.perf_counter() - started) * 1000 / FEW * DRAWS))
    ours, theirs = (statistics.median(values) for values in zip(*spent, strict=True))
    row = intervals(data, window=12, close=close).iloc[0]
    return {
        "accounts": data.accounts,
        "opening_accounts": len(opening),
        "draws": DRAWS,
        "first_interval_ms": first,
        "interval_ms": ours,
        "index_loop_ms": theirs,
        "index_loop_against_interval": theirs / ours,
        "every_close_ms": median_ms(lambda: intervals(data, window=12), 3),
        **{f"{name}_ms": median_ms(partial(intervals, data, card=nrr.preset(name), close=close), 3) for name in CARDS},
        f"by_{by}_ms": median_ms(lambda: intervals(data, window=12, close=close, by=by), 3),
        "half_width_of_nrr": float(row["high"] - row["low"]) / 2,
        "half_width_of_the_loop": float(np.quantile(found[:, 0], 0.95) - np.quantile(found[:, 0], 0.05)) / 2,
    }


def main() -> int:
    """Print the figures as JSON."""
    return measured_on(measured, description=__doc__)


if __name__ == "__main__":
    sys.exit(main())
