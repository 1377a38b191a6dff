"""Lines that say the same twice: counted or dropped as answered, and never more than those lines.

A line of a sheet with months as columns holds many amounts. Once, one repeated amount took the whole line with it.
"""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nrr_core.periods import month_text

MONTHS = ("2025-01", "2025-02", "2025-03")
amounts = st.sampled_from(["", "5", "7.50", "-2"])
sheets = st.lists(
    st.tuples(st.sampled_from("AB"), st.tuples(amounts, amounts, amounts), st.sampled_from(["Pro", "Basic"])), min_size=1, max_size=7
)


def wide(rows):
    return "account_id,plan," + ",".join(MONTHS) + "\n" + "".join(f"{a},{p},{','.join(cells)}\n" for a, cells, p in rows)


def narrow(rows):
    lines = (f"{a},{month},{cell},{p}\n" for a, cells, p in rows for month, cell in zip(MONTHS, cells, strict=True) if cell)
    return "account_id,month,mrr,plan\n" + "".join(lines)


def paid(rows):
    """MRR by account and month, by a plain loop; below zero it is none."""
    found = Counter()
    for account, cells, _ in rows:
        for month, cell in zip(MONTHS, cells, strict=True):
            found[account, month] += Decimal(cell or 0)
    return {key: amount for key, amount in found.items() if amount > 0}


def once(rows):
    """The rows without those that stood there before, as a person would strike them out; a line without amounts says nothing."""
    return [row for k, row in enumerate(rows) if row not in rows[:k] or not any(row[1])]


def single(rows):
    """The same of cells, as they are lines where months are no columns."""
    cells = [(a, k, c, p) for a, row, p in rows for k, c in enumerate(row) if c]
    return [(a, tuple(c if k == at else "" for at in range(len(MONTHS))), p) for a, k, c, p in dict.fromkeys(cells)]


def read_of(read, text, **answers):
    """Amounts by account and month as read, and the report."""
    con, report = read(text, **answers)
    sums = con.execute("select account_id, f, sum(amount) / 10000 from revenue group by all having sum(amount) > 0").fetchall()
    con.close()
    return {(account, month_text(month)): Decimal(str(amount)) for account, month, amount in sums}, report


@pytest.mark.parametrize(("text", "kept"), [(wide, once), (narrow, single)], ids=["months as columns", "a line each"])
@pytest.mark.parametrize("answer", ["add", "drop"])
@given(rows=sheets)
def test_what_is_dropped_is_what_was_said_twice(read, rows, text, kept, answer):
    cells = [Decimal(cell) for _, row, _ in rows for cell in row if cell]
    if not cells:
        return
    found, report = read_of(read, text(rows), duplicates=answer, sign="keep")
    assert found == paid(kept(rows) if answer == "drop" else rows)
    assert report.sum_accepted + report.sum_quarantined == sum(cells)
    assert report.lines_unaccounted == 0
    lines = len(rows) if text is wide else len(cells)
    assert (report.rows_accepted, report.rows_quarantined) == (
        (lines, 0) if answer == "add" else (len(kept(rows)), lines - len(kept(rows)))
    )


def said(report, rule):
    return [one.message for one in report.problems if one.rule == rule]


def test_a_line_with_one_amount_in_common_is_no_repetition(read):
    _, report = read_of(read, "account_id,2025-01,2025-02\nA,100,200\nA,100,300\n")
    assert report.questions == ()
    assert said(report, "lines_added") == ["2 account-months have several lines, which were added, for example A 2025-01."]


def test_a_repeated_line_of_a_sheet_is_told_with_all_its_amounts(read):
    text = "account_id,2025-01,2025-02\nA,100,200\nA,100,200\nB,5,\n"
    _, report = read_of(read, text)
    (message,) = said(report, "duplicates_added")
    assert message.startswith("1 identical line of one account was added: 300.00 MRR at stake (A from 2025-01 300.00 ×2).")
    assert [question.text for question in report.questions] == [
        "1 line repeats another line of the same account, months and amounts (300.00 MRR). Are they counted?"
    ]
    found, report = read_of(read, text, duplicates="drop")
    assert found == {("A", "2025-01"): 100, ("A", "2025-02"): 200, ("B", "2025-01"): 5}
    assert (report.rows_accepted, report.rows_quarantined, report.sum_quarantined) == (2, 1, 300)


def test_the_same_file_is_read_in_the_same_words(read):
    """Where rows tie, names decide: which account is the example does not hang on threads."""
    months = [f"2025-{m:02d}" for m in (1, 2, 4)]
    text = "account_id,month,mrr\n" + "".join(
        f"Acc{n:04d},{m},{10 + n % 3}\n" for n in range(3_000, 0, -1) for m in months for _ in range(2)
    )
    told = [read_of(read, text)[1] for _ in range(3)]
    assert [one.problems for one in told] == [told[0].problems] * 3
    assert any("for example Acc0001 after 2025-02" in one for one in said(told[0], "gaps"))
