"""Packs under any definition: the card's own figures on every page, and formulas that give them."""

import io
import re
from functools import cache

import openpyxl
import pytest

import nrr_core as nrr
from nrr_core import report, scenarios
from nrr_core.errors import DefinitionError
from nrr_core.formats import percent_text
from nrr_core.report.pack.make import facts_of, made_pages
from nrr_core.report.pack.rows import figures
from nrr_core.scenarios import Lever, Scenario
from nrr_core.schema import UNIT

CARDS = {
    "returns counted": nrr.Definition(returns="all"),
    "segment at close": nrr.Definition(segment_as_of="close"),
    "smallest opening": nrr.Definition(min_opening_mrr=500 * UNIT),
    "movements": nrr.Definition(family="movements"),
    "movements of all": nrr.Definition(family="movements", population="all", returns="all"),
    "chained": nrr.Definition(family="chained"),
    "averaged": nrr.Definition(family="averaged", average_months=6),
    "weighted": nrr.Definition(average="weighted", average_months=3),
    "revenue window": nrr.Definition(family="revenue_window"),
}
TARGETS = {"nrr": 1.05, "churn_rate": 0.08}
PLAN = Scenario((Lever("churn", -0.3),), horizon=12, by="size", target=1.05, name="Plan")


@pytest.fixture(scope="module", params=list(CARDS))
def asked(request, sample):
    card = CARDS[request.param]
    return {
        "by": "size", "card": card, "targets": TARGETS, "projection": scenarios.project(sample, PLAN, card=card),
        "runway": scenarios.runway(sample, card=card), "simulation": scenarios.simulate(sample, PLAN, draws=100, card=card),
    }  # fmt: skip


def value_of(sheet, text, *, seen=()):
    """What a formula of the workbook gives, worked out from its cells."""
    text = re.sub(r"SUM\(([A-Z]+)(\d+):[A-Z]+(\d+)\)", lambda m: "+".join(f"{m[1]}{n}" for n in range(int(m[2]), int(m[3]) + 1)), text)
    condition = re.fullmatch(r'=IF\(([A-Z]+\d+)=0,"",(.*)\)', text)
    if condition and not number(sheet, condition[1], seen):
        return None
    body = condition[2] if condition else text.removeprefix("=")
    return eval(re.sub(r"[A-Z]+\d+", lambda m: f"({number(sheet, m[0], seen)!r})", body))  # noqa: S307 - arithmetic of our own workbook


def number(sheet, at, seen):
    assert at not in seen, f"{at} leads back to itself"
    value = sheet[at].value
    return value_of(sheet, value, seen=(*seen, at)) if isinstance(value, str) and value.startswith("=") else (value or 0)


def wrong(content):
    """Cells whose value is not what their formula gives."""
    live, kept = openpyxl.load_workbook(io.BytesIO(content)), openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    found = []
    for sheet in live:
        for cell in (c for row in sheet.iter_rows() for c in row if c.data_type == "f"):
            shown, worked = kept[sheet.title][cell.coordinate].value, value_of(sheet, cell.value)
            if (shown in {None, ""}) != (worked is None) or (worked is not None and shown != pytest.approx(worked, rel=1e-9, abs=2e-4)):
                found.append((sheet.title, cell.coordinate, cell.value, shown, worked))
    return found


def referred(sheet, text):
    """The first cell of a formula that holds a number other than 0."""
    return next((at for at in re.findall(r"[A-Z]+\d+", text) if isinstance(sheet[at].value, int | float) and sheet[at].value), None)


@pytest.mark.parametrize("pack", list(report.PACKS))
def test_formulas_give_the_values_beside_them(sample, asked, pack):
    """The control: with the amounts that formulas refer to doubled, the same look must find values that no longer agree."""
    content = report.build(sample, pack=pack, form="xlsx", **asked)
    assert wrong(content) == []
    live, kept = openpyxl.load_workbook(io.BytesIO(content)), openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    disagree = 0
    for sheet in live:
        for cell in [c for row in sheet.iter_rows() for c in row if c.data_type == "f"][:20]:
            at = referred(sheet, cell.value)
            if at and kept[sheet.title][cell.coordinate].value:
                sheet[at].value *= 2
                disagree += value_of(sheet, cell.value) != pytest.approx(kept[sheet.title][cell.coordinate].value, rel=1e-9)
                sheet[at].value /= 2
    assert disagree > 3


def test_the_cover_shows_the_card_s_own_figures(sample, asked):
    card = asked["card"]
    row = nrr.retention(sample, close="2025-12", card=card).iloc[0]
    cover = made_pages(facts_of(sample, pack="board", **asked))[0]
    shown = {f.label: f.text for f in figures(cover)}
    for name, label in (("nrr", "NRR"), ("grr", "GRR"), ("logo_retention", "Logo retention")):
        assert shown[label] == percent_text(float(row[name]))


def test_the_scenario_is_the_card_s(sample, asked):
    period = asked["projection"].period
    plan = period[(period["path"] == "scenario") & (period["segment"] == "(all)")].iloc[0]
    page = next(p for p in made_pages(facts_of(sample, pack="qbr", **asked)) if p.kind == "scenario")
    assert percent_text(float(plan["nrr"])) in page.title.text
    assert asked["card"].short_hash == period.attrs["stamp"]["definition_hash"]


def test_every_form_is_made_and_names_the_card(sample, asked):
    table = report.build(sample, pack="okr", form="csv", **asked).decode("utf-8-sig")
    assert asked["card"].short_hash in table
    assert len(report.build(sample, pack="qbr", form="pptx", **asked)) > 10_000


@cache
def both(sample, name):
    return nrr.retention(sample, close="2025-12", card=CARDS[name]).iloc[0]["nrr"]


def test_the_cards_differ(sample):
    """The control of it all: were every pack computed under the standard, the figures above would agree just the same."""
    standard = nrr.retention(sample, close="2025-12").iloc[0]["nrr"]
    same = [name for name in CARDS if round(both(sample, name), 6) == round(standard, 6)]
    assert same == ["segment at close"]  # the total is the same; its segments are not


def test_a_renewal_rate_is_refused(sample):
    with pytest.raises(DefinitionError, match="it is a renewal rate"):
        report.build(sample, card=nrr.Definition(family="renewal_base"))
