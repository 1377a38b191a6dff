"""Pages about what was: outcomes, the bridge, the trend."""

from collections.abc import Mapping
from typing import Any

from nrr_core import explain
from nrr_core.explain.shapes import steps_of
from nrr_core.formats import is_number
from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked, rows_of
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, quoted, say
from nrr_core.report.pack.registry import page

__all__ = ["bridge", "outcomes", "trend"]

RATIOS = (("nrr", "NRR"), ("grr", "GRR"), ("logo_retention", "Logo retention"))
TONES = {"opening": "total", "retained": "total", "closing": "total", "contraction": "loss", "churn": "loss"}


@page("outcomes", "Outcomes", "NRR, GRR and logo retention with the change against the window before", sheets=("Bridge",))
def outcomes(facts: Facts) -> Page:
    """Where retention stands, and against the window before."""
    row, source = facts.now.iloc[0], asked(facts.now, facts.bridge)
    before = facts.before
    was = None if before is None else before.iloc[0]
    table = _cards(facts, row, was)
    merged = facts.bridge.assign(**{name: facts.now[name].to_numpy() for name, _ in RATIOS})
    by_dimension = {} if facts.segments is None or facts.dimension is None else {facts.dimension: facts.segments}
    told = explain.overview_findings(merged, None, by_dimension, currency=facts.prefix, factor=facts.factor)
    candidates = _overview_figures(facts, row)
    bullets = tuple(quoted(f.text, candidates, source=source) for f in told[1:])
    window = say("{open} to {close}", open=words.month(row.open, label="Open"), close=words.month(row.close, label="Close"), source=source)
    return Page("outcomes", _outcome_title(row, was, source), window, bullets, table=table)


def _outcome_title(row: Any, was: Any, source: str) -> Sentence:
    nrr, logo = words.percent("NRR", row.nrr), words.percent("Logo retention", row.logo_retention)
    if nrr.value is None:
        return say("Nobody was paying when this window opened, so there is no retention to measure", source=source)
    if was is None or not words.defined(was.nrr):
        return say("NRR is {nrr}; {logo} of the customers stayed", nrr=nrr, logo=logo, source=source)
    verb, size = words.moved("Change of NRR", row.nrr - was.nrr)
    if verb == "held":
        return say("NRR held at {nrr}; {logo} of the customers stayed", nrr=nrr, logo=logo, source=source)
    return say(f"NRR {verb} {{size}} to {{nrr}}; {{logo}} of the customers stayed", size=size, nrr=nrr, logo=logo, source=source)


def _cards(facts: Facts, row: Any, was: Any) -> Table:
    """One column per outcome: its value large, the window before, the change."""
    values = [words.percent(label, row[name]) for name, label in RATIOS]
    values.append(facts.money(f"{facts.unit} of opening accounts at close", row.closing_mrr))
    labels = [*(label for _, label in RATIOS), f"Opening accounts’ {facts.unit}"]
    rows = [Row(tuple(values), "total")]
    if was is not None:
        earlier = [words.percent(f"{label}, window before", was[name]) for name, label in RATIOS]
        earlier.append(facts.money(f"{facts.unit} of opening accounts, window before", was.closing_mrr))
        change: list[Figure] = [words.points(f"Change of {label}", row[name] - was[name]) for name, label in RATIOS]
        change.append(facts.money(f"Change of {facts.unit}", row.closing_mrr - was.closing_mrr, signed=True))
        tones = tuple(
            "" if f.value is None or isinstance(f.value, str) or not f.value else "gain" if f.value > 0 else "loss" for f in change
        )
        rows += [Row(tuple(change), "", tones), Row(tuple(_prefixed("Before: ", f) for f in earlier), "muted")]
    else:
        at_open = [words.count("Opening accounts", row.opening_accounts, "opening account")] * len(RATIOS)
        rows.append(Row((*at_open, facts.money("Opening", row.opening_mrr)), "muted"))
    return Table(tuple(Column(label, "left") for label in labels), tuple(rows), cards=True)


