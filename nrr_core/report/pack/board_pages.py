"""Pages that say what to think of the numbers: fragility, definitions, and the first and the last page of every pack."""

from dataclasses import fields
from typing import Any

from nrr_core.definition import STANDARD
from nrr_core.explain.fragility import TOP
from nrr_core.metrics import METRICS
from nrr_core.report.pack import words
from nrr_core.report.pack.facts import Facts, asked, rows_of
from nrr_core.report.pack.page import Chart, Column, Figure, Page, Row, Sentence, Series, Table, say
from nrr_core.report.pack.registry import page

__all__ = ["cover", "definitions", "fragility", "stamped"]

TITLES = {"qbr": "Quarterly business review", "okr": "Objectives and key results", "board": "Board report: net revenue retention"}
_HALF = 0.5


@page("cover", "Cover", "What the pack is, for whom, and the numbers in one line")
def cover(facts: Facts) -> Page:
    """The first page."""
    row, source = facts.now.iloc[0], asked(facts.now)
    whose = facts.brand.name or facts.data.name
    title = say("{pack}", pack=words.text(TITLES[facts.pack]))
    subtitle = say(
        "{whose} · {open} to {close}", whose=words.name(whose, label="For", limit=60), open=words.month(row.open, label="Open"),
        close=words.month(row.close, label="Close"), source=source,
    )  # fmt: skip
    line = say(
        "{opening} of {unit} in {accounts} at the open",
        opening=facts.money("Opening", row.opening_mrr), unit=words.text(facts.unit),
        accounts=words.count("Opening accounts", row.opening_accounts, "account"), source=source,
    )  # fmt: skip
    cards = (words.percent("NRR", row.nrr), words.percent("GRR", row.grr), words.percent("Logo retention", row.logo_retention))
    table = Table(tuple(Column(figure.label, "left") for figure in cards), (Row(cards),), cards=True)
    partial = (say("{close} is not over: its figures are partial", close=words.month(facts.close), source=source),) if row.partial else ()
    return Page("cover", title, subtitle, (line, *partial), None, table)


@page("fragility", "Fragility", "NRR without the accounts that move it most, and how single accounts spread", sheets=("Fragility",))
def fragility(facts: Facts) -> Page | None:
    """How much rests on a few accounts."""
    held, source = {row.measure: row for row in rows_of(facts.fragility)}, asked(facts.fragility)
    nrr = held["nrr"]
    if not words.defined(nrr.value):
        return None
    names = ["nrr", *(f"nrr_without_top_{n}" for n in TOP)]
    labels = ["All accounts", *(f"Without the top {n}" for n in TOP)]
    values = [words.percent(f"NRR, {label.lower()}", held[name].value) for name, label in zip(names, labels, strict=True)]
    chart = Chart(
        "bar", tuple(labels), (Series("NRR", tuple(values), "accent", ("total",)),), "ratio",
        alt=", ".join(f"{label} {v.text}" for label, v in zip(labels, values, strict=True)),
    )  # fmt: skip
    spread = (
        ("Without any one account, lowest", "nrr_without_one_lowest"), ("Without any one account, highest", "nrr_without_one_highest"),
        ("A quarter of accounts keep less than", "closing_to_opening_q1"), ("Half of accounts keep less than", "closing_to_opening_median"),
        ("A quarter of accounts keep more than", "closing_to_opening_q3"), ("Share of expansion from the top five", "expansion_from_top_5"),
    )  # fmt: skip
    rows = [Row((words.text(label, label="Measure"), words.percent(label, held[name].value))) for label, name in spread]
    top = "Top accounts are those whose revenue changed most, up or down; they leave both the opening and the closing."
    note = say(top if facts.at_both_ends else f"{top} Here each account is compared at both ends of the window.", source=source)
    table = Table((Column("How single accounts spread", "left"), Column("Value")), tuple(rows))
    return Page("fragility", _fragility_title(held, source), None, (), chart, table, note)


def _fragility_title(held: dict[str, Any], source: str) -> Sentence:
    full, without, top = held["nrr"].value, held["nrr_without_top_10"], held["expansion_from_top_5"].value
    if not words.defined(without.value):
        return say("{accounts} carry the whole: too few to leave ten out", accounts=_base(held["nrr"]), source=source)
    without_text = words.percent("NRR without the top 10", without.value)
    verb, size = words.moved("Effect of the top 10", without.value - full)
    if verb == "held":
        return say("Without its ten biggest movers NRR is the same: {value}", value=without_text, source=source)
    tail = ""
    if words.defined(top) and top > _HALF:
        tail = "; five accounts make {share} of the expansion"
    figures: dict[str, Figure] = {"value": without_text, "size": size}
    if tail:
        figures["share"] = words.percent("Share of expansion from the top five", top, digits=0)
    way = "lower" if verb == "fell" else "higher"
    return say(f"Without its ten biggest movers NRR is {{value}}, {{size}} {way}{tail}", source=source, **figures)


def _base(row: Any) -> Figure:
    return words.count("Opening accounts", row.accounts, "account")


@page("definitions", "Definitions", "The definition card and the formula of every metric", sheets=("Stamp",))
def definitions(facts: Facts) -> Page:
    """What the numbers mean."""
    rows = [Row((words.text(m.label, label="Metric"), words.text(m.formula), words.text(m.meaning))) for m in METRICS.values()]
    changed = [k.name for k in fields(facts.card) if getattr(facts.card, k.name) != getattr(STANDARD, k.name)]
    title = say("Every number here follows one definition: {card}", card=words.text(facts.card.label, label="Definition", limit=120))
    card = ", ".join(f"{k.replace('_', ' ')} {_knob(v)}" for k, v in facts.card.as_dict().items() if k in changed or k in _TOLD)
    table = Table((Column("Metric", "left"), Column("Formula", "left"), Column("Meaning", "left")), tuple(rows), lines=2)
    return Page(
        "definitions", title, say("Card {hash}: {card}", hash=words.text(facts.card.short_hash), card=words.text(card)), (), None, table
    )


_TOLD = ("family", "window_months", "population", "returns", "segment_as_of", "measure")


def _knob(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value).replace("_", " ")


@page("stamp", "What these numbers rest on", "The whole stamp, with the formulas", required=True, sheets=("Stamp",))
def stamped(facts: Facts) -> Page:
    """The last page: what anybody needs to get the same numbers again."""
    rows = [Row((words.text(label, label="Entry"), words.text(text, label=label))) for label, text in facts.stamp.lines()]
    table = Table((Column("Entry", "left"), Column("What it is", "left")), tuple(rows), lines=2)
    names = METRICS if facts.pack == "okr" else _USED
    formulas = tuple(say("{label} = {formula}", label=words.text(METRICS[n].label), formula=words.text(METRICS[n].formula)) for n in names)
    return Page("stamp", say("What these numbers rest on"), None, formulas, None, table)


_USED = ("nrr", "grr", "logo_retention")
