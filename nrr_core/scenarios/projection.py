"""Projection: baseline and scenario month by month under one card, and what each lever does to the period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.families import RATIOS, Answer, Ratio
from nrr_core.frames import months_column, to_frame
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios.ahead import COUNT
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.decisions import Decided, Path, decide
from nrr_core.scenarios.outcome import End, Outcome, ending, outcome
from nrr_core.scenarios.scenario import Lever, Scenario
from nrr_core.scenarios.written import digest
from nrr_core.schema import ALL
from nrr_core.stamp import stamp

__all__ = ["PATHS", "Projection", "project", "run_to", "side_by_side", "unlike"]

PATHS = ("baseline", "scenario")
_COLUMNS = (
    "month", "path", "window", "open", "close", "segment", "opening_accounts", "retained_accounts", "opening_mrr", "expansion_mrr",
    "contraction_mrr", "churn_mrr", "closing_mrr", "nrr", "grr", "logo_retention", "partial", "mrr",
)  # fmt: skip
_AMOUNTS = tuple(name for name in _COLUMNS if name.endswith("_mrr"))
_RETURNS = ("reactivation_mrr",)  # under cards that count them
_ACCOUNTS = ("opening_accounts", "retained_accounts")
DECISIONS, INTERACTION = "Account decisions", "Interaction"


@dataclass(frozen=True, eq=False)
class Projection:
    """What a scenario leads to, beside its baseline.

    Attributes
    ----------
    scenario, start
        What was asked, and the last full month (YYYY-MM).
    months
        One row per path, projected month and segment (total ``(all)`` first): the card's window that closes in the month
        with the columns of ``retention`` (expected counts of accounts are decimals), and ``mrr``, what the accounts
        that pay at the start pay in the month. An amount that the card's family does not have is empty. Where the data does not
        reach back as far as the card looks, ratios are NaN and amounts those of the window that opens at the start.
    period
        The same columns for the window from the start to the end of the horizon, one row per path and segment.
    effects
        step, kind (``total``, ``gain``, ``loss``, ``none``), mrr (exact), nrr, grr, logo_retention: levels for the first
        row (baseline) and the last (scenario), between them the effect of each lever alone, of the decisions, and the
        interaction. ``mrr`` adds up to the last digit. All of the period.
    decided
        account_id, action, month, probability, mrr (now), expected_mrr, low_mrr, high_mrr (at the
        end of the horizon).
    notes
        What did not work as written, and why.
    contract_share
        Share of today's MRR whose contract end is known, and heeded; None where nothing is paid.

    """

    scenario: Scenario
    start: str
    months: pd.DataFrame = field(repr=False)
    period: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame = field(repr=False)
    decided: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()
    contract_share: float | None = None


def project(
    data: Dataset | Book, scenario: Scenario | None = None, *, where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD
) -> Projection:  # fmt: skip
    """The baseline and a scenario, month by month.

    The baseline carries the monthly rates of the last months forward, segment by segment. New customers are in neither:
    they can't change NRR. Accounts that left before the start stay away unless it is decided otherwise.

    Parameters
    ----------
    data, where, card
        As in ``retention``; the filter is read as of each window's open. A book that is open already (``open_book``) answers
        sooner: levers' amounts and decisions may have changed since.
    scenario
        Levers and decisions; None is the baseline.

    Raises
    ------
    ScenarioError, SelectionError, DefinitionError
        Nothing to carry forward, an unknown dimension or segment, a renewal rate, a fiscal window.

    """
    scenario = scenario or Scenario()
    book = book_of(data, scenario, where=where, card=card)
    held = decide(book, scenario.decisions, horizon=scenario.horizon)
    both = {"baseline": _run(book, (), (), scenario.horizon), "scenario": _run(book, scenario.levers, held.paths, scenario.horizon)}
    question = f"scenario {digest(scenario)} over {scenario.horizon} months from {month_text(book.start)}"
    stamped = stamp(book.data, card=book.card, where=book.where, question=question).as_dict()
    return Projection(
        scenario=scenario,
        start=month_text(book.start),
        months=_months(book, both, stamped),
        period=_period(book, both, scenario.horizon, stamped),
        effects=_effects(_ends(book, scenario, held, both), stamped),
        decided=_decided(book, held, scenario, stamped),
        notes=(*_late(book, scenario), *held.notes),
        contract_share=_contract_share(book),
    )


def side_by_side(found: Projection) -> pd.DataFrame:
    """The total of a projection, one row a month: month, then mrr, nrr, grr and logo_retention after ``baseline_`` and ``scenario_``."""
    total = found.months[found.months["segment"] == ALL]
    paths = {path: total[total["path"] == path].reset_index(drop=True) for path in PATHS}
    columns = {"month": paths["baseline"]["month"]}
    for name in ("mrr", *RATIOS):
        columns |= {f"{path}_{name}": frame[name] for path, frame in paths.items()}
    made = pd.DataFrame(columns)
    made.attrs["stamp"] = found.months.attrs["stamp"]
    return made


def _run(book: Book, levers: Sequence[Lever], paths: Sequence[Path], horizon: int) -> Outcome:
    return outcome(book, book.pace(levers, horizon=horizon), paths)


def run_to(book: Book, levers: Sequence[Lever], paths: Sequence[Path], *, horizon: int, month: int) -> End:
    """The total of the period that closes in one projected month, under levers and paths: quick, for searches."""
    return ending(book, book.pace(levers, horizon=horizon), paths, month=month)


def _ends(book: Book, scenario: Scenario, held: Decided, both: Mapping[str, Outcome]) -> dict[str, End]:
    """The period's total: baseline, each lever alone, the decisions alone, and everything together, by name in this order."""
    horizon, levers = scenario.horizon, scenario.levers
    ends = {"baseline": both["baseline"].end}
    for name, lever in zip(unlike([lever.label for lever in levers]), levers, strict=True):
        ends[f"lever {name}"] = run_to(book, (lever,), (), horizon=horizon, month=horizon)
    if held.paths:
        ends["decisions"] = run_to(book, (), held.paths, horizon=horizon, month=horizon)
    return ends | {"scenario": both["scenario"].end}


