import datetime as dt

import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.periods import Window, current_month, month_text, parse_month, period_end, period_text
from nrr_core.presets import PRESETS, card_of, code_of
from nrr_core.selection import frozen_where, windows

JAN = month("2024-01")


def test_months_survive_the_way_to_an_integer_and_back():
    for text in ("1999-12", "2024-01", "2024-12", "2025-06"):
        assert month_text(parse_month(text)) == text
    assert parse_month("2024-03-31") == parse_month("2024-03")


@pytest.mark.parametrize("text", ["2024-13", "2024-00", "24-01", "March", ""])
def test_what_is_not_a_month_is_refused_with_an_example(text):
    with pytest.raises(SelectionError, match="YYYY-MM"):
        parse_month(text)


def test_the_running_month_is_the_calendar_month():
    assert current_month(dt.date(2024, 2, 29)) == month("2024-02")


@pytest.mark.parametrize(
    ("text", "length", "start", "end", "label"),
    [
        ("2024-02", 3, 1, "2024-03", "2024-Q1"), ("2024-12", 3, 1, "2024-12", "2024-Q4"),
        ("2024-02", 12, 1, "2024-12", "2024"), ("2024-02", 3, 2, "2024-04", "FY2025-Q1"),
        ("2024-01", 3, 2, "2024-01", "FY2024-Q4"), ("2024-07", 12, 7, "2025-06", "FY2025"),
        ("2024-05", 1, 1, "2024-05", "2024-05"),
    ],
)  # fmt: skip
def test_fiscal_periods_end_and_are_named_by_the_year_they_end_in(text, length, start, end, label):
    last = period_end(month(text), length=length, fiscal_start=start)
    assert month_text(last) == end
    assert period_text(last, length=length, fiscal_start=start) == label


def closes(kind, **more):
    return [month_text(w.close) for w in windows(kind, first=JAN, last=JAN + 14, **more)]


def test_windows_of_any_length_lie_within_the_data():
    assert closes(12) == ["2025-01", "2025-02", "2025-03"]
    assert len(closes(1)) == 14
    assert closes(40) == []


def test_fiscal_windows_close_at_period_ends_only():
    assert closes("quarter") == ["2024-06", "2024-09", "2024-12", "2025-03"]
    assert closes("year", fiscal_start=2) == ["2025-01"]


def test_to_date_windows_open_before_their_period_and_grow():
    found = {month_text(w.close): w.months for w in windows("year_to_date", first=JAN, last=JAN + 14)}
    assert found == {"2025-01": 1, "2025-02": 2, "2025-03": 3}


def test_a_close_outside_the_data_names_the_first_and_the_last():
    with pytest.raises(SelectionError, match=r"2024-02.*2025-03"):
        windows(1, first=JAN, last=JAN + 14, close="2030-01")


def test_a_window_longer_than_the_data_says_so():
    with pytest.raises(SelectionError, match="shorter window"):
        windows(40, first=JAN, last=JAN + 14, close="2025-01")


@pytest.mark.parametrize("kind", [0, -3, "quarters", True])
def test_what_is_no_window_is_refused(kind):
    with pytest.raises(SelectionError):
        windows(kind, first=JAN, last=JAN + 14)


def test_a_window_closes_after_it_opens():
    with pytest.raises(SelectionError):
        Window(JAN, JAN)


def test_filters_have_one_form_whatever_their_order():
    assert frozen_where({"b": ["y", "x"], "a": "z", "c": []}) == (("a", ("z",)), ("b", ("x", "y")))


def test_a_card_is_frozen_hashable_and_hashed_by_its_knobs():
    assert Definition() == nrr.STANDARD
    assert hash(Definition()) == hash(nrr.STANDARD)
    assert Definition(window_months=3).short_hash != nrr.STANDARD.short_hash
    assert len(nrr.STANDARD.short_hash) == 8