def _prefixed(prefix: str, figure: Figure) -> Figure:
    return Figure(figure.label, f"{prefix}{figure.text}", figure.value, figure.unit)


def _overview_figures(facts: Facts, row: Any) -> list[Figure]:
    """Every figure that the overview's sentences can hold."""
    opening, opened = row.opening_mrr, facts.bridge.iloc[0].opening_mrr
    found = [words.percent("GRR", row.grr), words.percent("Lost before expansion", 1 - row.grr)]
    bridge = facts.bridge.iloc[0]
    for name in ("expansion", "churn", "contraction"):
        found.append(facts.money(name.capitalize(), bridge[f"{name}_mrr"]))
        if opened:
            found.append(words.percent(f"{name.capitalize()} rate", float(bridge[f"{name}_mrr"] / opened)))
    found += [words.count("Accounts that left", bridge.churn_accounts), words.count("Opening accounts", row.opening_accounts)]
    if facts.segments is not None and facts.dimension is not None:
        found.append(words.name(facts.dimension, label="Dimension", limit=60))
        for segment in rows_of(facts.segments):
            found += [words.name(segment.segment, label="Segment", limit=60), words.percent(f"NRR of {segment.segment}", segment.nrr)]
            if opening:
                found.append(words.percent(f"Share of {segment.segment}", float(segment.opening_mrr / opening), digits=0))
    return found


@page("bridge", "Bridge", "What moved the revenue from opening to closing, as a waterfall", sheets=("Bridge",))
def bridge(facts: Facts) -> Page:
    """How recurring revenue moved over the window."""
    row, source = facts.bridge.iloc[0].to_dict(), asked(facts.bridge)
    row["retained_mrr"] = row["opening_mrr"] + row["expansion_mrr"] - row["contraction_mrr"] - row["churn_mrr"]
    order = steps_of(facts.bridge)
    labels = tuple("Exchange rates" if step == "fx" else step.capitalize() for step in order)
    steps = tuple(facts.money(label, abs(row[f"{step}_mrr"])) for step, label in zip(order, labels, strict=True))
    tones = tuple("loss" if row[f"{step}_mrr"] < 0 else TONES.get(step, "gain") for step in order)
    series = Series(facts.unit, steps, "total", tones)
    amounts = dict(zip(order, steps, strict=True))
    arrived = facts.money("New and reactivated", row["new_mrr"] + row["reactivation_mrr"])
    title = quoted(explain.waterfall_finding(facts.bridge, currency=facts.prefix, factor=facts.factor), [*steps, arrived], source=source)
    still = "Of {opening} at the open, {retained} is still paid by the same accounts"
    kept = say(
        f"{still}: NRR is {{nrr}}, GRR {{grr}}"
        if facts.at_both_ends
        else f"{still}; by the definition in force NRR is {{nrr}}, GRR {{grr}}",
        opening=amounts["opening"],
        retained=amounts["retained"],
        nrr=words.percent("NRR", facts.now.iloc[0].nrr),
        grr=words.percent("GRR", facts.now.iloc[0].grr),
        source=asked(facts.bridge, facts.now),
    )
    outside = _outside(facts, row, source)
    window = say(
        "{unit}, {open} to {close}",
        unit=words.text(facts.unit),
        open=words.month(row["open"], label="Open"),
        close=words.month(row["close"], label="Close"),
        source=source,
    )
    alt = f"Waterfall of {facts.unit}: " + ", ".join(f"{f.label} {f.text}" for f in steps)
    chart = Chart("waterfall", labels, (series,), "money", facts.prefix, alt)
    return Page("bridge", title, window, (kept, outside) if row["opening_mrr"] else (outside,), chart)


