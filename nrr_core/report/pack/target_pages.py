"""Pages about targets: drivers against them, where the gap sits, and the same three months earlier."""

from collections.abc import Mapping
from typing import Any

from nrr_core import metrics
from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, say
from nrr_core.report.pack.registry import page
from nrr_core.report.pack.targets import drivers, gap_rows
from nrr_core.targets import is_met

__all__ = ["gap", "targets", "then_and_now"]

_MOST_SEGMENTS = 9
_SHORT = 24


def _shown(name: str, label: str, value: float | None) -> Figure:
    return words.number(label, value) if metrics.METRICS[name].kind == "number" else words.percent(label, value)


def _difference(name: str, label: str, value: float | None) -> Figure:
    if metrics.METRICS[name].kind != "number" or value is None:
        return words.points(label, value)
    return Figure(label, f"{value:+,.2f}".replace("-", "\u2212"), value, "number")


def _status(name: str, value: float | None, target: float | None) -> str:
    if target is None:
        return "No target"
    if value is None:
        return "No value"
    return "Met" if is_met(name, value, target) else "Missed"


@page("targets", "Against targets", "Driver metrics, each with its target, gap and status", sheets=("Targets",))
def targets(facts: Facts) -> Page:
    """Which targets are met."""
    found, source = drivers(facts.now.iloc[0], facts.bridge.iloc[0]), asked(facts.now, facts.bridge)
    rows, missed = [], []
    for name, value in found.items():
        target, label = facts.targets.get(name), metrics.METRICS[name].label
        status = _status(name, value, target)
        distance = None if value is None or target is None else value - target
        if status == "Missed":
            missed.append((name, label, distance))
        tone = {"Met": "gain", "Missed": "loss"}.get(status, "")
        tones = ("", "", "", tone, tone)
        cells = (_shown(name, label, value), _shown(name, f"{label}, target", target), _difference(name, f"{label}, gap", distance))
        rows.append(Row((words.text(label, label="Metric"), *cells, words.text(status, label="Status")), "", tones))
    columns = (Column("Metric", "left"), Column("Value"), Column("Target"), Column("Gap"), Column("Status", "left"))
    window = say("{open} to {close}", open=words.month(facts.now.iloc[0].open), close=words.month(facts.close), source=source)
    return Page("targets", _targets_title(facts, found, missed, source), window, (), None, Table(columns, tuple(rows)))


def _targets_title(facts: Facts, found: Mapping[str, float | None], missed: list[Any], source: str) -> Sentence:
    if not facts.targets:
        return say("No targets are set; NRR is {nrr}", nrr=words.percent("NRR", found["nrr"]), source=source)
    all_of = words.count("Targets", len(facts.targets), "target")
    if not missed:
        with_value = sum(found[name] is not None for name in facts.targets)
        if with_value < len(facts.targets):
            measured = words.count("Targets with a value", with_value)
            return say("{measured} of {targets} can be measured; none of those is missed", measured=measured, targets=all_of, source=source)
        return say("All is met: {targets}", targets=all_of, source=source)
    name, label, distance = missed[0]
    return say(
        "{missed} of {targets} missed; {label} by {gap}",
        missed=words.count("Targets missed", len(missed)),
        targets=all_of,
        label=words.text(label, label="Metric"),
        gap=_size(name, distance),
        source=source,
    )


def _size(name: str, distance: float) -> Figure:
    figure = _difference(name, "Gap", distance)
    return Figure(figure.label, figure.text.lstrip("+\u2212"), figure.value, figure.unit)


