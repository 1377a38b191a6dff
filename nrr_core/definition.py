"""The definition card: which of the ways to compute retention a figure follows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from nrr_core.errors import DefinitionError, nearest
from nrr_core.periods import WINDOWS

__all__ = ["KNOBS", "STANDARD", "Definition", "Knob"]


@dataclass(frozen=True, slots=True)
class Knob:
    """One knob of the card: what it asks, and what each of its values means (empty: a number)."""

    name: str
    label: str
    question: str
    options: Mapping[str, str]


KNOBS: tuple[Knob, ...] = (
    Knob(
        "family", "Family", "How is the window measured?",
        {
            "point_to_point": "opening against closing of the same accounts",
            "movements": "the monthly movements of the window, added up",
            "chained": "the monthly NRRs of the window, multiplied",
            "averaged": "the mean of the last point-to-point values",
            "revenue_window": "revenue of one window against the window before it, for accounts active in the first month",
            "renewal_base": "of the MRR whose contract ended, the share renewed: a renewal rate, not NRR",
        },
    ),
    Knob("window_months", "Window", "How many months lie between opening and closing?", {}),
    Knob(
        "population", "Population", "Whose movements count?",
        {
            "opening": "accounts that paid at the opening",
            "all": "every account, also those won inside the window (not a closed cohort: overstates)",
        },
    ),
    Knob(
        "returns", "Returns", "What about accounts that left and came back?",
        {
            "separate": "shown apart, never part of NRR",
            "opening": "counted for accounts that paid at the opening",
            "all": "counted for every account",
        },
    ),
    Knob("gap_months", "Late renewals", "How many empty months before a return are a late renewal, not churn?", {}),
    Knob(
        "grain", "Grain", "What is retained?",
        {
            "account": "the account",
            "parent": "the parent that accounts belong to",
            "subscription": "each subscription by itself",
        },
    ),
    Knob(
        "fx", "Exchange rates", "At which rates are other currencies converted?",
        {
            "constant": "the rates at the opening, at both ends; what rates did is shown apart",
            "reported": "the rates of each month",
        },
    ),
    Knob("revenue_types", "Revenue types", "Which kinds of revenue count?", {}),
    Knob(
        "segment_as_of", "Segment as of", "When is an account's segment read?",
        {
            "open": "at the opening, so that nobody grows into a better segment",
            "close": "at the closing",
            "latest": "as it is today, for all months",
        },
    ),
    Knob("min_opening_mrr", "Smallest opening", "From which opening MRR on does an account count?", {}),
    Knob(
        "average", "Average", "Is one close shown, or a mean of several?",
        {
            "none": "one close",
            "mean": "mean of the last month-end values",
            "weighted": "mean of the last month-end values, weighted by their openings",
        },
    ),
    Knob("average_months", "Months averaged", "How many month-end values are averaged?", {}),
    Knob(
        "measure", "Measure", "In which unit are amounts shown?",
        {"MRR": "monthly recurring revenue", "ARR": "12 × MRR, a display unit"},
    ),
)  # fmt: skip
_VALUES = {knob.name: tuple(knob.options) for knob in KNOBS if knob.options}
_TYPES = ("recurring", "usage", "one_off")
_LEAST = {"gap_months": 0, "min_opening_mrr": 0, "average_months": 1}
_LONGEST = 1_200
_MEASURED = ("family", "population", "returns", "min_opening_mrr", "average")  # what ``at_both_ends`` has at the standard value


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of retention, frozen and hashable.

    The default is the closed-cohort standard: accounts that paid at the opening, each at its own closing MRR,
    returns shown apart.

    Parameters
    ----------
    family, population, returns, grain, fx, segment_as_of, average, measure
        One of the values that ``KNOBS`` lists, with their meaning.
    window_months
        A number of months from 1, or a fiscal window of ``nrr_core.periods.WINDOWS``.
    gap_months
        A gap of at most so many empty months that ends in a return is bridged at the last MRR before it.
    revenue_types
        Some of ``recurring``, ``usage``, ``one_off``.
    min_opening_mrr
        In ten-thousandths of the currency unit; opening accounts below it are left out.
    average_months
        How many month-end values an average takes.

    Raises
    ------
    DefinitionError
        A value that no card can have.

    """

    family: str = "point_to_point"
    window_months: int | str = 12
    population: str = "opening"
    returns: str = "separate"
    gap_months: int = 0
    grain: str = "account"
    fx: str = "constant"
    revenue_types: tuple[str, ...] = ("recurring",)
    segment_as_of: str = "open"
    min_opening_mrr: int = 0
    average: str = "none"
    average_months: int = 12
    measure: str = "MRR"

    def __post_init__(self) -> None:
        for knob, allowed in _VALUES.items():
            value = getattr(self, knob)
            if value not in allowed:
                hint = nearest(str(value), allowed)
                raise DefinitionError(f"“{value}” is not a value of {knob}. Allowed: {', '.join(allowed)}.{hint}")
        self._check_types()
        for knob, least in _LEAST.items():
            _check_number(knob, getattr(self, knob), least)
        if not isinstance(self.window_months, str):
            _check_number("window_months", self.window_months, 1)
        elif self.window_months not in WINDOWS:
            allowed = tuple(WINDOWS)
            raise DefinitionError(
                f"“{self.window_months}” is not a window: a number of months or one of {', '.join(allowed)}."
                f"{nearest(self.window_months, allowed)}"
            )

    def _check_types(self) -> None:
        if isinstance(self.revenue_types, str) or not self.revenue_types:
            raise DefinitionError(f"revenue_types is {self.revenue_types!r}: it must list at least one of {', '.join(_TYPES)}.")
        for kind in self.revenue_types:
            if kind not in _TYPES:
                raise DefinitionError(f"“{kind}” is not a revenue type. Allowed: {', '.join(_TYPES)}.{nearest(str(kind), _TYPES)}")
        object.__setattr__(self, "revenue_types", tuple(kind for kind in _TYPES if kind in self.revenue_types))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The card that ``as_dict`` described; knobs left out keep their default.

        Raises
        ------
        DefinitionError
            An unknown knob, or a value that no card can have.

        """
        known = [knob.name for knob in fields(cls)]
        for name in values:
            if name not in known:
                raise DefinitionError(f"“{name}” is not a knob of a definition card. Knobs: {', '.join(known)}.{nearest(str(name), known)}")
        made = dict(values)
        if isinstance(made.get("revenue_types"), list):
            made["revenue_types"] = tuple(made["revenue_types"])
        return cls(**made)

    @property
    def months(self) -> int:
        """The window as a number of months; raises DefinitionError where it is a fiscal one."""
        if isinstance(self.window_months, str):
            raise DefinitionError(f"This needs a window of a number of months, not “{self.window_months.replace('_', ' ')}”. Choose one.")
        return self.window_months

    @property
    def factor(self) -> int:
        """What MRR is multiplied by to be shown: 1, or 12 for ARR."""
        return 12 if self.measure == "ARR" else 1

    def over(self, window: int | str | None) -> Self:
        """The same card over another window, where one is given."""
        return self if window is None or window == self.window_months else replace(self, window_months=window)

    def at_both_ends(self) -> "Definition":
        """The nearest card that compares each opening account's two ends of the window.

        What the ledger is made of stays: late renewals, grain, exchange rates, revenue types, latest segments.
        """
        plain = {name: getattr(STANDARD, name) for name in _MEASURED}
        return replace(self, **plain, segment_as_of="latest" if self.segment_as_of == "latest" else "open")

    def as_nrr(self) -> "Definition":
        """The card itself; of a renewal rate, which is no NRR, the nearest that is."""
        return self.at_both_ends() if self.family == "renewal_base" else self

    def require_nrr(self) -> None:
        """Refuse, by name, a family that is no NRR."""
        if self.family == "renewal_base":
            raise DefinitionError(
                "family = 'renewal_base' is not NRR: it is a renewal rate, of contracts that ended, and this is a question about NRR. "
                "Choose another family, or in a notebook the nearest card, Definition.as_nrr()."
            )

    def as_dict(self) -> dict[str, Any]:
        """The knobs as plain values."""
        return asdict(self) | {"revenue_types": list(self.revenue_types)}

    def changes(self, other: "Definition") -> list[str]:
        """Names of the knobs that differ, in the order of the card."""
        return [knob.name for knob in fields(self) if getattr(self, knob.name) != getattr(other, knob.name)]

    @property
    def short_hash(self) -> str:
        """Eight characters that differ as soon as any knob differs."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:8]

    @property
    def label(self) -> str:
        """The card in a few words, for footers."""
        changed = [f"{name.replace('_', ' ')} {_text(getattr(self, name))}" for name in self.changes(STANDARD)]
        return "Closed-cohort standard" + (f" ({', '.join(changed)})" if changed else "")


def _text(value: Any) -> str:
    return " + ".join(value) if isinstance(value, tuple) else str(value).replace("_", " ")


def _check_number(knob: str, value: Any, least: int) -> None:
    most = None if knob == "min_opening_mrr" else _LONGEST
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        raise DefinitionError(
            f"{knob} is {value!r}: it must be a whole number of at least {least}" + (f" and at most {most}." if most else ".")
        )


STANDARD = Definition()
