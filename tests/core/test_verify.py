"""Exports that verify themselves: what the stamp gives again is equal, and nothing that was changed passes."""

import csv
import dataclasses
import io
import json
import random
import zipfile

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core import Definition, recipe, report
from nrr_core.cli import main
from nrr_core.periods import current_month
from nrr_core.report import to_csv, to_xlsx
from nrr_core.report.taken import taken
from nrr_core.stamp import stamp

JAN = month("2024-01")
PLANS = ("Pro", "=Max, “x”", "(none)", 'He said "no"; twice')


def ledger():
    chance = random.Random(5)
    lines = []
    for i in range(14):
        at, plan = JAN + chance.randrange(6), PLANS[i % 4] if i % 4 != 2 else None
        for _ in range(4):
            end = at + chance.randrange(1, 7)
            lines.append((f"{'=+@-'[i % 4] if i < 4 else ''}acct {i}", at, end, chance.randrange(1, 90_000) * 333, (plan, f"o{i % 3}")))
            at = end + chance.choice([0, 0, 2])
    return make(lines, dimensions=("plan", "owner"), last=JAN + 20)


DATA = ledger()


@pytest.fixture(name="data", scope="module")
def _data():
    return DATA


def xlsx(frame):
    return to_xlsx(frame, title="Table")


questions = st.one_of(
    st.builds(
        lambda kind, **given: (kind, given), st.sampled_from(["retention", "movements"]),
        window=st.sampled_from([1, 3, 12, "quarter", "year_to_date"]), by=st.sampled_from([None, "plan", ("owner", "plan")]),
        where=st.sampled_from([None, {"plan": list(PLANS[:2])}, {"owner": "o1"}]), fiscal_start=st.integers(1, 12),
    ),
    st.builds(
        lambda **given: ("cohorts", given), cadence=st.sampled_from(["month", "quarter", "year"]), by=st.sampled_from([None, "plan"]),
        where=st.sampled_from([None, {"owner": ["o0", "o2"]}]),
    ),
    st.builds(
        lambda **given: ("accounts", given), window=st.sampled_from([1, 6, 12]), close=st.sampled_from([None, "2025-03"]),
        state=st.sampled_from([None, "churn", ("expansion", "flat", "new")]), contains=st.sampled_from([None, "acct 1", "=m"]),
        sort=st.sampled_from(["change", "account"]), limit=st.sampled_from([None, 3]),
    ),
    st.builds(lambda account: ("history", {"account_id": account}), st.sampled_from(["=acct 0", "acct 7", "-acct 3"])),
)  # fmt: skip


@given(questions, st.sampled_from([to_csv, xlsx]))
def test_every_export_verifies(question, write):
    name, arguments = question
    frame = getattr(nrr, name)(DATA, **arguments)
    found = nrr.verify(write(frame), DATA)
    assert (found.equal, found.kind) == (True, "equal"), found


CARDS = (
    Definition(family="movements", population="all", returns="all"), Definition(family="averaged", average_months=3, window_months=3),
    Definition(family="chained", window_months=6), Definition(gap_months=2, window_months=3), Definition(segment_as_of="latest"),
    Definition(min_opening_mrr=90_000_000, window_months=1), Definition(family="revenue_window", window_months=3),
)  # fmt: skip


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.label)
@pytest.mark.parametrize("write", [to_csv, xlsx])
def test_an_export_under_any_card_verifies_and_under_no_other(data, card, write):
    content = write(nrr.retention(data, by="plan", card=card))
    assert nrr.verify(content, data, card=card).equal
    assert nrr.verify(content, data, card=Definition(window_months=24)).kind == "card"


def is_number(text):
    try:
        return bool(text) and float(text) == float(text)
    except ValueError:
        return False


def changed_csv(content, chance):
    """One cell of the table with other contents: its header row as it was, its footer too."""
    text = content.decode()
    at = text.index("# Definition")
    rows = list(csv.reader(io.StringIO(text[:at], newline="")))
    row, column = chance.randrange(1, len(rows)), chance.randrange(len(rows[0]))
    old = rows[row][column]
    number = is_number(old)
    rows[row][column] = chance.choice([old + "1", "", "x", f"{float(old) + 0.0001:.6f}"] if number else [old + " ", "x", "5"])
    if rows[row][column] == old or (number and is_number(rows[row][column]) and float(rows[row][column]) == float(old)):
        rows[row][column] = "other"
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue().encode() + text[at:].encode(), (row, rows[0][column])


