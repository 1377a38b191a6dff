"""Reconciler: why two definitions give two NRRs of the same data, one knob at a time, account by account, exactly."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import KNOBS, Definition
from nrr_core.errors import SelectionError
from nrr_core.explain.shares import Shares, shares
from nrr_core.families import reached
from nrr_core.formats import percent_text, points_text
from nrr_core.frames import to_frame
from nrr_core.periods import month_text
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["Reconciler", "Reconciliation", "Step", "reconcile", "reconcile_finding", "reconcile_steps"]


_LABELS = {knob.name: knob.label for knob in KNOBS}


@dataclass(frozen=True, eq=False)
class Step:
    """One knob turned: NRR before and after it, and what each account adds to the difference.

    Attributes
    ----------
    knob
        Its name; several, joined by “ + ”, where a card in between has no NRR.
    before, after
        NRR, exact.
    ids, parts, whole
        The accounts that make up the step, the largest effect first, and each one's effect as an integer over ``whole``.
    card
        The card after the step.

    """

    knob: str
    before: Fraction
    after: Fraction
    ids: list[str]
    parts: list[int]
    whole: int
    card: Definition

    @property
    def effect(self) -> Fraction:
        """What turning the knob does to NRR; the accounts' effects add up to it."""
        return self.after - self.before

    @property
    def effects(self) -> dict[str, Fraction]:
        """Every account's effect as an exact fraction."""
        return {one: Fraction(part, self.whole) for one, part in zip(self.ids, self.parts, strict=True)}


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """The way from one definition's NRR to another's; the steps add up to the difference to the last digit.

    Attributes
    ----------
    start, end
        NRR under both cards, exact.
    steps
        One per knob that differs, in the card's order. Where a card in between has no NRR, its knob is turned together
        with the next ones.
    frame
        step (from 1), knob, effect (in NRR, 0.01 = one point), effect_exact (the same as a fraction), accounts (how many
        make it up), nrr (after the step).

    """

    start: Fraction
    end: Fraction
    steps: tuple[Step, ...]
    frame: pd.DataFrame

    def accounts(self, step: int) -> pd.DataFrame:
        """The accounts of one step (from 1), the largest effect first: account_id, effect (0.01 = one point)."""
        if not 1 <= step <= len(self.steps):
            raise SelectionError(f"There are steps 1 to {len(self.steps)}, not {step}.")
        one = self.steps[step - 1]
        columns = {"account_id": one.ids, "effect": np.array([part / one.whole for part in one.parts], dtype=np.float64)}
        return to_frame(columns, order=[*columns], stamp=self.frame.attrs["stamp"])


def reconcile(
    data: Dataset, start: Definition, end: Definition, *, close: str | None = None, where: Filter = None, fiscal_start: int = 1
) -> Reconciliation:
    """Bridge the NRR of one definition to that of another, of the same data, close and filter.

    Parameters
    ----------
    data
        The dataset.
    start, end
        The two cards (``nrr_core.presets.preset`` knows some by name).
    close
        ``YYYY-MM``; default: the last month of the data.
    where, fiscal_start
        As in ``retention``.

    Raises
    ------
    SelectionError
        One of the two has no NRR at this close: nobody paid, or it looks back beyond the first month.
    DefinitionError
        A card the dataset can't answer, or a renewal rate, which is not an NRR.

    """
    return Reconciler(data, close=close, where=where, fiscal_start=fiscal_start).between(start, end)


class Reconciler:
    """The same for many pairs of definitions at one close: each card is asked once.

    Parameters are those of ``reconcile``.
    """

    def __init__(self, data: Dataset, *, close: str | None = None, where: Filter = None, fiscal_start: int = 1) -> None:
        self._data, self._kept, self._fiscal_start = data, frozen_where(where), fiscal_start
        self._close = close or month_text(data.last)
        self._known: dict[Definition, Shares] = {}

    def between(self, start: Definition, end: Definition) -> Reconciliation:
        """The way from one definition to another, see ``reconcile``."""
        first = held = self._ask(start)
        steps: list[Step] = []
        turned: list[str] = []
        for knob, card in _cards(start, end):
            turned.append(knob)
            found = self._ask(card) if card == end else self._try(card)
            if found is None or found.value is None or held.value is None:
                continue
            steps.append(Step(" + ".join(turned), held.value, found.value, *_effects(held, found), card))
            held, turned = found, []
        if first.value is None or held.value is None or turned:
            raise SelectionError(
                f"Nobody who counts under one of the two definitions paid at its opening, so there is no NRR in {self._close} to reconcile."
            )
        question = f"reconcile {start.short_hash} with {end.short_hash}, close {self._close}, fiscal year from month {self._fiscal_start}"
        frame = _frame(steps, stamp(self._data, card=end, where=self._kept, question=question).as_dict())
        return Reconciliation(first.value, held.value, tuple(steps), frame)

    def _ask(self, card: Definition) -> Shares:
        """NRR account by account."""
        found = self._known.get(card)
        if found is None:
            window = reached(self._data, card, close=self._close, fiscal_start=self._fiscal_start)[0]
            found = self._known[card] = shares(self._data, card, window, where=dict(self._kept))
        return found

    def _try(self, card: Definition) -> Shares | None:
        """The same for a card in between; None where the data does not reach back far enough for it."""
        try:
            return self._ask(card)
        except SelectionError:
            return None


