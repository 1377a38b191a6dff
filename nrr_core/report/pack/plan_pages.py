"""Pages about the plan: the scenario against the baseline, and what its levers do."""

from decimal import Decimal
from typing import Any

import pandas as pd

from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, say
from nrr_core.report.pack.registry import page
from nrr_core.schema import ALL

__all__ = ["levers", "scenario"]

_MOST_ROWS = 10
_BAND = 0.8  # of the fan: what a slide shows
_RATIOS = (("nrr", "NRR"), ("grr", "GRR"), ("logo_retention", "Logo retention"))


@page(
    "scenario",
    "Scenario",
    "Today’s accounts carried forward: baseline against scenario, with the headline numbers",
    needs="projection",
    sheets=("Scenario",),
)
def scenario(facts: Facts) -> Page:
    """Where the plan leads."""
    projection = facts.projection
    base, plan, source = facts.path("baseline"), facts.path("scenario"), asked(projection.period)
    months = projection.months[projection.months["segment"] == ALL]
    series = []
    for path, name, tone in (("baseline", "Baseline", "muted"), ("scenario", "Scenario", "accent")):
        rows = months[months["path"] == path].sort_values("month")
        series.append(Series(name, tuple(facts.money(f"{name}, {m}", v) for m, v in zip(rows["month"], rows["mrr"], strict=True)), tone))
    labels = tuple(words.month(m).text for m in sorted(months["month"].unique()))
    series += _fan(facts, labels)
    rows_of = [_compared(label, base[name], plan[name]) for name, label in _RATIOS]
    rows_of.append(_level(facts, base, plan))
    table = Table((Column("Over the horizon", "left"), Column("Baseline"), Column("Scenario"), Column("Difference")), tuple(rows_of))
    chart = Chart("line", labels, tuple(series), "money", facts.prefix, f"{facts.unit} of today’s accounts, baseline against scenario")
    note = words.text(" ".join(projection.notes), label="Notes")
    return Page(
        "scenario", _scenario_title(facts, base, plan, source), _named(facts, source), _chances(facts, source), chart, table,
        say("{notes}", notes=note, source=source) if note.text else None,
    )  # fmt: skip


def _compared(label: str, base: float, plan: float) -> Row:
    return Row(
        (
            words.text(label, label="Measure"),
            words.percent(f"{label}, baseline", base),
            words.percent(f"{label}, scenario", plan),
            words.points(f"{label}, difference", plan - base),
        )
    )


def _level(facts: Facts, base: Any, plan: Any) -> Row:
    ends = words.text(f"{facts.unit} at the end", label="Measure")
    return Row(
        (
            ends,
            facts.money("End, baseline", base["mrr"]),
            facts.money("End, scenario", plan["mrr"]),
            facts.money("End, difference", plan["mrr"] - base["mrr"], signed=True),
        )
    )


def _scenario_title(facts: Facts, base: Any, plan: Any, source: str) -> Sentence:
    was, nrr = words.percent("NRR, baseline", base["nrr"]), words.percent("NRR, scenario", plan["nrr"])
    if (was.value is None or nrr.value is None) and plan["mrr"]:
        return say("The definition looks back further than the data: NRR ahead has no value", source=source)
    if was.value is None or nrr.value is None:
        return say("There is no opening revenue to carry forward", source=source)
    difference = plan["mrr"] - base["mrr"]
    if not difference and was.text == nrr.text:
        return say("The scenario is the baseline: NRR {nrr}", nrr=nrr, source=source)
    word, size = ("more", difference) if difference >= 0 else ("less", -difference)
    return say(
        f"Scenario: NRR {{nrr}} in place of {{was}}, and {{size}} {word} {{unit}}",
        was=was, nrr=nrr, size=facts.money("Difference at the end", size), unit=words.text(facts.unit), source=source,
    )  # fmt: skip


def _named(facts: Facts, source: str) -> Sentence:
    plan, projection = facts.projection.scenario, facts.projection
    return say(
        "{name}: {horizon} from {start}",
        name=words.name(plan.name or "Scenario", label="Scenario", limit=60),
        horizon=words.count("Horizon", plan.horizon, "month"),
        start=words.month(projection.start, label="Start"),
        source=source,
    )


