"""Questions and columns of the files beside the revenue: asked, answered and mapped under their own prefix."""

import io

import openpyxl
import pytest

import nrr_core as nrr
from nrr_core.errors import IngestError, NeedsAnswer

REVENUE = "account_id,month,mrr\nA,2025-01,100\nA,2025-02,110\nB,2025-01,50\n"
GERMAN = "Kundennummer;plan\nA;Pro\nB;Basic\n"
CURRENCIES = "account_id,month,mrr,currency\nA,2025-01,100,USD\nB,2025-01,50,EUR\nA,2025-02,100,USD\n"


@pytest.fixture(name="write")
def _write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def workbook(*sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


BOOK = workbook(("One", [["account_id", "plan"], ["A", "Pro"]]), ("Two", [["account_id", "tier"], ["A", "Gold"]]))


def asked(error):
    return {question.key: question for question in error.value.questions}


def test_the_account_id_of_the_accounts_file_is_asked_for(write):
    files = write("revenue.csv", REVENUE), write("accounts.csv", GERMAN)
    with pytest.raises(NeedsAnswer, match="Accounts file: No column is named like an account id") as error:
        nrr.read(files[0], accounts=files[1])
    question = asked(error)["accounts.account_id"]
    assert dict(question.options) == {"1": "“Kundennummer”: A, B", "2": "“plan”: Pro, Basic"}
    data = nrr.read(files[0], accounts=files[1], answers={"accounts.account_id": "1"})
    assert (data.dimensions, data.report["accounts_unknown"]) == (("plan",), 0)
    assert not [one for one in data.report["problems"] if one["rule"] == "unused_answer"]
    mapped = nrr.read(files[0], accounts=files[1], mapping={"accounts.account_id": "Kundennummer"})
    assert nrr.retention(mapped, window=1, by="plan").equals(nrr.retention(data, window=1, by="plan"))


def test_the_sheet_of_an_accounts_workbook_is_asked_for_and_not_confused_with_that_of_the_revenue(write):
    revenue = write("revenue.xlsx", workbook(("X", [["account_id", "month", "mrr"], ["A", "2025-01", 5]]), ("Y", [["note"], ["none"]])))
    accounts = write("accounts.xlsx", BOOK)
    with pytest.raises(NeedsAnswer) as error:
        nrr.read(revenue, accounts=accounts)
    assert set(asked(error)) == {"sheet"}
    with pytest.raises(NeedsAnswer) as error:
        nrr.read(revenue, accounts=accounts, answers={"sheet": "1"})
    assert asked(error)["accounts.sheet"].text.startswith("Accounts file: The workbook has 2 sheets")
    assert nrr.read(revenue, accounts=accounts, answers={"sheet": "1", "accounts.sheet": "2"}).dimensions == ("tier",)


def test_questions_of_the_rates_file_carry_its_name(write):
    rates = [["currency", "month", "rate"], ["USD", "2025-01", 1], ["EUR", "2025-01", 1.1]]
    files = write("revenue.csv", CURRENCIES), write("rates.xlsx", workbook(("Rates", rates), ("Notes", [["text"], ["old"]])))
    with pytest.raises(NeedsAnswer, match="Rates file") as error:
        nrr.read(files[0], rates=files[1])
    assert "rates.sheet" in asked(error)
    data = nrr.read(files[0], rates=files[1], answers={"rates.sheet": "1"})
    assert data.currency == "USD"
    assert not [one for one in data.report["problems"] if one["rule"] == "unused_answer"]


@pytest.mark.parametrize(
    ("mapping", "answers", "said"),
    [
        ({"accounts.nonsense": "plan"}, {}, "Accounts file: There is no field “nonsense”"),
        ({"acounts.account_id": "plan"}, {}, "There is no field “acounts.account_id”"),
        ({}, {"accounts.account_id": "9"}, "“9” does not answer “accounts.account_id”"),
    ],
)
def test_a_mapping_or_an_answer_that_fits_nothing_is_refused(write, mapping, answers, said):
    with pytest.raises(IngestError, match=said):
        nrr.read(write("revenue.csv", REVENUE), accounts=write("accounts.csv", GERMAN), mapping=mapping, answers=answers)


def test_an_answer_for_a_file_that_is_not_there_is_said_to_be_unused(write):
    data = nrr.read(write("revenue.csv", REVENUE), answers={"accounts.sheet": "1"})
    assert [one["rule"] for one in data.report["problems"]] == ["unused_answer"]
