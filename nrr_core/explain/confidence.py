"""How far a retention can be believed, in sentences made of intervals and of fragility."""

from typing import Any

import pandas as pd

from nrr_core.explain.findings import MIN_BASE
from nrr_core.formats import is_number, percent_text, plain_text, points_text
from nrr_core.metrics import METRICS
from nrr_core.schema import ALL

__all__ = ["difference_finding", "farthest", "fragility_bars", "fragility_finding", "interval_finding", "spread_findings"]


def interval_finding(intervals: pd.DataFrame, *, measure: str = "nrr", segment: str = ALL) -> str:
    """What an interval of one close means, in words."""
    rows = intervals[(intervals["segment"] == segment) & (intervals["measure"] == measure)]
    row: dict[Any, Any] = rows.to_dict("records")[-1] if len(rows) else {"accounts": 0}
    label, count = METRICS[measure].label, int(row["accounts"])
    if not count:
        return f"Nobody paid at the open, so {label} has no value."
    if count == 1:
        return f"{label} rests on one account, which cannot say how others would have done."
    if row["low"] == row["high"]:
        return f"All {count:,} accounts did the same, so the data cannot say how far {label} may be off."
    text = f"If a different but similar set of customers had signed, {label} would likely lie between {_range(row)}."
    return text + (f" It rests on {count} accounts only." if count < MIN_BASE else "")


def _range(row: dict[Any, Any]) -> str:
    return f"{percent_text(row['low'])} and {percent_text(row['high'])}"


def farthest(retention: pd.DataFrame, *, measure: str = "nrr") -> tuple[str, str] | None:
    """The segments with the lowest and the highest value at one close, among those with enough accounts; None without two."""
    held = retention[(retention["segment"] != ALL) & (retention["opening_accounts"] >= MIN_BASE) & retention[measure].notna()]
    if len(held) < 2:  # noqa: PLR2004 - a difference has two sides
        return None
    ranked = held.sort_values([measure, "segment"], kind="stable")["segment"].tolist()
    return ranked[0], ranked[-1]


def difference_finding(differences: pd.DataFrame, *, low: str, high: str, measure: str = "nrr") -> str:
    """Whether two segments differ by more than luck; ``differences`` are ``intervals`` of one close against ``low``."""
    rows = differences[(differences["segment"] == high) & (differences["measure"] == measure)].to_dict("records")
    if not rows or not is_number(rows[-1]["low"]):
        return ""
    row, label = rows[-1], METRICS[measure].label
    between = f"{plain_text(high)} and {plain_text(low)} lie {_points(row['value'])} apart in {label}"
    span = f"{points_text(row['low']).removesuffix(' pt').lstrip('+')} to {points_text(row['high']).lstrip('+')}"
    verdict = "more than luck" if row["low"] > 0 else "it may be luck"
    return f"{between}. With other customers of the same kind it would likely be {span}: {verdict}."


def _points(difference: float) -> str:
    return points_text(abs(difference)).lstrip("+")


def fragility_bars(fragility: pd.DataFrame, *, factor: int = 1) -> pd.DataFrame:
    """NRR of all accounts and without the largest movers, as the bars of ``charts.segments``; what is left without anybody goes."""
    held = fragility[fragility["measure"].str.fullmatch(r"nrr(_without_top_\d+)?") & (fragility["accounts"] > 0)]
    tops = [name.rpartition("_")[2] for name in held["measure"]]
    return pd.DataFrame(
        {
            "segment": ["All accounts" if top == "nrr" else f"Without top {top}" for top in tops],
            "value": held["value"].tolist(),
            "accounts": held["accounts"].astype(int).tolist(),
            "opening_mrr": (held["opening_mrr"].astype(float) * factor).tolist(),
        }
    )


def fragility_finding(fragility: pd.DataFrame) -> str:
    """One sentence to read out: what NRR is without its five largest movers, and what the account in the middle did."""
    values = dict(zip(fragility["measure"], fragility["value"], strict=True))
    counts = dict(zip(fragility["measure"], fragility["accounts"].astype(int), strict=True))
    if not counts["nrr"]:
        return "Nobody paid at the open, so there is no NRR that could rest on anybody."
    now = f"NRR is {percent_text(values['nrr'])}"
    if counts["nrr"] == 1:
        return f"{now}, and it is that of a single account."
    less = values["nrr_without_top_5"]
    without = f"without the 5 accounts that moved most it would be {percent_text(less)}" if is_number(less) else _few(counts["nrr"])
    middle = values["closing_to_opening_median"]
    typical = "pays what it paid" if middle == 1 else f"pays {percent_text(middle)} of what it paid"
    share = values["expansion_from_top_5"]
    grown = f"the 5 largest expansions make {percent_text(share, digits=0)} of all expansion" if is_number(share) else "nobody expanded"
    return f"{now}; {without}. The account in the middle {typical}, and {grown}."


def _few(accounts: int) -> str:
    return f"it rests on {accounts} accounts alone"


def spread_findings(fragility: pd.DataFrame) -> list[str]:
    """The range of NRR when any one account is left out, and quartiles of the accounts' own closing ÷ opening."""
    values = dict(zip(fragility["measure"], fragility["value"], strict=True))
    low, high = values["nrr_without_one_lowest"], values["nrr_without_one_highest"]
    found = []
    if is_number(low):
        found.append(f"Without any one account, NRR stays between {percent_text(low)} and {percent_text(high)}.")
    first, third = values["closing_to_opening_q1"], values["closing_to_opening_q3"]
    if is_number(first):
        middle = values["closing_to_opening_median"]
        found.append(
            f"Of the accounts, a quarter pays {percent_text(first)} or less of what it paid, half {percent_text(middle)} or less, "
            f"and a quarter {percent_text(third)} or more."
        )
    return found