def _cards(start: Definition, end: Definition) -> list[tuple[str, Definition]]:
    """Each knob that differs with the card after it has been turned, in the card's order."""
    made, card = [], start
    for knob in start.changes(end):
        card = replace(card, **{knob: getattr(end, knob)})
        made.append((knob, card))
    return made


def _effects(before: Shares, after: Shares) -> tuple[list[str], list[int], int]:
    """The accounts that change, the largest first, and each one's part of the difference over one denominator.

    Where both are one ratio, an account whose amounts are the same on both sides has none: with N ÷ D before and M ÷ E
    after, M/E − N/D = Σ ((m − n) − N/D · (e − d)) ÷ E. Else the accounts' shares are compared.
    """
    place = {one: i for i, one in enumerate(before.ids)}
    for one in after.ids:
        place.setdefault(one, len(place))
    ids = list(place)
    at = [np.array([place[one] for one in side.ids], dtype=np.int64) for side in (before, after)]
    if before.over is not None and before.under is not None and after.over is not None and after.under is not None:
        gain, base = np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.int64)
        for sign, side_at, over, under in ((-1, at[0], before.over, before.under), (1, at[1], after.over, after.under)):
            gain[side_at] += sign * over
            base[side_at] += sign * under
        changed = np.flatnonzero((gain != 0) | (base != 0))
        total, old, new = int(before.over.sum()), int(before.under.sum()), int(after.under.sum())
        parts = gain[changed].astype(object) * old - base[changed].astype(object) * total
        whole = old * new
    else:
        sums = np.full(len(ids), 0, dtype=object)
        sums[at[0]] -= before.gains * after.whole
        sums[at[1]] += after.gains * before.whole
        changed = np.arange(len(ids))
        parts, whole = sums, before.whole * after.whole
    found = [(-abs(part), ids[i], part) for i, part in zip(changed.tolist(), parts.tolist(), strict=True) if part]
    found.sort()
    return [one for _, one, _ in found], [part for _, _, part in found], whole


def _frame(steps: list[Step], stamped: dict[str, object]) -> pd.DataFrame:
    columns = {
        "step": np.arange(1, len(steps) + 1),
        "knob": [step.knob for step in steps],
        "effect": np.array([float(step.effect) for step in steps], dtype=np.float64),
        "effect_exact": [str(step.effect) for step in steps],
        "accounts": np.array([len(step.ids) for step in steps], dtype=np.int64),
        "nrr": np.array([float(step.after) for step in steps], dtype=np.float64),
    }
    return to_frame(columns, order=[*columns], stamp=stamped)


def reconcile_finding(found: Reconciliation) -> str:
    """The headline: both values, and the knob that makes most of the difference."""
    values = f"{percent_text(float(found.start))} and {percent_text(float(found.end))}"
    if not found.steps:
        return f"Both are the same definition: {percent_text(float(found.start))}"
    largest = max(found.steps, key=lambda step: abs(step.effect))
    if not largest.effect:
        return f"The definitions differ and the value does not: {values}"
    knob = " with ".join(_LABELS[name].lower() for name in largest.knob.split(" + "))
    if found.start == found.end:
        return f"The same value by different ways: {percent_text(float(found.start))}; {knob} alone would move it by {_points(largest)}"
    share = "all of it is" if len([s for s in found.steps if s.effect]) == 1 else "the largest step is"
    return f"{values}: {share} {knob}, {_points(largest)}"


def _points(step: Step) -> str:
    return points_text(float(step.effect))


def reconcile_steps(found: Reconciliation) -> pd.DataFrame:
    """The way as the steps of a bridge: step, kind (``total``, ``gain``, ``loss``, ``none``), value."""
    rows: list[tuple[str, str, float]] = [("From", "total", float(found.start))]
    for step in found.steps:
        kind = "gain" if step.effect > 0 else "loss" if step.effect < 0 else "none"
        rows.append((" + ".join(_LABELS[name] for name in step.knob.split(" + ")), kind, float(step.effect)))
    rows.append(("To", "total", float(found.end)))
    return pd.DataFrame(rows, columns=["step", "kind", "value"])
