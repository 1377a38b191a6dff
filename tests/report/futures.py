"""A scenario's answers made by hand, in the shapes that the scenario model gives: a thousand now, 900 or 1,000 in a year."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.frames import to_money

START, MONTHS = "2025-12", [f"2026-{m:02d}" for m in range(1, 13)]
STAMP = {
    "definition": "Closed-cohort standard", "definition_hash": "0" * 8, "dataset": "ledger", "dataset_hash": "0" * 64, "rows_accepted": 1,
    "rows_repaired": 0, "rows_quarantined": 0, "as_of": START, "partial": False, "filters": "", "question": "scenario", "app_version": "0",
}  # fmt: skip
ROW = ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr")


@dataclass(frozen=True)
class Lever:
    label: str


@dataclass(frozen=True)
class Scenario:
    horizon: int = 12
    months: int = 12
    levers: tuple[Lever, ...] = (Lever("Churn −50 % in SMB"), Lever("Price +4 %"))
    decisions: tuple[Any, ...] = ()
    name: str = "Plan"
    target: float | None = 1.05


@dataclass(frozen=True)
class Projection:
    months: pd.DataFrame
    period: pd.DataFrame
    effects: pd.DataFrame
    decided: pd.DataFrame
    start: str = START
    scenario: Scenario = field(default_factory=Scenario)
    notes: tuple[str, ...] = ("Rates of the last window, carried forward; new customers are not in it.",)


def stamped(frame, question):
    for name in frame.columns:
        if str(name).endswith("mrr"):
            frame[name] = to_money(np.array([int(Decimal(str(v)) * 10_000) for v in frame[name]], dtype=np.int64))
    frame.attrs["stamp"] = STAMP | {"question": question}
    return frame


def path_row(path, open_, close, opening, kept, *, window, segment="(all)", level=None):
    """Losses are a fifth of the opening; expansion makes up to ``kept``."""
    churn, contraction = opening * 3 // 20, opening // 20
    expansion = kept - opening + churn + contraction
    empty = not opening
    return {
        "path": path, "window": window, "open": open_, "close": close, "month": close, "segment": segment, "opening_mrr": opening,
        "expansion_mrr": expansion, "contraction_mrr": contraction, "churn_mrr": churn, "closing_mrr": kept,
        "nrr": float("nan") if empty else kept / opening, "grr": float("nan") if empty else (opening - churn - contraction) / opening,
        "logo_retention": float("nan") if empty else 0.8, "mrr": kept if level is None else level,
    }  # fmt: skip


def projection(*, now=1_000_000, decided=True, levers=True, target=1.05):
    ends = {"baseline": now * 9 // 10, "scenario": now if levers else now * 9 // 10}
    months = [
        path_row(path, MONTHS[i - 1] if i else START, month, now, end, window=12, level=now + (end - now) * (i + 1) // 12)
        for path, end in ends.items()
        for i, month in enumerate(MONTHS)
    ]
    period = [path_row(path, START, MONTHS[-1], now, end, window=12) for path, end in ends.items()]
    steps = [("Baseline", "total", now * 9 // 10, 0.9)]
    if levers:
        steps += [
            ("Churn −50 % in SMB", "gain", now * 8 // 100, 0.08), ("Price +4 %", "gain", now * 4 // 100, 0.04),
            ("Account decisions", "loss", -now // 100, -0.01), ("Interaction", "loss", -now // 100, -0.01),
        ]  # fmt: skip
    steps.append(("Scenario", "total", ends["scenario"], ends["scenario"] / now if now else float("nan")))
    effects = pd.DataFrame(
        [{"step": s, "kind": k, "mrr": v, "nrr": r, "grr": r * 0.9, "logo_retention": r * 0.8} for s, k, v, r in steps],
    )
    rows = [("A0410", "lose", "2026-03", 0.6, 30_000, 12_000, 0, 30_000), ("A0002", "grow", "2026-05", 0.5, 8_000, 9_000, 8_000, 10_000)]
    names = ("account_id", "action", "month", "probability", "mrr", "expected_mrr", "low_mrr", "high_mrr")
    decisions = pd.DataFrame(rows if decided else [], columns=pd.Index(names))
    return Projection(
        months=stamped(pd.DataFrame(months), "scenario, months"),
        period=stamped(pd.DataFrame(period), "scenario, whole horizon"),
        effects=stamped(effects, "scenario, effects"),
        decided=stamped(decisions, "scenario, decisions"),
        scenario=Scenario(target=target),
    )


def runway(*, accounts=30, empty=False):
    rows = (
        []
        if empty
        else [
            {
                "account_id": f"A{i:04d}",
                "contract_end": MONTHS[i % 7],
                "mrr": 1_000 * (i + 1),
                "opening_mrr": 15_000,
                "change_mrr": 1_000 * (i + 1) - 15_000,
                "size": "SMB",
            }
            for i in range(accounts)
        ]
    )
    names = pd.Index(["account_id", "contract_end", "mrr", "opening_mrr", "change_mrr", "size"])
    return stamped(pd.DataFrame(rows, columns=names), "runway")


@dataclass(frozen=True)
class Simulation:
    chance: float | None
    bands: pd.DataFrame


def simulation(*, now=1_000_000):
    bands = pd.DataFrame(
        [
            {"month": m, "measure": "mrr", "share": s, "low": now * (1 - s / 20), "high": now * (1 + s / 20)}
            for m in MONTHS
            for s in (0.5, 0.8, 0.95)
        ]
    )
    return Simulation(0.62, bands)
