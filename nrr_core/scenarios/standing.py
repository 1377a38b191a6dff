"""What the accounts that pay at the start paid before, by segment, group and opening: the sums that a projection multiplies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers, Table
from nrr_core.rollups import running

__all__ = ["MEASURES", "Standing", "stood"]

MEASURES: Final = ("closing_mrr", "paired_mrr", "kept_mrr", "retained_accounts")


@dataclass(frozen=True, eq=False)
class Standing:
    """Rows are pairs of a segment and a group at the start, in the order of segments; columns are openings up to the start.

    Attributes
    ----------
    segment, group
        Of each row.
    own
        For each of ``MEASURES``, what the accounts that pay at the start and count at the opening paid there (``paired_mrr``), pay at
        the start (``closing_mrr``), the smaller of both by account (``kept_mrr``), and how many they are. Their segment is that of
        the opening, or of the start, as the card reads it.
    today
        What everybody who pays at the start pays, rows alone, in the segment at the start.
    others, back
        What accounts pay at the start that paid nothing at the opening: all of them, and those that had paid before it. In the
        segment at the start; None where the card does not ask for it.

    """

    segment: Integers
    group: Integers
    own: Mapping[str, Integers]
    today: Integers
    others: Integers | None = None
    back: Integers | None = None


@dataclass(frozen=True, eq=False)
class _Asked:
    """Where and when: the inputs and months that every statement takes."""

    data: Dataset
    inputs: Mapping[str, Table]
    start: int
    since: int

    def __call__(self, name: str, **parameters: int) -> Table:
        return self.data.engine.query(name, inputs=dict(self.inputs), parameters={"start": self.start} | parameters)

    def paid(self, *, floor: int, settled: bool) -> Table:
        return self("standing", since=self.since, floor=floor, settled=int(settled))


def stood(data: Dataset, card: Definition, segment_of: Integers, group_of: Integers, *, start: int, since: int) -> Standing:
    """The sums that a card asks for, by the segment and the group of each profile."""
    inside = np.flatnonzero(segment_of >= 0)
    inputs: dict[str, Table] = {
        "chosen": {"profile": inside.astype(np.int32), "segment": segment_of[inside].astype(np.int32)},
        "grouped": {"profile": np.arange(len(group_of), dtype=np.int32), "place": group_of.astype(np.int32)},
    }
    ask = _Asked(data, inputs, start, since)
    settled = card.segment_as_of == "close"
    steps = {"own": ask.paid(floor=card.min_opening_mrr, settled=settled)}
    if card.min_opening_mrr or _counts_others(card) or _counts_returns(card):
        steps["paid"] = ask.paid(floor=0, settled=True) if card.min_opening_mrr or not settled else steps["own"]
    if _counts_returns(card):
        steps["known"] = ask("known_since")
    keys = {name: rows["segment"].astype(np.int64) << 32 | rows["place"].astype(np.int64) for name, rows in steps.items()}
    pairs = np.unique(np.concatenate([*keys.values()]))

    def sums(name: str, measure: str) -> Integers:
        place = np.searchsorted(pairs, keys[name])
        found: Integers = running(steps[name], measure, place=place, size=len(pairs), first=since, last=start)[:, 1:]
        return found

    own = {name: sums("own", name) for name in MEASURES}
    if "paid" not in steps:
        return Standing(pairs >> 32, pairs & 0xFFFFFFFF, own, own["closing_mrr"][:, -1])
    paid = sums("paid", "closing_mrr")
    more: dict[str, Any] = {}
    if _counts_others(card):
        more["others"] = paid[:, -1:] - paid
    if _counts_returns(card):
        more["back"] = sums("known", "closing_mrr") - paid
    return Standing(pairs >> 32, pairs & 0xFFFFFFFF, own, paid[:, -1], **more)


def _counts_others(card: Definition) -> bool:
    """Whether movements of accounts that do not pay at the opening count."""
    return card.family == "movements" and (card.population == "all" or card.returns == "all")


def _counts_returns(card: Definition) -> bool:
    """Whether an account that had left counts with what it pays at the close."""
    return card.family in {"point_to_point", "averaged"} and card.returns == "all"