def _chances(facts: Facts, source: str) -> tuple[Sentence, ...]:
    target = facts.projection.scenario.target
    found = []
    if target is not None and words.defined(facts.path("scenario")["nrr"]):
        gap = facts.path("scenario")["nrr"] - target
        against = {"target": words.percent("Target", target), "gap": words.points("Gap to the target", gap)}
        found.append(say("Against the target of {target} the scenario’s NRR stands at {gap}", source=source, **against))
    chance = getattr(facts.simulation, "chance", None)
    if chance is not None and target is not None:
        figures = {"chance": words.percent("Chance of the target", chance, digits=0), "target": words.percent("Target", target)}
        found.append(say("In {chance} of the simulated runs NRR reaches {target}", source="simulation of the scenario", **figures))
    return tuple(found)


def _fan(facts: Facts, labels: tuple[str, ...]) -> list[Series]:
    """The middle 80 % of the simulated runs as two thin lines, where the simulation has them for every month."""
    bands = getattr(facts.simulation, "bands", None)
    if bands is None or bands.empty:
        return []
    held = bands[(bands["measure"] == "mrr") & (bands["share"].astype(float) == _BAND)].sort_values("month")
    if len(held) != len(labels):
        return []
    return [
        Series(name, tuple(facts.money(f"{name}, {m}", Decimal(str(v))) for m, v in zip(labels, held[column], strict=True)), "faint")
        for name, column in (("80% of runs, low", "low"), ("80% of runs, high", "high"))
    ]


@page(
    "levers",
    "What the levers do",
    "The effect of every lever alone, of the decisions, and of all together",
    needs="projection",
    sheets=("Scenario",),
)
def levers(facts: Facts) -> Page | None:
    """Which lever does how much."""
    effects = facts.projection.effects
    if effects.empty:
        return None
    source = asked(effects)
    steps = [words.name(step, label="Step", limit=60) for step in effects["step"]]
    signed = [kind != "total" for kind in effects["kind"]]
    amounts = [facts.money(f"{s.text}", v, signed=d) for s, v, d in zip(steps, effects["mrr"], signed, strict=True)]
    tones = tuple(kind if kind in {"total", "gain", "loss"} else "muted" for kind in effects["kind"])
    chart = Chart(
        "waterfall",
        tuple(words.name(step, limit=22).text for step in effects["step"]),
        (Series(facts.unit, tuple(amounts), "total", tones),),
        "money",
        facts.prefix,
        f"Effects on {facts.unit}: " + ", ".join(f"{s.text} {a.text}" for s, a in zip(steps, amounts, strict=True)),
    )
    rows = [
        Row((s, a, _change("NRR", nrr, difference=d), _change("GRR", grr, difference=d)), "" if d else "total")
        for s, a, nrr, grr, d in zip(steps, amounts, effects["nrr"], effects["grr"], signed, strict=True)
    ]
    table = Table((Column("Step", "left"), Column(facts.unit), Column("NRR"), Column("GRR")), tuple(_at_most(rows)))
    return Page("levers", _levers_title(facts, effects, source), None, (), chart, table, _left_out(len(rows), source))


def _at_most(rows: list[Row]) -> list[Row]:
    """Ten rows at most: the first ones and the last, which is the scenario."""
    return rows if len(rows) <= _MOST_ROWS else [*rows[: _MOST_ROWS - 1], rows[-1]]


def _left_out(rows: int, source: str) -> Sentence | None:
    if rows <= _MOST_ROWS:
        return None
    return say(
        "{more} not in the table; the workbook has all.", more=words.count("Steps left out", rows - _MOST_ROWS, "step"), source=source
    )


def _change(label: str, value: float, *, difference: bool) -> Figure:
    return words.points(f"Effect on {label}", value) if difference else words.percent(label, value)


def _levers_title(facts: Facts, effects: pd.DataFrame, source: str) -> Sentence:
    moves = effects[effects["kind"] != "total"]
    if moves.empty or not any(moves["mrr"]):
        return say("No lever changes the baseline", source=source)
    largest = max(moves.to_dict("records"), key=lambda row: abs(row["mrr"]))
    verb = "adds" if largest["mrr"] > 0 else "costs"
    return say(
        f"{{step}} does most: it {verb} {{amount}} of {{unit}}, {{points}} of NRR",
        step=words.name(largest["step"], label="Step", limit=60),
        amount=facts.money("Largest effect", abs(largest["mrr"])),
        unit=words.text(facts.unit),
        points=words.points("Effect on NRR", largest["nrr"]),
        source=source,
    )
