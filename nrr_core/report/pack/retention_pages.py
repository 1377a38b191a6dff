"""Pages about what was: outcomes, the bridge, segments, accounts, the trend."""

import math
from typing import Any

import pandas as pd

from nrr_core import explain
from nrr_core.explain.findings import MIN_BASE
from nrr_core.explain.shapes import STEPS
from nrr_core.formats import is_number, percent_text
from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked, rows_of
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, quoted, say
from nrr_core.report.pack.registry import page
from nrr_core.schema import ALL

__all__ = ["bridge", "movers", "outcomes", "segment_rows", "segments", "trend"]

RATIOS = (("nrr", "NRR"), ("grr", "GRR"), ("logo_retention", "Logo retention"))
TONES = {"opening": "total", "retained": "total", "closing": "total", "contraction": "loss", "churn": "loss"}
_MOST_SEGMENTS = 9  # and the total: ten rows
_MOST_MOVERS = 5
_SHORT = 24  # characters of a name beside a bar


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
    opening = row.opening_mrr
    found = [words.percent("GRR", row.grr), words.percent("Lost before expansion", 1 - row.grr)]
    bridge = facts.bridge.iloc[0]
    for name in ("expansion", "churn", "contraction"):
        found.append(facts.money(name.capitalize(), bridge[f"{name}_mrr"]))
        if opening:
            found.append(words.percent(f"{name.capitalize()} rate", float(bridge[f"{name}_mrr"] / opening)))
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
    steps = tuple(facts.money(step.capitalize(), row[f"{step}_mrr"]) for step in STEPS)
    tones = tuple(TONES.get(step, "gain") for step in STEPS)
    series = Series(facts.unit, steps, "total", tones)
    amounts = dict(zip(STEPS, steps, strict=True))
    arrived = facts.money("New and reactivated", row["new_mrr"] + row["reactivation_mrr"])
    title = quoted(explain.waterfall_finding(facts.bridge, currency=facts.prefix, factor=facts.factor), [*steps, arrived], source=source)
    kept = say(
        "Of {opening} at the open, {retained} is still paid by the same accounts: NRR is {nrr}, GRR {grr}",
        opening=amounts["opening"],
        retained=amounts["retained"],
        nrr=words.percent("NRR", facts.now.iloc[0].nrr),
        grr=words.percent("GRR", facts.now.iloc[0].grr),
        source=asked(facts.bridge, facts.now),
    )
    outside = say(
        "{new} came from {new_accounts} and {returned} from {back_accounts} that came back; neither counts in NRR",
        new=amounts["new"],
        new_accounts=words.count("New accounts", row["new_accounts"], "new account"),
        returned=amounts["reactivation"],
        back_accounts=words.count("Reactivated accounts", row["reactivation_accounts"], "account"),
        source=source,
    )
    window = say(
        "{unit}, {open} to {close}",
        unit=words.text(facts.unit),
        open=words.month(row["open"], label="Open"),
        close=words.month(row["close"], label="Close"),
        source=source,
    )
    alt = f"Waterfall of {facts.unit}: " + ", ".join(f"{f.label} {f.text}" for f in steps)
    chart = Chart("waterfall", tuple(step.capitalize() for step in STEPS), (series,), "money", facts.prefix, alt)
    return Page("bridge", title, window, (kept, outside) if row["opening_mrr"] else (outside,), chart)


def segment_rows(frame: pd.DataFrame) -> tuple[list[Any], int]:
    """The total, then the largest segments by NRR, the highest first (without a value last); and how many are left out."""
    held = [row for row in rows_of(frame) if row.opening_accounts > 0]
    total = [row for row in held if row.segment == ALL]
    largest = sorted((row for row in held if row.segment != ALL), key=lambda row: (-row.opening_mrr, row.segment))
    kept = sorted(largest[:_MOST_SEGMENTS], key=lambda row: (-row.nrr if words.defined(row.nrr) else math.inf, row.segment))
    return total + kept, len(largest) - len(kept)


@page("segments", "By segment", "NRR of each segment with its base; small bases are grey", sheets=("Segments",))
def segments(facts: Facts) -> Page | None:
    """Where it is, and whether it is real."""
    if facts.segments is None or facts.dimension is None:
        return None
    rows, left_out = segment_rows(facts.segments)
    source = asked(facts.segments)
    if not rows:
        return Page("segments", say("No segment had a paying account when this window opened", source=source))
    names = [words.name(row.segment, label="Segment", limit=60) for row in rows]
    values = [words.percent(f"NRR of {row.segment}", row.nrr) for row in rows]
    title = quoted(
        explain.segment_finding(facts.segments, dimension=facts.dimension),
        [*names, *values, words.name(facts.dimension, label="Dimension", limit=60), words.count("Least base", MIN_BASE)],
        source=source,
    )
    small = [row.opening_accounts < MIN_BASE for row in rows]
    tones = tuple("total" if row.segment == ALL else "faint" if few else "accent" for row, few in zip(rows, small, strict=True))
    chart = Chart(
        "bar", tuple(_segment_label(row) for row in rows), (Series("NRR", tuple(values), "accent", tones),), "ratio",
        alt="NRR by segment: " + ", ".join(f"{_segment_label(row)} {percent_text(row.nrr)}" for row in rows),
    )  # fmt: skip
    table = Table(
        (Column("Segment", "left"), Column("Accounts"), Column(f"Opening {facts.unit}"), Column("NRR"), Column("GRR")),
        tuple(
            Row(
                (
                    words.name(_segment_label(row), label="Segment"),
                    words.count("Opening accounts", row.opening_accounts),
                    facts.money("Opening", row.opening_mrr),
                    value,
                    words.percent("GRR", row.grr),
                ),
                "total" if row.segment == ALL else "muted" if few else "",
            )
            for row, value, few in zip(rows, values, small, strict=True)
        ),
    )
    return Page(
        "segments", title, _by(facts, source), _weights(facts, rows, source), chart, table, _segment_note(any(small), left_out, source)
    )


