"""The calculation written out: it gives the value it explains, in every family."""

import re
from fractions import Fraction

import pytest
from cases import NINE, START, any_card, ledger, ledgers, spans
from hypothesis import given
from ledgers import make

import nrr_core as nrr
from nrr_core import Definition, explain
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.examples import EXAMPLES, worked

BY_HAND = {
    "family": ["(200 + 0 − 0 − 0) ÷ 200", "(200 + 50 − 50 − 0) ÷ 200", "125.0% × 57.1%", "(100.0% + 125.0%) ÷ 2", "450 ÷ 400"],
    "returns": [
        "(100 + 0 − 0 − 50) ÷ 100", "(100 + 0 − 0 − 50 + 50 returned) ÷ 100", "(100 + 0 − 0 − 50 + 110 returned) ÷ 100",
    ],
    "average": ["(200 + 0 − 100 − 0) ÷ 200", "(50.0% + 200.0%) ÷ 2", "(50.0% × 200 + 200.0% × 100) ÷ 300"],
    "average_months": ["50.0%", "(50.0% + 100.0%) ÷ 2", "(50.0% + 100.0% + 200.0%) ÷ 3"],
    "measure": ["(100 + 0 − 20 − 0) ÷ 100", "(1,200 + 0 − 240 − 0) ÷ 1,200"],
}  # fmt: skip


def reckoned(text):
    """What a written calculation gives, exactly; only its signs are known here."""
    numbers = re.sub(r"([\d.]+)%", r"(\1/100)", text.replace(",", "").replace(" returned", ""))
    plain = re.sub(r"\d+(?:\.\d+)?", lambda one: f"Fraction('{one[0]}')", numbers)
    plain = plain.replace("−", "-").replace("×", "*").replace("÷", "/")
    assert re.fullmatch(r"(?:Fraction\('[\d.]+'\)|[-+*/() ])+", plain), plain
    return eval(plain, {"Fraction": Fraction})  # noqa: S307 - numbers and signs alone, as the line before says


@pytest.mark.parametrize("knob", sorted(BY_HAND))
def test_the_examples_are_written_as_a_person_would(knob):
    assert worked(knob)["working"].tolist() == BY_HAND[knob]


@pytest.mark.parametrize("knob", sorted(EXAMPLES))
def test_every_example_s_calculation_gives_its_nrr(knob):
    for row in worked(knob).itertuples():
        assert float(reckoned(row.working)) == pytest.approx(row.nrr, abs=0.002), row.working


def full(amount):
    return f"{amount:f}"


@given(ledgers, any_card)
def test_the_calculation_gives_the_value_on_any_ledger(raw, card):
    data = make(spans(raw), dimensions=("plan",))
    try:
        said = explain.working(data, card=card, amount=full)
        want = nrr.retention(data, card=card, close=data.months[-1])["nrr"].iloc[0]
    except (DefinitionError, SelectionError):
        return
    assert (said == "") == (want != want)  # noqa: PLR0124 - NaN
    if said:
        percents = max(said.count("%"), 1)
        assert float(reckoned(said)) == pytest.approx(want, rel=0.01, abs=0.0006 * percents if "%" in said else 1e-9)


def test_an_nrr_without_an_opening_has_none():
    nobody = ledger({"a": [50, 0, 0]}, last=START + 2)
    assert explain.working(nobody, card=Definition(window_months=1)) == ""


def test_amounts_are_written_as_asked():
    said = explain.working(ledger({"a": [100, 80]}), card=Definition(window_months=1), amount=lambda amount: f"${amount:.2f}")
    assert said == "($100.00 + $0.00 − $20.00 − $0.00) ÷ $100.00"


@pytest.mark.parametrize("knob", ["family", "window_months", "min_opening_mrr"])
def test_every_value_of_a_knob_comes_with_its_calculation(knob):
    frame = explain.knob_values(ledger(NINE), knob, card=Definition())
    assert (frame["working"] != "").tolist() == frame["nrr"].notna().tolist()
    assert frame["working"].nunique() > 1