def changed_xlsx(content, chance):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    cell = sheet.cell(chance.randrange(2, sheet.max_row + 1), chance.randrange(1, sheet.max_column + 1))
    if isinstance(cell.value, bool):
        cell.value = chance.choice([not cell.value, int(cell.value), str(cell.value)])
    elif isinstance(cell.value, int | float):
        cell.value = chance.choice([cell.value + 0.0001, str(cell.value), "=1+1", None])
    else:
        cell.value = chance.choice([0, "x", "#REF!", "=A1", True])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue(), (cell.row - 1, sheet.cell(1, cell.column).value)


def lenient(content, frame):
    """A check with the protection removed: rows are counted and numbers compared to four digits, as a quick look would."""
    rows = taken(content).rows([str(name) for name in frame.columns])[1:]
    if len(rows) != len(frame):
        return False
    for place, name in enumerate(frame.columns):
        if str(name).endswith("mrr"):
            numbers = [float(row[place]) if is_number(row[place]) else 0.0 for row in rows]
            if not np.allclose(numbers, frame[name].astype(float), rtol=1e-4, atol=1e-3):
                return False
    return True


@given(
    questions.filter(lambda q: q[0] != "accounts"), st.integers(0, 10**9), st.sampled_from([(to_csv, changed_csv), (xlsx, changed_xlsx)])
)
def test_a_change_of_any_cell_is_found_and_named(question, seed, form):
    name, arguments = question
    write, change = form
    content, place = change(write(getattr(nrr, name)(DATA, **arguments)), random.Random(seed))
    found = nrr.verify(content, DATA)
    assert (found.equal, found.kind) == (False, "cells"), (place, found)
    assert (found.row, found.column) == place


def test_a_lenient_check_lets_changes_through(data):
    """The control: some of the same changes pass a check that rounds and looks at amounts alone."""
    frame = nrr.retention(data, window=3, by="plan")
    passed = [lenient(changed_csv(to_csv(frame), random.Random(seed))[0], frame) for seed in range(40)]
    assert lenient(to_csv(frame), frame)
    assert any(passed)
    assert not any(nrr.verify(changed_csv(to_csv(frame), random.Random(seed))[0], data).equal for seed in range(40))


@pytest.fixture(name="frame", scope="module")
def _frame(data):
    return nrr.retention(data, window=3, by="plan", where={"plan": list(PLANS[:2])})


def test_a_workbook_that_another_program_saved_again_still_verifies(frame, data):
    made = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(xlsx(frame))).save(made)
    assert made.getvalue() != xlsx(frame)
    assert nrr.verify(made.getvalue(), data).equal


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_that_a_spreadsheet_saved_again_still_verifies(frame, data, delimiter):
    """Lines of the footer become cells at their commas, rows get the width of the widest, True becomes TRUE, 5.0000 becomes 5."""
    rows = list(csv.reader(io.StringIO(to_csv(frame).decode(), newline="")))
    width = max(map(len, rows))
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter)
    for row in rows:
        short = [c.upper() if c in {"True", "False"} else f"{float(c):g}" if c.endswith(".0000") and len(c) < 10 else c for c in row]
        if delimiter != "," and short[0].startswith("#"):
            short = [",".join(row)]
        writer.writerow([*short, *[""] * (width - len(short))])
    found = nrr.verify(b"\xef\xbb\xbf" + made.getvalue().encode(), data)
    assert found.equal, found


def lines_of(frame):
    return to_csv(frame).decode().splitlines()


def verdict(lines, data, **more):
    return nrr.verify(("\n".join(lines) + "\n").encode(), data, **more)


def test_missing_and_added_rows_are_counted(frame, data):
    lines = lines_of(frame)
    found = verdict([*lines[:3], *lines[4:]], data)
    assert found.kind == "rows"
    assert found.reason.startswith(f"The file has {len(frame) - 1} rows, the answer {len(frame)}. Row 3, column")
    assert verdict([*lines[:3], lines[2], *lines[3:]], data).kind == "rows"
    assert verdict([*lines, "one more,1,2"], data).kind == "rows"


def test_rows_in_another_order_are_told_from_changed_ones(frame, data):
    lines = lines_of(frame)
    found = verdict([lines[0], lines[2], lines[1], *lines[3:]], data)
    assert (found.kind, found.row) == ("order", 1)


def test_a_column_that_is_gone_is_named(frame, data):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(frame)))
    book.worksheets[0].delete_cols(list(frame.columns).index("grr") + 1)
    made = io.BytesIO()
    book.save(made)
    found = nrr.verify(made.getvalue(), data)
    assert (found.kind, found.reason) == ("columns", "The columns differ: the file lacks “grr”.")