def unlike(labels: Sequence[str]) -> list[str]:
    """Labels that can be told apart: later ones of the same text get a number."""
    seen: dict[str, int] = {}
    told = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        told.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return told


def _contract_share(book: Book) -> float | None:
    paid = book.standing.today
    known = paid[book.groups.end[book.standing.group] > 0].sum()
    return float(known / paid.sum()) if paid.sum() else None


def _late(book: Book, scenario: Scenario) -> list[str]:
    end = book.start + scenario.horizon
    late = [lever for lever in scenario.levers if lever.start and parse_month(lever.start) > end]
    return [f"“{lever.label}” begins in {lever.start}, after the horizon ends ({month_text(end)}): it has no effect yet." for lever in late]


def _columns(found: Answer[Ratio], known: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """The columns of ``retention``, segments × months; None for amounts that the card's family does not have."""
    columns: dict[str, Any] = {name: found.grid.get(name) for name in (*_AMOUNTS, *_RETURNS)}
    columns |= {name: found.grid[name] / COUNT if name in found.grid else None for name in _ACCOUNTS}
    return columns | {name: np.where(known, ratio.values(), np.nan) for name, ratio in found.ratios.items()}


def _months(book: Book, worlds: Mapping[str, Outcome], stamped: dict[str, Any]) -> pd.DataFrame:
    parts = []
    for path, world in worlds.items():
        close = np.arange(1, len(world.known) + 1) + book.start
        columns = _columns(world.trailing, world.known) | {"mrr": world.mrr}
        parts.append(_rows(book, path, columns, close - book.card.months, close))
    return _joined(parts, stamped)


def _period(book: Book, worlds: Mapping[str, Outcome], horizon: int, stamped: dict[str, Any]) -> pd.DataFrame:
    parts = []
    for path, world in worlds.items():
        columns = _columns(world.period, world.period_known) | {"mrr": world.mrr}
        last = {name: None if values is None else values[:, -1:] for name, values in columns.items()}
        parts.append(_rows(book, path, last, np.array([book.start]), np.array([book.start + horizon])))
    return _joined(parts, stamped)


def _rows(book: Book, path: str, columns: Mapping[str, Any], opened: Any, closed: Any) -> dict[str, Any]:
    """Segments × months as rows, months first; a total alone where there are no segments."""
    labels = [ALL] if book.labels == (ALL,) else [ALL, *book.labels]
    size, count = len(labels), len(closed)
    rows: dict[str, Any] = {name: None if values is None else values[:size].T.ravel() for name, values in columns.items()}
    rows["path"] = [path] * (size * count)
    rows["segment"] = labels * count
    rows["month"] = rows["close"] = months_column(np.repeat(closed, size))
    rows["open"] = months_column(np.repeat(opened, size))
    rows["window"] = np.repeat(closed - opened, size)
    rows["partial"] = np.zeros(size * count, dtype=bool)
    return rows


def _joined(parts: Sequence[Mapping[str, Any]], stamped: dict[str, Any]) -> pd.DataFrame:
    order = [*_COLUMNS, *(name for name in _RETURNS if parts[0][name] is not None)]
    columns = {name: _one_column(name, [part[name] for part in parts]) for name in ("mrr", *order)}
    texts = {name: columns[name].tolist() for name in ("month", "path", "open", "close", "segment")}
    return to_frame(columns | texts, order=order, stamp=stamped)


def _one_column(name: str, values: Sequence[Any]) -> Any:
    """A column of both paths; without values None for amounts, NaN for accounts."""
    if any(value is None for value in values):
        return None if name in _AMOUNTS else np.nan
    return np.concatenate([np.asarray(value) for value in values])


def _effects(ends: Mapping[str, End], stamped: dict[str, Any]) -> pd.DataFrame:
    """The period's total: baseline, effects alone, what they do together beyond that, scenario."""
    base, last = ends["baseline"], ends["scenario"]
    parts = [name for name in ends if name not in PATHS]
    steps = [("Baseline", "total", base.mrr, base.ratios)]
    for name in parts:
        label = DECISIONS if name == "decisions" else name.removeprefix("lever ")
        steps.append(_difference(label, ends[name].mrr - base.mrr, ends[name].ratios, base.ratios))
    if len(parts) > 1:
        alone = sum(step[2] for step in steps[1:])
        rest = {r: last.ratios[r] - base.ratios[r] - sum(step[3][r] for step in steps[1:]) for r in RATIOS}
        together = last.mrr - base.mrr - alone
        steps.append((INTERACTION, _kind(together), together, rest))
    steps.append(("Scenario", "total", last.mrr, last.ratios))
    columns: dict[str, Any] = {
        "step": [step for step, _, _, _ in steps],
        "kind": [kind for _, kind, _, _ in steps],
        "mrr": np.array([mrr for _, _, mrr, _ in steps], dtype=np.int64),
    }
    columns |= {r: np.array([found[r] for _, _, _, found in steps]) for r in RATIOS}
    return to_frame(columns, order=[*columns], stamp=stamped)


def _difference(label: str, mrr: int, level: Mapping[str, float], base: Mapping[str, float]) -> tuple[str, str, int, Mapping[str, float]]:
    return label, _kind(mrr), mrr, {r: level[r] - base[r] for r in RATIOS}


def _kind(amount: int) -> str:
    return "gain" if amount > 0 else "loss" if amount < 0 else "none"


def _decided(book: Book, held: Decided, scenario: Scenario, stamped: dict[str, Any]) -> pd.DataFrame:
    paths = held.paths
    made = book.pace(scenario.levers, horizon=scenario.horizon)
    ends = [[(chance, int(course[-1])) for chance, course in path.courses(made, start=book.start)] for path in paths]
    possible = [[mrr for chance, mrr in end if chance > 0] for end in ends]
    columns: dict[str, Any] = {
        "account_id": [path.decision.account for path in paths],
        "action": [path.decision.action for path in paths],
        "month": [month_text(path.month) for path in paths],
        "probability": np.array([path.decision.probability for path in paths], dtype=np.float64),
        "mrr": np.array([path.now for path in paths], dtype=np.int64),
        "expected_mrr": np.array([round(sum(chance * mrr for chance, mrr in end)) for end in ends], dtype=np.int64),
        "low_mrr": np.array([min(amounts) for amounts in possible], dtype=np.int64),
        "high_mrr": np.array([max(amounts) for amounts in possible], dtype=np.int64),
    }
    return to_frame(columns, order=[*columns], stamp=stamped)
