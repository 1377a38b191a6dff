"""Conventions: what one dataset's NRR is under every preset, and under every value of one knob."""

from dataclasses import replace
from typing import Any, Final

import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import KNOBS, Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.explain.working import Amount, plain_amount, working
from nrr_core.explore import retention
from nrr_core.frames import to_frame
from nrr_core.periods import month_text
from nrr_core.presets import PRESETS
from nrr_core.schema import UNIT
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["conventions", "knob_cards", "knob_values"]

_NUMBERS: Final = {
    "window_months": (1, 3, 6, 12, 24),
    "gap_months": (0, 1, 2, 3, 6),
    "average_months": (3, 6, 12),
    "min_opening_mrr": (0, 100 * UNIT, 1_000 * UNIT, 10_000 * UNIT),
}
_TYPES: Final = (("recurring",), ("recurring", "usage"), ("recurring", "usage", "one_off"))


def conventions(data: Dataset, *, close: str | None = None, where: Filter = None, fiscal_start: int = 1) -> pd.DataFrame:
    """NRR, GRR and logo retention of one close under every preset.

    Parameters
    ----------
    data, where, fiscal_start
        As in ``retention``.
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    pandas.DataFrame
        preset, title, window (months), nrr, grr, logo_retention, opening_accounts, reason (why there is no value; else
        empty), in the order of the presets.

    """
    cards = {name: one.card for name, one in PRESETS.items()}
    frame = _under(data, cards, close=close, where=where, fiscal_start=fiscal_start, question="conventions")
    return frame.rename(columns={"value": "preset"}).assign(title=[PRESETS[name].title for name in cards])


def knob_cards(card: Definition, knob: str) -> dict[str, Definition]:
    """The card with every value of one knob, by the value's text; of a number, some usual values and the card's own."""
    values = next(one.options for one in KNOBS if one.name == knob)
    own = getattr(card, knob)
    options: list[Any] = list(values) or list(_TYPES if knob == "revenue_types" else _NUMBERS[knob])
    if own not in options:
        options.append(own)
    return {_text(knob, value): replace(card, **{knob: value}) for value in options}


def knob_values(
    data: Dataset, knob: str, *, card: Definition, close: str | None = None, where: Filter = None, fiscal_start: int = 1,
    amount: Amount = plain_amount,
) -> pd.DataFrame:  # fmt: skip
    """NRR, GRR and logo retention of one close under every value of one knob, everything else as the card has it.

    Parameters are those of ``working`` and the knob's name.

    Returns
    -------
    pandas.DataFrame
        value (its text), window, nrr, grr, logo_retention, opening_accounts, reason, chosen (whether the card has it),
        working (how NRR comes about, see ``working``).

    """
    cards = knob_cards(card, knob)
    frame = _under(data, cards, close=close, where=where, fiscal_start=fiscal_start, question=f"values of {knob}")
    said = [
        working(data, card=one, close=close, where=where, fiscal_start=fiscal_start, amount=amount) if known else ""
        for one, known in zip(cards.values(), frame["nrr"].notna(), strict=True)
    ]
    return frame.assign(chosen=[one == card for one in cards.values()], working=said)


def _text(knob: str, value: Any) -> str:
    if knob == "min_opening_mrr":
        return f"{value / UNIT:,.0f}"
    return " + ".join(value).replace("_", "-") if isinstance(value, tuple) else str(value).replace("_", " ")


def _under(
    data: Dataset, cards: dict[str, Definition], *, close: str | None, where: Filter, fiscal_start: int, question: str
) -> pd.DataFrame:
    close, kept = close or month_text(data.last), frozen_where(where)
    rows: dict[str, list[Any]] = {
        name: [] for name in ("value", "window", "nrr", "grr", "logo_retention", "opening_accounts", "reason")
    }  # fmt: skip
    for name, card in cards.items():
        found: dict[Any, Any] = {}
        reason = ""
        try:
            found = retention(data, card=card, close=close, where=where, fiscal_start=fiscal_start).iloc[0].to_dict()
        except (DefinitionError, SelectionError) as error:
            reason = str(error)
        rows["value"].append(name)
        rows["window"].append(str(card.window_months).replace("_", " "))
        rows["reason"].append(reason)
        for measure in ("nrr", "grr", "logo_retention"):
            rows[measure].append(float(found.get(measure, float("nan"))))
        rows["opening_accounts"].append(int(found.get("opening_accounts", 0)))
    made = stamp(data, card=next(iter(cards.values())), where=kept, question=f"{question}, close {close}").as_dict()
    return to_frame(rows, order=[*rows], stamp=made)