def test_a_file_without_a_stamp_says_so(frame, data):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(frame)))
    del book["Stamp"]
    made = io.BytesIO()
    book.save(made)
    for content in (to_csv(frame, footer=False), made.getvalue()):
        found = nrr.verify(content, data)
        assert (found.kind, found.decided) == ("no stamp", False)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", bytes(range(256)) * 4, b"a,b\n1,2\n"])
def test_what_is_no_export_says_nothing(content, data):
    found = nrr.verify(content, data)
    assert found.kind in {"unreadable", "no stamp"}
    assert not found.decided


def test_other_data_is_told_by_its_hash(frame, data):
    other = dataclasses.replace(data, sha256="f" * 64)
    found = nrr.verify(to_csv(frame), other)
    assert (found.kind, found.decided) == ("dataset", True)
    assert "this dataset is ffffffffffff" in found.reason


def test_another_definition_is_named_by_its_knobs(frame, data):
    found = nrr.verify(to_csv(frame), data, card=Definition(window_months=3, min_opening_mrr=10_000))
    assert (found.kind, found.reason) == ("card", "The file follows another definition: min opening mrr differ.")


def rewritten(content, change):
    """The same CSV with another recipe, whose check is right."""
    text = content.decode()
    at = text.index("# Recipe: ") + len("# Recipe: ")
    facts = recipe.read(text[at:].strip())
    return (text[:at] + recipe.written(change(facts)) + "\n").encode()


def test_another_version_of_the_app_is_named(frame, data):
    older = rewritten(to_csv(frame), lambda facts: facts | {"version": "0.0.1"}).replace(
        f"Version: {nrr.__version__}".encode(), b"Version: 0.0.1"
    )
    found = nrr.verify(older, data)
    assert found.equal
    assert f"Version 0.0.1 made the file, this is {nrr.__version__}." in found.reason
    edited = nrr.verify(older.replace(b"2024-07", b"2024-99", 1), data)
    assert edited.kind == "cells"
    assert "Version 0.0.1 made the file" in edited.reason


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Definition", "Another card · 12345678"), ("Rows", "5 accepted (0 repaired), 0 quarantined"), ("Filters", "none"),
        ("As of", "2020-01"),
    ],
)  # fmt: skip
def test_an_edited_line_of_the_stamp_is_named(frame, data, line, text):
    lines = [f"# {line}: {text}" if one.startswith(f"# {line}: ") else one for one in lines_of(frame)]
    found = verdict(lines, data)
    assert found.kind == "stamp"
    assert f"the line “{line}” should say" in found.reason


def ask(**changed):
    return lambda facts: facts | {"ask": facts["ask"] | changed}


@pytest.mark.parametrize(
    "change",
    [
        ask(function="read"), ask(function="__import__"), ask(function=["retention"]), ask(data="/etc/passwd"), ask(card={}),
        ask(window={"a": 1}), ask(window=True), ask(by=["plan", "owner", "plan"]), ask(where={"plan": "Pro"}), ask(where=["plan"]),
        ask(fiscal_start="1"), ask(close=5), ask(limit=3), ask(by="x" * 20_000), lambda facts: facts | {"ask": "retention"},
        lambda facts: facts | {"dataset": None}, lambda facts: facts | {"now": "soon"}, lambda facts: facts | {"card": []},
    ],
)  # fmt: skip
def test_a_recipe_is_never_asked_what_is_not_on_the_list(frame, data, change):
    found = nrr.verify(rewritten(to_csv(frame), change), data)
    assert (found.equal, found.kind, found.decided) == (False, "recipe", False), found


@pytest.mark.parametrize("card", [{"family": "magic"}, {"window_months": [1]}, {"no_knob": 1}, {"revenue_types": 5}])
def test_a_card_that_cannot_be_is_refused_in_words(frame, data, card):
    found = nrr.verify(rewritten(to_csv(frame), lambda facts: facts | {"card": card}), data)
    assert (found.equal, found.kind) == (False, "card"), found


@pytest.mark.parametrize(
    "change", [ask(window=0), ask(fiscal_start=99), ask(close="2031-01"), ask(by="nothing"), ask(where={"plan": ["none"]})]
)
def test_a_question_this_data_has_no_answer_to_is_refused_in_words(frame, data, change):
    assert nrr.verify(rewritten(to_csv(frame), change), data).kind == "refused"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "2" + t[1:], lambda t: t.replace(".", "", 1), lambda t: t + "A" * 2_000_000]
)
def test_a_damaged_recipe_is_told(frame, data, change):
    lines = lines_of(frame)
    found = verdict([*lines[:-1], "# Recipe: " + change(lines[-1].removeprefix("# Recipe: "))], data)
    assert (found.kind, found.decided) == ("recipe", False)


