"""Decisions as they are typed, pasted and kept in files."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nrr_core.errors import ScenarioError
from nrr_core.report import to_csv
from nrr_core.scenarios import Decision
from nrr_core.scenarios.sheet import COLUMNS, from_csv, from_rows, to_table
from nrr_core.schema import UNIT


def row(**values):
    return {"account": "A", "action": "lose"} | values


def read(**values):
    (made,), wrong = from_rows([row(**values)])
    assert wrong == []
    return made


@pytest.mark.parametrize(
    ("written", "chance"),
    [("80%", 0.8), ("80 %", 0.8), ("0.8", 0.8), ("80", 0.8), (80, 0.8), (0.8, 0.8), ("", 1.0), (None, 1.0), (float("nan"), 1.0),
     ("1", 1.0), ("100", 1.0), ("0", 0.0), (0, 0.0), ("0.5%", 0.005), ("1%", 0.01), (" 0.25 ", 0.25), (pd.NA, 1.0)],
)  # fmt: skip
def test_a_chance_may_be_written_as_people_write_it(written, chance):
    assert read(probability=written).probability == pytest.approx(chance)


@pytest.mark.parametrize(
    ("written", "month"),
    [("2026-03", "2026-03"), ("2026-03-15", "2026-03"), ("Mar 2026", "2026-03"), ("", None), (None, None), (" 2026-03 ", "2026-03"),
     ("2026/03", "2026-03")],
)  # fmt: skip
def test_a_month_may_be_written_as_people_write_it(written, month):
    assert read(month=written).month == month


@pytest.mark.parametrize(("written", "to"), [("1200", 1200), ("1,200", 1200), ("1200.50", 1200.5), (1200.5, 1200.5), (7, 7)])
def test_an_amount_may_be_written_as_people_write_it(written, to):
    assert read(action="grow", to=written).to == to * UNIT


def test_actions_are_read_whatever_their_case():
    assert read(action=" LOSE ").action == "lose"


def test_an_amount_beside_renew_or_lose_is_passed_over():
    assert (read(to="500").to, read(action="renew", to="abc").to) == (None, None)


def test_rows_without_an_action_decide_nothing():
    assert from_rows([{"account": "A"}, {"account": "B", "action": ""}, {"account": "C", "action": None}, {}]) == ((), [])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"action": "fire"}, "Row 1: “fire” in the decision about “A” is not a decision. Allowed: renew, shrink, lose, grow"),
        ({"account": ""}, "Row 1: A decision needs an account id"),
        ({"probability": "likely"}, "Row 1: The probability “likely” is not a number. Write 0.8 or 80%"),
        ({"probability": "120"}, "Row 1: The probability in the decision about “A” is 1.2: it must be a number from 0 to 1"),
        ({"probability": "-1"}, "it must be a number from 0 to 1"),
        ({"probability": "nan"}, "is nan"),
        ({"probability": "inf"}, "is inf"),
        ({"month": "soon"}, "Row 1: “soon” is not a month. Write YYYY-MM"),
        ({"month": "2026-13"}, "is not a month"),
        ({"action": "grow"}, "needs the MRR afterwards, above 0"),
        ({"action": "grow", "to": "lots"}, "Row 1: The amount 'lots' of row 1 is not a number"),
        ({"action": "grow", "to": "-5"}, "above 0"),
        ({"action": "grow", "to": "1e999999"}, "out of range"),
        ({"action": "grow", "to": float("inf")}, "out of range"),
    ],
)
def test_a_row_that_is_no_decision_is_a_sentence(values, words):
    made, wrong = from_rows([row(**values)])
    assert made == ()
    assert len(wrong) == 1
    assert words in wrong[0]


def test_good_rows_survive_bad_ones():
    made, wrong = from_rows([row(), row(account="B", action="fire"), row(account="C", action="grow", to="5"), row(account="D", month="x")])
    assert made == (Decision("A", "lose"), Decision("C", "grow", to=5 * UNIT))
    assert [text.split(":")[0] for text in wrong] == ["Row 2", "Row 4"]


def test_an_account_decided_twice_keeps_its_first_row_and_says_so():
    made, wrong = from_rows([row(), row(action="renew")])
    assert made == (Decision("A", "lose"),)
    assert wrong == ["Row 2: “A” is decided about twice. The first row counts."]


def test_only_so_many_rows_are_read():
    made, wrong = from_rows([row(account=f"A{n}") for n in range(5_001)])
    assert len(made) == 5_000
    assert wrong == ["Only the first 5,000 rows are read."]


GOOD = (Decision("A1", "grow", to=1_200_5000, probability=0.8, month="2026-03", note="Seats"), Decision("B2", "lose"))
FILES = {
    "comma": "account,action,to,probability,month,note\nA1,grow,1200.50,80%,2026-03,Seats\nB2,lose,,,,\n",
    "semicolon": "account;action;to;probability;month;note\nA1;grow;1200.50;0.8;2026-03-15;Seats\nB2;lose;;;;\n",
    "tab": "account\taction\tto\tprobability\tmonth\tnote\nA1\tgrow\t1200.50\t80\t2026-03\tSeats\nB2\tlose\n",
    "byte order mark and line feeds of Windows": "\ufeffaccount,action,to,probability,month,note\r\n"
    "A1,grow,1200.50,0.8,2026-03,Seats\r\nB2,lose,,,,\r\n",
    "other names and order": "Decision,Customer ID,New MRR,Chance,Renewal date,Why\ngrow,A1,1200.50,0.8,2026-03-31,Seats\nlose,B2,,,,\n",
    "further columns, blank lines and remarks": "x,account,action,to,p,when,notes\n\n#,from,here\n"
    "1,A1,grow,1200.50,0.8,2026-03,Seats\n,,\n2,B2,lose,,,,\n",
    "amount in quotes": 'account,action,to,probability,month,note\nA1,grow,"1,200.50",0.8,2026-03,Seats\nB2,lose,,,,\n',
}  # fmt: skip


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_is_read_in_the_forms_that_spreadsheets_write(text):
    assert from_csv(text.encode()) == (GOOD, [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"account,to\nA,5\n", "The file has no column “action”. Its columns are: account, to"),
        (b"action,to\nlose,5\n", "The file has no column “account”"),
        (b"", "The file has no column “account”"),
        (b"\xff\xfea\x00", "This file is not UTF-8 text. Save it as CSV UTF-8"),
        (b"account,action\n" + b"A,lose\n" * 600_000, "A file of decisions has at most 4 MB"),
        (b'account,action\n"' + b"x" * 200_000 + b'",lose\n', "can't be read"),
    ],
)
def test_a_file_that_holds_no_decisions_is_a_sentence(content, words):
    with pytest.raises(ScenarioError, match=words):
        from_csv(content)


def test_an_account_whose_name_begins_like_a_remark_is_read():
    assert from_csv(b"account,action\n#1,lose\n# From: Book\n#,,\n") == ((Decision("#1", "lose"),), [])


NAMES = (
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), min_size=1, max_size=12).map(str.strip).filter(bool)
)
NAMES |= st.sampled_from(["=1+1", "'=1+1", "-5", "+x", "@a", "'", "''", "Müller; Söhne", 'a "b"', "a,b", "#1", "a\nb"])
DECISIONS = st.builds(
    lambda account, action, to, tenths, month, note: Decision(
        account, action, to * UNIT if action in {"grow", "shrink"} else None, tenths / 10, month, note
    ),
    NAMES, st.sampled_from(["renew", "shrink", "lose", "grow"]), st.integers(1, 10**9), st.integers(0, 10),
    st.none() | st.just("2026-03"), NAMES | st.just(""),
)  # fmt: skip


@given(st.lists(DECISIONS, max_size=6, unique_by=lambda one: one.account))
def test_what_is_exported_comes_back(decisions):
    assert from_csv(to_csv(to_table(decisions), footer=False)) == (tuple(decisions), [])


def test_the_table_has_amounts_in_currency_and_months_as_text():
    table = to_table([Decision("A", "grow", to=12_5000, probability=0.5), Decision("B", "lose", month="2026-03", note="why")])
    assert [*table.columns] == [*COLUMNS]
    assert table.iloc[0].tolist() == ["A", "grow", 12.5, 0.5, "", ""]
    assert table.iloc[1].drop("to").tolist() == ["B", "lose", 1.0, "2026-03", "why"]
    assert pd.isna(table.iloc[1]["to"])


def test_no_decisions_are_an_empty_table():
    assert to_table([]).empty
    assert from_rows(to_table([]).to_dict("records")) == ((), [])


def test_the_table_s_rows_are_read_again():
    held = (Decision("A", "grow", to=5 * UNIT, probability=0.5, month="2026-03"), Decision("B", "lose"))
    assert from_rows(to_table(held).to_dict("records")) == (held, [])