def _weights(facts: Facts, rows: list[Any], source: str) -> tuple[Sentence, ...]:
    """What the largest segment weighs, and what NRR would be without the lowest one that has a base."""
    total, parts = rows[0], [row for row in rows[1:] if words.defined(row.nrr)]
    if len(parts) < 2 or not total.opening_mrr:  # noqa: PLR2004 - one segment is the whole
        return ()
    largest = max(parts, key=lambda row: row.opening_mrr)
    found = [
        say(
            "{segment} holds {share} of opening {unit}, at NRR {nrr} and GRR {grr}", segment=words.name(largest.segment, label="Segment"),
            share=words.percent("Share of opening", float(largest.opening_mrr / total.opening_mrr), digits=0), unit=words.text(facts.unit),
            nrr=words.percent("NRR", largest.nrr), grr=words.percent("GRR", largest.grr), source=source,
        )
    ]  # fmt: skip
    based = [row for row in parts if row.opening_accounts >= MIN_BASE and row.opening_mrr < total.opening_mrr]
    if based:
        low = min(based, key=lambda row: (row.nrr, row.segment))
        rest = float((total.closing_mrr - low.closing_mrr) / (total.opening_mrr - low.opening_mrr))
        value = words.percent(f"NRR without {low.segment}", rest)
        whole = words.percent("NRR", total.nrr)
        found.append(
            say(
                "Without {segment}, NRR would be {value} in place of {whole}",
                segment=words.name(low.segment, label="Segment"),
                value=value,
                whole=whole,
                source=source,
            )
        )
    return tuple(found)


def _segment_label(row: Any) -> str:
    return "All accounts" if row.segment == ALL else words.name(row.segment, limit=_SHORT).text


def _by(facts: Facts, source: str) -> Sentence:
    return say(
        "NRR by {dimension}, as of {open}",
        dimension=words.name(facts.dimension, label="Dimension"),
        open=words.month(facts.now.iloc[0].open, label="Open"),
        source=source,
    )


def _segment_note(any_small: bool, left_out: int, source: str) -> Sentence | None:  # noqa: FBT001 - the one thing it is told
    notes, figures = [], {}
    if any_small:
        notes.append("Grey: fewer than {base} opening accounts, so read these rates with care.")
        figures["base"] = words.count("Least base", MIN_BASE)
    if left_out:
        notes.append("{more} with less opening revenue left out; the total holds all.")
        figures["more"] = words.count("Segments left out", left_out, "segment")
    return say(" ".join(notes), source=source, **figures) if notes else None


@page("movers", "Who moved it", "The five largest expansions and the five largest losses", sheets=("Accounts",))
def movers(facts: Facts) -> Page | None:
    """The accounts behind the bridge."""
    gains, losses = facts.gains.head(_MOST_MOVERS), facts.losses.head(_MOST_MOVERS)
    source = asked(facts.gains, facts.losses)
    if gains.empty and losses.empty:
        return None
    rows = [*gains.to_dict("records"), *losses.to_dict("records")]
    tones = tuple("gain" if row["change_mrr"] > 0 else "loss" for row in rows)
    changes = tuple(facts.money(f"Change of {row['account_id']}", row["change_mrr"], signed=True) for row in rows)
    names = tuple(words.account_name(row, limit=_SHORT + 16) for row in rows)
    chart = Chart(
        "bar",
        tuple(words.account_name(row, limit=_SHORT, with_id=False).text for row in rows),
        (Series(f"Change of {facts.unit}", changes, "gain", tones),),
        "money",
        facts.prefix,
        "Largest changes: " + ", ".join(f"{n.text} {c.text}" for n, c in zip(names, changes, strict=True)),
    )
    columns = (Column("Account", "left"), Column("Opening"), Column("Closing"), Column("Change"))
    cells = zip(names, rows, changes, strict=True)
    table = Table(
        columns,
        tuple(Row((n, facts.money("Opening", r["opening_mrr"]), facts.money("Closing", r["closing_mrr"]), c)) for n, r, c in cells),
    )
    return Page("movers", _movers_title(facts, gains, losses, source), None, (), chart, table)


def _movers_title(facts: Facts, gains: pd.DataFrame, losses: pd.DataFrame, source: str) -> Sentence:
    row = facts.bridge.iloc[0]
    parts, figures = [], {}
    for key, frame, whole, noun in (
        ("up", gains, row.expansion_mrr, "largest expansion"),
        ("down", losses, row.churn_mrr + row.contraction_mrr, "largest loss"),
    ):
        if frame.empty or not whole:
            continue
        moved = abs(frame["change_mrr"].sum())
        parts.append(f"{'The' if not parts else 'the'} {{{key}_accounts}} {{{key}_verb}} {{{key}_share}} of all ({{{key}}})")
        figures[f"{key}_accounts"] = words.count("Accounts", len(frame), noun)
        figures[f"{key}_verb"] = words.text("is" if len(frame) == 1 else "are")
        figures[key] = facts.money("Largest expansions" if key == "up" else "Largest losses", moved)
        figures[f"{key}_share"] = words.percent("Share of expansion" if key == "up" else "Share of losses", float(moved / whole), digits=0)
    return say("; ".join(parts), source="; ".join(filter(None, (source, asked(facts.bridge)))), **figures)


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
    best, worst = defined.loc[defined["nrr"].idxmax()], defined.loc[defined["nrr"].idxmin()]
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