@pytest.mark.parametrize(
    ("knob", "value"),
    [("family", "chainned"), ("window_months", 0), ("window_months", True), ("gap_months", -1), ("revenue_types", ("oneoff",))],
)
def test_a_value_no_card_can_have_is_refused_by_name(knob, value):
    with pytest.raises(DefinitionError, match=r"chained|at least|one_off"):
        Definition(**{knob: value})


@pytest.mark.parametrize(("knob", "value"), [("grain", "parent"), ("grain", "subscription"), ("revenue_types", ("recurring", "usage"))])
def test_a_knob_that_the_data_lacks_a_column_for_is_refused_by_name_by_every_question(knob, value):
    data = make([("a", JAN, None, 10_000, ())], last=JAN + 13)
    card = Definition(**{knob: value})
    for question in (nrr.retention, nrr.movements, nrr.cohorts, nrr.accounts):
        with pytest.raises(DefinitionError, match=rf"{knob}.*Add one called"):
            question(data, card=card)


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("family", "movements"), ("population", "all"), ("returns", "all"), ("gap_months", 1), ("fx", "reported"),
        ("segment_as_of", "close"),
        ("segment_as_of", "latest"), ("min_opening_mrr", 1), ("average", "mean"), ("average_months", 2), ("measure", "ARR"),
        ("window_months", "quarter"),
    ],
)  # fmt: skip
def test_every_other_knob_is_answered_by_every_question(knob, value):
    data = make([("a", JAN, None, 10_000, ())], last=JAN + 25)
    card = Definition(**{knob: value})
    for question in (nrr.retention, nrr.movements, nrr.cohorts, nrr.accounts):
        frame = question(data, card=card)
        assert len(frame)
        assert card.over(1 if question is nrr.movements else None).short_hash == frame.attrs["stamp"]["definition_hash"]


def test_a_card_survives_its_way_through_plain_values_and_an_address():
    card = Definition(family="chained", window_months=6, gap_months=2, revenue_types=("usage", "recurring"), min_opening_mrr=70)
    assert Definition.from_dict(card.as_dict()) == card
    assert card.revenue_types == ("recurring", "usage"), "one order, so that equal cards have equal hashes"
    assert code_of(card) == "family:chained,gap_months:2,revenue_types:recurring+usage,min_opening_mrr:70"
    assert card_of(code_of(card)) == card.over(12)
    for one in PRESETS.values():
        assert code_of(card_of(code_of(one.card))) == code_of(one.card)
    assert (code_of(Definition()), code_of(Definition(window_months=3, measure="ARR"))) == ("standard", "standard")


@pytest.mark.parametrize("code", ["nothing", "family:", "family:chained,window", "gap_months:-1", "hash:1", ",", ":", "a" * 9_999])
def test_an_address_that_holds_no_card_is_refused_in_words(code):
    with pytest.raises(DefinitionError):
        card_of(code)


def test_the_card_sets_the_window_where_none_is_asked_for():
    data = make([("a", JAN, None, 10_000, ())], last=JAN + 13)
    assert set(nrr.retention(data, card=Definition(window_months=3)).window) == {3}
    assert set(nrr.retention(data, card=Definition(measure="ARR")).window) == {12}


def test_unknown_names_are_refused_with_the_nearest_one():
    data = make([("a", JAN, None, 10_000, ("Pro",))], dimensions=("plan",), last=JAN + 13)
    with pytest.raises(SelectionError, match="Did you mean “plan”"):
        nrr.retention(data, by="plam")
    with pytest.raises(SelectionError, match="Did you mean “Pro”"):
        nrr.retention(data, where={"plan": ["Prp"]})
    with pytest.raises(SelectionError, match="cadence"):
        nrr.cohorts(data, cadence="weekly")
    with pytest.raises(SelectionError, match="state"):
        nrr.accounts(data, state="lost")
    with pytest.raises(SelectionError, match="order"):
        nrr.accounts(data, sort="size")
    with pytest.raises(SelectionError, match="ever paid"):
        nrr.history(data, "nobody")
    with pytest.raises(SelectionError, match="at most 2"):
        nrr.retention(data, by=["plan", "plan", "plan"])