def test_a_workbook_that_unpacks_to_more_than_any_export_is_not_opened(data):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(1_100):
                part.write(bytes(1 << 20))
    found = nrr.verify(made.getvalue(), data)
    assert (found.kind, found.reason) == ("unreadable", "The file can't be read: unpacked it would be larger than any export.")


def test_a_month_that_was_not_over_then_is_not_an_edit(monkeypatch):
    now = current_month()
    data = make([("a", now - 4, None, 10_000, ()), ("b", now - 4, now - 1, 10_000, ())], last=now)
    frames = [nrr.retention(data, window=1), nrr.cohorts(data)]
    contents = [to_csv(frame) for frame in frames]
    assert all(frame["partial"].any() for frame in frames)
    monkeypatch.setattr("nrr_core.dataset.current_month", lambda: now + 5)
    assert not nrr.retention(data, window=1)["partial"].any()
    assert [nrr.verify(content, data).kind for content in contents] == ["equal", "equal"]
    flipped = contents[0].replace(b"True", b"False", 1)
    assert nrr.verify(flipped, data).kind == "cells"


def test_a_filter_of_thousands_of_segments_goes_through_a_workbook():
    names = [f"segment {i} " + "x" * 30 for i in range(3_000)]
    data = make([(f"a{i}", JAN, None, 10_000, (name,)) for i, name in enumerate(names)], dimensions=("plan",), last=JAN + 2)
    frame = nrr.retention(data, window=1, where={"plan": names[:2_500]})
    assert len(json.dumps(frame.attrs["stamp"]["recipe"])) > 2 * 32_767
    assert nrr.verify(xlsx(frame), data).equal
    assert nrr.verify(to_csv(frame), data).equal


def test_a_table_that_cannot_be_made_again_says_only_its_stamp_was_compared(data, frame):
    other = frame.copy()
    other.attrs["stamp"] = stamp(data, card=nrr.STANDARD, where=(), question="something else").as_dict()
    found = nrr.verify(to_csv(other), data)
    assert (found.equal, found.kind, found.decided) == (False, "not repeatable", False)


@pytest.mark.parametrize("form", ["pptx", "xlsx", "csv"])
def test_of_a_pack_the_stamp_is_compared(form):
    data = make(
        [(f"a{i}", JAN, None if i else JAN + 14, 10_000 * (i + 1), ("Pro",)) for i in range(12)], dimensions=("plan",), last=JAN + 24
    )
    content = report.build(data, pack="board", form=form)
    assert nrr.verify(content, data).kind == "not repeatable"
    assert nrr.verify(content, dataclasses.replace(data, sha256="f" * 64)).kind == "dataset"
    more = dataclasses.replace(data, report={**data.report, "rows_accepted": 7})
    assert nrr.verify(content, more).kind == "stamp"


FILE = "account_id,month,mrr_usd,plan\nA,2024-01,100,Pro\nA,2024-02,120,Pro\nB,2024-01,50,Basic\nB,2024-02,40,Basic\n"


def test_the_command_line_ends_with_0_1_or_2(tmp_path, capsys):
    source, other, out = tmp_path / "revenue.csv", tmp_path / "other.csv", tmp_path / "export.csv"
    source.write_text(FILE)
    other.write_text(FILE.replace("120", "121"))
    content = to_csv(nrr.retention(nrr.read(source), window=1))
    for text, file, code, words in (
        (content, source, 0, "Equal: 1 row × 15 columns"),
        (content.replace(b"2024-02", b"2024-03", 1), source, 1, "Row 1, column “close”: the file says “2024-03”, the answer is “2024-02”."),
        (content, other, 1, "The file was made from other data"),
        (content.split(b"#")[0], source, 2, "carries no stamp"),
    ):
        out.write_bytes(text)
        assert main(["verify", str(out), str(file)]) == code
        assert words in capsys.readouterr().out


def test_the_command_line_compares_two_files(tmp_path, capsys):
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    before.write_text(FILE)
    after.write_text(FILE.replace("2024-01,50", "2024-01,60"))
    assert main(["compare", str(before), str(after), "--closed-through", "2024-01", "--window", "1"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1] == "B,2024-01,50.0000,60.0000,10.0000,changed,True"
    assert "# 1 account-month of 2024-01, which was closed, changed by +10.00." in said.err
    assert main(["compare", str(before), str(after), "--format", "json", "--window", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["total"], found["closed_total"]) == (1, 0)
    assert [found["effects"][0][name] for name in ("before_nrr", "after_nrr")] == pytest.approx([160 / 150, 160 / 160])
    assert main(["compare", str(before), str(tmp_path / "none.csv")]) == 2
