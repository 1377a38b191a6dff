"""Pages about where it sits: segments, and the accounts behind the bridge."""

import math
from decimal import Decimal
from typing import Any

import pandas as pd

from nrr_core import explain
from nrr_core.explain.findings import MIN_BASE
from nrr_core.formats import percent_text
from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked, rows_of
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, quoted, say
from nrr_core.report.pack.registry import page
from nrr_core.schema import ALL

__all__ = ["movers", "segment_rows", "segments"]

_MOST_SEGMENTS = 9  # and the total: ten rows


_MOST_MOVERS = 5


_SHORT = 24  # characters of a name beside a bar


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
    adds_up = isinstance(total.closing_mrr, Decimal)  # not under a chain or a mean
    based = [row for row in parts if adds_up and row.opening_accounts >= MIN_BASE and row.opening_mrr < total.opening_mrr]
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
    parts: list[str] = []
    figures: dict[str, Figure] = {}
    for key, frame, whole, noun in (
        ("up", gains, row.expansion_mrr, "largest expansion"),
        ("down", losses, row.churn_mrr + row.contraction_mrr, "largest loss"),
    ):
        if frame.empty or not whole:
            continue
        moved = abs(frame["change_mrr"].sum())
        parts.append(f"{'The' if not parts else 'the'} {{{key}_accounts}} {{{key}_verb}} {{{key}_share}} of all ({{{key}}})")
        figures[f"{key}_accounts"] = words.count("Accounts", len(frame), noun) if len(frame) > 1 else words.text(noun)
        figures[f"{key}_verb"] = words.text("is" if len(frame) == 1 else "are")
        figures[key] = facts.money("Largest expansions" if key == "up" else "Largest losses", moved)
        figures[f"{key}_share"] = words.percent("Share of expansion" if key == "up" else "Share of losses", float(moved / whole), digits=0)
    return say("; ".join(parts), source="; ".join(filter(None, (source, asked(facts.bridge)))), **figures)
