"""Presets: definition cards that are in use, each with its public source and with what the source leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import DefinitionError, nearest

__all__ = ["PRESETS", "Preset", "card_of", "code_of", "named", "preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A card with a name: who publishes by it, where that is written, and what is ambiguous there."""

    name: str
    title: str
    card: Definition
    used_by: str
    source: str
    ambiguity: str


_LONGEST: Final = 400  # characters of a card in an address
_DASHBOARD: Final = "Billing dashboards"
_LISTED: Final = (
    Preset(
        "standard", "Closed-cohort standard", STANDARD,
        "Finance teams, and most public companies that publish one value of a quarter end.",
        "SaaS Metrics Standards Board, “Net Revenue Retention”; GitLab and Confluent, Form 10-K, as collected in "
        "Mostly Metrics, “How top tech companies measure Net Dollar Retention Rate” (2023).",
        "Sources differ on which revenue is recurring: usage is counted by some and left out by others (knob “Revenue types”).",
    ),
    Preset(
        "movements-opening", "Movements of opening accounts, returns apart", Definition(family="movements"),
        "Teams that add up a movements log over the year.",
        "The closed cohort, read from monthly movements instead of its two ends.",
        "Whether the return of an opening account undoes its churn is rarely written down. Here it does not.",
    ),
    Preset(
        "movements-opening-with-returns", "Movements of opening accounts, returns counted",
        Definition(family="movements", returns="opening"),
        "Teams that add up a movements log and keep the cohort closed.",
        "The closed cohort, read from monthly movements; its NRR equals the standard one to the last digit.",
        "Its GRR is the sum of losses, which is lower where an account shrank and grew again.",
    ),
    Preset(
        "movements-all-with-returns", "All movements of the year over its opening",
        Definition(family="movements", population="all", returns="all"),
        f"{_DASHBOARD} set to a year.",
        "ChartMogul, help article “Net MRR Churn Rate”: churn and contraction less expansion and reactivation, over the MRR at the start.",
        "The formula is given for a month. Over a year accounts won inside it expand and leave above an opening they were not part of: "
        "not a closed cohort, and it overstates.",
    ),
    Preset(
        "chained-monthly", "Monthly values multiplied over the year", Definition(family="chained"),
        "Teams that annualise a dashboard's monthly value.",
        "Compounding of one-month retention, as monthly churn is annualised in textbooks (1 − (1 − c)¹²), with each month's own value.",
        "It is the retention of no one group of accounts: every month has another opening.",
    ),
    Preset(
        "trailing-mean", "Mean of the last twelve year-over-year values", Definition(family="averaged", average="mean", measure="ARR"),
        "Public companies that smooth: a trailing mean of year-over-year ARR retention.",
        "Asana and HashiCorp, Form 10-K (trailing four-quarter average); Datadog, Form 10-K (weighted, trailing twelve months).",
        "Quarter ends or month ends, and equal or weighted by opening: sources differ. Here the last twelve month ends count equally.",
    ),
    Preset(
        "weighted-mean-month", "Mean month of the last twelve, weighted by opening",
        Definition(family="averaged", window_months=1, average="weighted"),
        "Public companies that publish a monthly rate.",
        "RingCentral, Form 10-K, “Net Monthly Subscription Dollar Retention Rate”.",
        "The source divides by the mean of opening and closing; here each month is weighted by its opening. It is a rate for a month: "
        "never compare it with a yearly one.",
    ),
    Preset(
        "revenue-window", "Revenue of two years, accounts of the first month", Definition(family="revenue_window"),
        "Companies that bill by usage.",
        "Snowflake, Form 10-K, “Net Revenue Retention Rate”.",
        "The source counts customers active at any time in the first month; here those that pay at its end. Revenue of a month is "
        "taken to be its month-end MRR.",
    ),
    Preset(
        "same-quarter", "Same quarter a year ago", Definition(window_months=12, measure="ARR"),
        "Public companies that compare a quarter with the quarter a year before.",
        "Twilio, Form 10-K, “Dollar-Based Net Expansion Rate”.",
        "The source compares the quarter's revenue; here its last month end stands for the quarter. Choose a close that ends a quarter. "
        "Apart from the unit it is the standard card.",
    ),
    Preset(
        "dashboard-with-reactivation", "Net MRR retention of a month, with reactivation",
        Definition(family="movements", window_months=1, population="all", returns="all"),
        _DASHBOARD, "ChartMogul, help article “Net MRR Churn Rate”, standard formula; retention = 1 − churn rate.",
        "Churn may be dated by the click or by the end of service (a setting); here by the end of service.",
    ),
    Preset(
        "dashboard-30-day", "Net MRR retention of 30 days, without reactivation", Definition(family="movements", window_months=1),
        _DASHBOARD, "Baremetrics, changelog “New metric: Net Revenue Retention”: 100 % − (churned − expansion) ÷ MRR 30 days ago.",
        "The source does not say whether downgrades are part of churned MRR (here they count), and its 30 days end on any day; "
        "month ends stand for them here.",
    ),
)  # fmt: skip

PRESETS: Final[Mapping[str, Preset]] = {one.name: one for one in _LISTED}


def preset(name: str) -> Definition:
    """The card of a preset by its name; raises DefinitionError with the nearest one otherwise."""
    if name not in PRESETS:
        raise DefinitionError(f"There is no preset “{name}”. Presets: {', '.join(PRESETS)}.{nearest(name, PRESETS)}")
    return PRESETS[name].card


def named(card: Definition) -> Preset | None:
    """The preset whose card this is; where none is, the one that differs in window and unit alone; else None."""
    plain = _plain(card)
    exact = (one for one in _LISTED if one.card == card)
    return next(exact, None) or next((one for one in _LISTED if _plain(one.card) == plain), None)


def code_of(card: Definition) -> str:
    """A card in one short line for addresses, without window and unit: a preset's name, or the knobs that differ from the standard."""
    plain = _plain(card)
    for one in _LISTED:
        if _plain(one.card) == plain:
            return one.name
    values = plain.as_dict()
    return ",".join(f"{name}:{'+'.join(v) if isinstance(v := values[name], list) else v}" for name in plain.changes(STANDARD))


def _plain(card: Definition) -> Definition:
    """The card over the standard window in the standard unit."""
    return replace(card, window_months=STANDARD.window_months, measure=STANDARD.measure)


def card_of(code: str) -> Definition:
    """The card that ``code_of`` wrote; raises DefinitionError with the reason on anything else."""
    if ":" not in code:
        return preset(code)
    knobs: dict[str, object] = {}
    for part in code[:_LONGEST].split(","):
        name, _, value = part.partition(":")
        knobs[name] = tuple(value.split("+")) if name == "revenue_types" else int(value) if value.isdecimal() else value
    return Definition.from_dict(knobs)
