"""A scenario: levers on the baseline's rates and decisions about named accounts. Frozen values, checked when they are made."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from nrr_core.errors import ScenarioError, SelectionError, nearest
from nrr_core.periods import parse_month
from nrr_core.selection import Where

__all__ = ["ACTIONS", "BASELINES", "LEVERS", "MOST_MONTHS", "Decision", "Lever", "Scenario", "allowed"]

LEVERS: Final = {  # kind: what it changes
    "churn": "Churn",
    "contraction": "Contraction",
    "expansion": "Expansion",
    "price": "Price",
    "win_back": "Win-back",
}
ACTIONS: Final = ("renew", "shrink", "lose", "grow")
BASELINES: Final = (1, 3, 6, 12)
MOST_MONTHS: Final = 36
_MOST_NAME: Final = 200
_RANGES: Final = {  # kind, mode: lowest and highest change
    ("churn", "relative"): (-1.0, 10.0),
    ("contraction", "relative"): (-1.0, 10.0),
    ("expansion", "relative"): (-1.0, 10.0),
    ("churn", "absolute"): (-1.0, 1.0),
    ("contraction", "absolute"): (-1.0, 1.0),
    ("expansion", "absolute"): (-1.0, 1.0),
    ("price", "relative"): (-0.9, 1.0),
    ("win_back", "absolute"): (-1.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Lever:
    """One assumption that differs from the baseline.

    Parameters
    ----------
    kind
        ``churn``, ``contraction`` or ``expansion``: the monthly rate; ``price``: a change of all prices, once;
        ``win_back``: the share of churned MRR that comes back.
    change
        ``relative``: −0.5 halves a rate, 0.05 raises prices by 5 %. ``absolute``: added to the monthly rate, −0.002 takes
        0.2 points a month off it; win-back is always absolute, price always relative.
    where
        Segments it applies to, by dimension, as of the last full month; empty = all accounts.
    start
        ``YYYY-MM`` in which it begins to work; None = the first projected month.
    ramp
        Months until it works in full, evenly; 1 = at once.
    loss
        Price only: the share of MRR that leaves because of it.
    delay
        Win-back only: months between leaving and coming back; it sets the pace of all returns.

    Raises
    ------
    ScenarioError
        A value that no lever can have; the text names it and what is allowed.

    """

    kind: str
    change: float
    mode: str = ""
    where: Where = ()
    start: str | None = None
    ramp: int = 1
    loss: float = 0.0
    delay: int = 3
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in LEVERS:
            raise ScenarioError(f"“{self.kind}” is not a lever. Allowed: {', '.join(LEVERS)}.{nearest(self.kind, LEVERS)}")
        mode = self.mode or ("absolute" if self.kind == "win_back" else "relative")
        object.__setattr__(self, "mode", mode)
        if (self.kind, mode) not in _RANGES:
            raise ScenarioError(f"{LEVERS[self.kind]} can't be changed in the mode “{mode}”: {_modes(self.kind)}.")
        low, high = _RANGES[self.kind, mode]
        _within(f"The change of {LEVERS[self.kind]} ({mode})", self.change, low, high)
        _within("The share of MRR lost to a price change", self.loss, 0.0, 1.0)
        _whole("A ramp", self.ramp, 1, MOST_MONTHS)
        _whole("A delay of win-back", self.delay, 1, MOST_MONTHS)
        if self.loss and self.kind != "price":
            raise ScenarioError("Only a price lever has a loss. Leave it out, or add a churn lever.")
        if self.start is not None:
            _month(f"The start of {LEVERS[self.kind]}", self.start)

    @property
    def label(self) -> str:
        """The lever in a few words: its name, or what it does and where."""
        if self.name:
            return self.name
        amount = f"{self.change * 100:+.3g}".replace("-", "\u2212")
        unit = "%" if self.mode == "relative" else " pt a month" if self.kind != "win_back" else " pt"
        place = "; ".join(f"{', '.join(segments)}" for _, segments in self.where)
        return f"{LEVERS[self.kind]} {amount}{unit}" + (f", {place}" if place else "")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one account will do, in place of the rates.

    Nothing makes it leave before ``month``: until then it grows and shrinks as its segment does. From then on, with
    ``probability``, it does what was decided, and otherwise stays, growing and shrinking as before. ``renew`` means that
    it stays; otherwise it leaves.

    Parameters
    ----------
    account
        Its id.
    action
        ``renew`` (stays), ``shrink``, ``grow`` (both with ``to``) or ``lose``.
    to
        MRR afterwards, in ten-thousandths of the currency unit (``schema.UNIT``); None for ``renew`` and ``lose``.
    probability
        From 0 to 1.
    month
        ``YYYY-MM``; None = when its contract ends, or the first projected month where that is not known.
    note
        Why; kept, never computed with.

    """

    account: str
    action: str
    to: int | None = None
    probability: float = 1.0
    month: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        who = f"the decision about “{self.account[:60]}”"
        if not self.account:
            raise ScenarioError("A decision needs an account id.")
        if self.action not in ACTIONS:
            raise ScenarioError(
                f"“{self.action}” in {who} is not a decision. Allowed: {', '.join(ACTIONS)}.{nearest(self.action, ACTIONS)}"
            )
        _within(f"The probability in {who}", self.probability, 0.0, 1.0)
        if self.action in {"renew", "lose"}:
            if self.to is not None:
                raise ScenarioError(f"“{self.action}” in {who} takes no amount. Leave it out, or choose shrink or grow.")
        elif self.to is None or not _is_whole(self.to) or self.to <= 0:
            raise ScenarioError(f"“{self.action}” in {who} needs the MRR afterwards, above 0. To lose the account choose lose.")
        if self.month is not None:
            _month(f"The month in {who}", self.month)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a projection assumes, apart from the dataset. ``Scenario()`` is the baseline itself.

    Parameters
    ----------
    levers, decisions
        What differs from the baseline; at most one decision an account.
    horizon
        Months ahead, 1 to 36.
    months
        The baseline's rates are those of the last 1, 3, 6 or 12 months.
    by
        Dimension whose segments have rates of their own; None = one rate for all.
    contracts
        Dimension that holds the end of each account's contract: who has one leaves or renews then. ``auto`` finds it by
        its name, an empty text ignores contracts.
    target
        NRR to be reached over the whole horizon, or None.
    name, description
        For people.

    """

    levers: tuple[Lever, ...] = ()
    decisions: tuple[Decision, ...] = ()
    horizon: int = 12
    months: int = 12
    by: str | None = None
    contracts: str = "auto"
    target: float | None = None
    name: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        _whole("The horizon", self.horizon, 1, MOST_MONTHS)
        if not _is_whole(self.months) or self.months not in BASELINES:
            raise ScenarioError(f"A baseline rests on the last {_listed(BASELINES)} months, not on {self.months!r}.")
        if self.target is not None:
            _within("The target NRR", self.target, 0.01, 10.0)
        taken: set[str] = set()
        for decision in self.decisions:
            if decision.account in taken:
                raise ScenarioError(f"“{decision.account[:60]}” has two decisions. Keep one.")
            taken.add(decision.account)

    def replaced(self, **changes: object) -> "Scenario":
        """The same scenario with some values changed."""
        return Scenario(**{f.name: changes.get(f.name, getattr(self, f.name)) for f in fields(self)})  # type: ignore[arg-type]


def allowed(lever: Lever) -> tuple[float, float]:
    """The lowest and the highest change of a lever of this kind and mode; a relative rise is at most tenfold."""
    return _RANGES[lever.kind, lever.mode]


def _within(what: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ScenarioError(f"{what} is {value!r}: it must be a number from {low:g} to {high:g}.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(what: str, value: int, low: int, high: int) -> None:
    if not _is_whole(value) or not low <= value <= high:
        raise ScenarioError(f"{what} is {value!r}: it must be a whole number of months from {low} to {high}.")


def _month(what: str, text: str) -> None:
    try:
        parse_month(text)
    except SelectionError as error:
        raise ScenarioError(f"{what}: {error}") from error


def _modes(kind: str) -> str:
    return " or ".join(mode for of, mode in _RANGES if of == kind)


def _listed(values: Iterable[object]) -> str:
    *most, last = map(str, values)
    return f"{', '.join(most)} or {last}"