@page("gap", "Where the gap sits", "What each segment adds to the gap between the first target and its metric", sheets=("Segments",))
def gap(facts: Facts) -> Page | None:
    """Which segments make the gap."""
    found = gap_rows(facts)
    if found is None or facts.dimension is None:
        return None
    name, target, rows = found
    label, source = metrics.METRICS[name].label, asked(facts.segments)
    kept, rest = rows[:_MOST_SEGMENTS], rows[_MOST_SEGMENTS:]
    total = sum(row[3] for row in rows)
    parts = [words.points(f"Contribution of {segment}", share) for segment, _, _, share in kept]
    down = metrics.METRICS[name].better == "down"
    tones = tuple("gain" if (row[3] >= 0) != down else "loss" for row in kept)
    chart = Chart(
        "bar",
        tuple(words.name(row[0], limit=_SHORT).text for row in kept),
        (Series("Contribution to the gap", tuple(parts), "accent", tones),),
        "points",
        alt=f"Contribution to the gap in {label}: "
        + ", ".join(f"{words.name(r[0]).text} {p.text}" for r, p in zip(kept, parts, strict=True)),
    )
    cells = [
        Row(
            (
                words.name(segment, label="Segment", limit=_SHORT),
                words.percent("Share of the base", weight, digits=0),
                words.percent(label, value),
                part,
            )
        )
        for (segment, weight, value, _), part in zip(kept, parts, strict=True)
    ]
    if rest:
        weight, share = sum(row[1] for row in rest), sum(row[3] for row in rest)
        others = (
            words.text("All others", label="Segment"),
            words.percent("Share of the base", weight, digits=0),
            words.percent(label, None),
        )
        cells.append(Row((*others, words.points("Contribution of all others", share)), "muted"))
    table = Table((Column("Segment", "left"), Column("Share"), Column(label), Column("Adds to gap")), tuple(cells))
    subtitle = say(
        "{label} by {dimension} against {target}; the segments’ contributions add up to {gap}",
        label=words.text(label), dimension=words.name(facts.dimension, label="Dimension"), target=words.percent("Target", target),
        gap=words.points("Gap", total), source=source,
    )  # fmt: skip
    told = _if_met(facts, name, kept[0], tones[0], source)
    return Page("gap", _gap_title(label, total, kept[0], tones[0], source), subtitle, told, chart, table)


def _if_met(facts: Facts, name: str, worst: Any, tone: str, source: str) -> tuple[Sentence, ...]:
    """What the metric would be, were the segment that weighs most on it at the target."""
    value = drivers(facts.now.iloc[0], facts.bridge.iloc[0])[name]
    if tone == "gain" or value is None:
        return ()
    figures = {"segment": words.name(worst[0], label="Segment"), "target": words.percent("Target", facts.targets[name])}
    label = metrics.METRICS[name].label
    would = words.percent(f"{label}, {worst[0]} at the target", value - worst[3])
    return (say("Were {segment} at {target}, {label} would be {would}", label=words.text(label), would=would, source=source, **figures),)


def _gap_title(label: str, total: float, worst: Any, tone: str, source: str) -> Sentence:
    if tone == "gain":
        return say("Every segment holds its part of the {label} target", label=words.text(label), source=source)
    figures = {
        "segment": words.name(worst[0], label="Segment"),
        "part": words.points("Contribution", worst[3]),
        "gap": words.points("Gap", total),
    }
    return say("{segment} weighs most on {label}: {part}, where the whole gap is {gap}", label=words.text(label), source=source, **figures)


@page("then_and_now", "Then and now", "The same metrics three months earlier: what changed since the last QBR", sheets=("Trend",))
def then_and_now(facts: Facts) -> Page | None:
    """What changed since the last QBR."""
    if facts.earlier is None:
        return None
    retained, moved = facts.earlier
    source = asked(facts.now, facts.bridge, retained, moved)
    now, then = drivers(facts.now.iloc[0], facts.bridge.iloc[0]), drivers(retained.iloc[0], moved.iloc[0])
    rows = []
    for name, value in now.items():
        label, was = metrics.METRICS[name].label, then[name]
        change = None if value is None or was is None else value - was
        better = change is not None and change != 0 and (change > 0) == (metrics.METRICS[name].better == "up")
        tone = "" if not change else "gain" if better else "loss"
        cells = (_shown(name, f"{label}, then", was), _shown(name, f"{label}, now", value), _difference(name, f"{label}, change", change))
        word = "–" if change is None else "Same" if not change else "Better" if better else "Worse"
        rows.append(Row((words.text(label, label="Metric"), *cells, words.text(word, label="Direction")), "", ("", "", "", tone, tone)))
    earlier = words.month(retained.iloc[0].close, label="Then")
    columns = (Column("Metric", "left"), Column(earlier.text), Column(words.month(facts.close).text), Column("Change"), Column("", "left"))
    return Page("then_and_now", _then_title(now["nrr"], then["nrr"], earlier, source), None, (), None, Table(columns, tuple(rows)))


def _then_title(now: float | None, then: float | None, earlier: Figure, source: str) -> Sentence:
    if now is None or then is None:
        return say("NRR has no value to compare with {earlier}", earlier=earlier, source=source)
    verb, size = words.moved("Change of NRR", now - then)
    figures = {"earlier": earlier, "nrr": words.percent("NRR", now)}
    if verb == "held":
        return say("Since the last QBR ({earlier}) NRR held at {nrr}", source=source, **figures)
    return say(f"Since the last QBR ({{earlier}}) NRR {verb} {{size}}, to {{nrr}}", size=size, source=source, **figures)
