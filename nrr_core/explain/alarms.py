"""The rules of the masking alarm, each with the sentence it says."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from nrr_core.explain.findings import MIN_BASE
from nrr_core.formats import percent_text, plain_text
from nrr_core.schema import ALL
from nrr_core.targets import Targets, is_met

__all__ = ["DEFAULT_NRR", "FALLS", "TOP", "Growth", "Row", "beneath", "narrow"]

DEFAULT_NRR: Final = 1.0  # the target of NRR where none is set
FALLS: Final = 3  # in a row, month by month
TOP: Final = 5
_BENEATH = {"grr": "GRR", "logo_retention": "logo retention"}
_FEW = 5  # fewer than one account in so many has grown

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Growth:
    """Opening accounts, how many of them grew, what they grew by in all, and the largest of it; money in ten-thousandths."""

    accounts: int
    grown: int
    gained: int
    top: int


def beneath(past: list[Row], place: tuple[str | None, str | None], targets: Targets) -> list[Row]:
    """The alarms of one segment whose NRR holds while a measure beneath it does not."""
    now = past[-1]
    wanted = targets.of("nrr", *place)
    aim = DEFAULT_NRR if wanted is None else wanted
    if math.isnan(now["nrr"]) or not is_met("nrr", now["nrr"], aim):
        return []
    against = (
        f"meets its target of {percent_text(aim)}" if wanted is not None else "looks well (no target is set, so it is held against 100%)"
    )
    holds = f"{_named(now['segment'])}NRR of {percent_text(now['nrr'])} {against}"
    same = {"segment": now["segment"], **_base(now), "nrr": now["nrr"], "nrr_target": aim}
    rows: list[Row] = []
    for measure, label in _BENEATH.items():
        value, target = now[measure], targets.of(measure, *place)
        if target is not None and not is_met(measure, value, target):
            said = f"{holds}, but {label} is {percent_text(value)}, under its target of {percent_text(target)}.{_few(same)}"
            rows.append({**same, "rule": "under_target", "measure": measure, "value": value, "target": target, "sentence": said})
        values = [row[measure] for row in past]
        if len(values) > FALLS and all(later < earlier for earlier, later in pairwise(values)):
            steps = ", ".join(percent_text(one) for one in values)
            said = f"{holds}, but {label} fell three months running: {steps}.{_few(same)}"
            rows.append({**same, "rule": "falling", "measure": measure, "value": value, "before": values[0], "sentence": said})
    return rows


def narrow(segment: str, growth: Growth) -> list[Row]:
    """The alarm of one segment whose expansion rests on few accounts."""
    accounts, grown = growth.accounts, growth.grown
    if not growth.gained or _FEW * grown >= accounts or 2 * growth.top <= growth.gained:
        return []
    expanded, share = grown / accounts, growth.top / growth.gained
    few = f"{grown:,} of {accounts:,} opening accounts" if grown != 1 else f"1 of {accounts:,} opening accounts"
    rest = f"the {TOP} largest expansions make {percent_text(share)} of all expansion" if grown > 1 else "it makes all of the expansion"
    base = _base({"opening_accounts": accounts})
    said = f"{_named(segment)}Only {percent_text(expanded)} of accounts expanded ({few}), and {rest}.{_few(base)}"
    return [{"segment": segment, **base, "rule": "narrow", "expanded": expanded, "from_top_5": share, "sentence": said}]


def _base(row: Row) -> Row:
    return {"accounts": int(row["opening_accounts"]), "small": int(row["opening_accounts"]) < MIN_BASE}


def _named(segment: str) -> str:
    return "" if segment == ALL else f"{plain_text(segment)}: "


def _few(row: Row) -> str:
    count = row["accounts"]
    return "" if count >= MIN_BASE else f" It rests on {count} {'account' if count == 1 else 'accounts'} only."