@page("trend", "Trend", "NRR, GRR and logo retention at the last twelve closes", sheets=("Trend",))
def trend(facts: Facts) -> Page | None:
    """Whether it is getting better."""
    held, source = facts.trend, asked(facts.series)
    defined = held[[is_number(v) for v in held["nrr"]]]
    if defined.empty:
        return None
    months = tuple(words.month(close).text for close in held["close"])
    series = tuple(
        Series(label, tuple(words.percent(f"{label}, {m}", v) for m, v in zip(months, held[name], strict=True)), tone)
        for (name, label), tone in zip(RATIOS, ("accent", "total", "muted"), strict=True)
    )
    first, last = defined.iloc[0], defined.iloc[-1]
    best, worst = (defined.iloc[int(at)] for at in (defined["nrr"].argmax(), defined["nrr"].argmin()))
    bullets = []
    if len(defined) > 1:
        bullets.append(_at("NRR was highest in {month}: {value}", "NRR", best, "nrr", source))
        bullets.append(_at("NRR was lowest in {month}: {value}", "NRR", worst, "nrr", source))
        for name, label in RATIOS[1:]:
            verb, size = words.moved(f"Change of {label}", last[name] - first[name])
            how = {
                "label": words.text(label),
                "value": words.percent(label, last[name]),
                "size": size,
                "since": words.month(first.close, label="Since"),
            }
            told = "{label} held at {value} since {since}" if verb == "held" else f"{{label}} {verb} {{size}} since {{since}}, to {{value}}"
            bullets.append(say(told, source=source, **how))
    alt = "; ".join(f"{s.name} from {s.figures[0].text} to {s.figures[-1].text}" for s in series)
    subtitle = say(
        "Each point is a window that closes in that month: {window}", window=words.text(_window_text(facts.window)), source=source
    )
    chart = Chart("line", months, series, "ratio", alt=f"{months[0]} to {months[-1]}: {alt}")
    return Page("trend", _trend_title(first, last, source), subtitle, tuple(bullets), chart)


def _outside(facts: Facts, row: Mapping[Any, Any], source: str) -> Sentence:
    """What new accounts and those that came back brought, which is outside NRR."""
    parts: list[str] = []
    figures: dict[str, Figure] = {}
    for name, template, noun in (
        ("new", "{new} came from {new_accounts}", "new account"),
        ("reactivation", "{back} from {back_accounts} that came back", "account"),
    ):
        key = "new" if name == "new" else "back"
        if row[f"{name}_accounts"]:
            parts.append(template if parts or key == "new" else template.replace(" from", " came from"))
            figures[key] = facts.money(name.capitalize(), row[f"{name}_mrr"])
            figures[f"{key}_accounts"] = words.count(f"{name.capitalize()} accounts", row[f"{name}_accounts"], noun)
    if not parts:
        return say("No account arrived or came back in this window", source=source)
    tail = "neither counts in NRR" if len(parts) > 1 else "it does not count in NRR"
    return say(f"{' and '.join(parts)}; {tail}", source=source, **figures)


def _window_text(window: int | str) -> str:
    if isinstance(window, str):
        return window.replace("_", " ")
    return "1 month" if window == 1 else f"{window} months"


def _at(template: str, label: str, row: Any, measure: str, source: str) -> Sentence:
    return say(template, month=words.month(row.close), value=words.percent(label, row[measure]), source=source)


def _trend_title(first: Any, last: Any, source: str) -> Sentence:
    now = words.percent("NRR", last.nrr)
    if first.close == last.close:
        return say("NRR is {nrr} in {month}; there is no earlier close to compare", nrr=now, month=words.month(last.close), source=source)
    verb, size = words.moved("Change of NRR", last.nrr - first.nrr)
    since = words.month(first.close, label="Since")
    if verb == "held":
        return say("NRR is {nrr}, as it was in {since}", nrr=now, since=since, source=source)
    return say(f"NRR {verb} {{size}} since {{since}}, to {{nrr}}", size=size, since=since, nrr=now, source=source)
