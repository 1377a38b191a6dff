"""Text tables come back as they were written, and damage stays where it is."""

import csv
import io

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nrr_core.errors import IngestError
from nrr_core.ingest.formats import csv as text_format
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.records import split_lenient, split_strict
from nrr_core.ingest.report import Options

CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters='",;\t|\n'), max_size=12)
HEADER = ["id", "first name", "second name", "number"]


def load(content, folder):
    path = folder / "table.csv"
    path.write_bytes(content)
    notes = Notes(Options())
    opened = text_format.open_file(path, content[: 1 << 18], work=folder, notes=notes)
    con = duckdb.connect()
    loaded = opened.load(con, table="cells", progress=lambda _share: None)
    rows = con.execute(f"select * from {loaded.table} order by rowid").fetchall()
    return opened, loaded, [["" if cell is None else cell for cell in row] for row in rows]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=2, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    mark=st.booleans(),
)
def test_a_table_written_as_text_reads_back_to_the_same_cells(  # noqa: PLR0917 - hypothesis passes them by name
    rows, delimiter, newline, quoting, mark, tmp_path
):
    table = [[f"A{index}", *cells, str(index)] for index, cells in enumerate(rows)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerow(HEADER)
    writer.writerows(table)
    content = out.getvalue().encode("utf-8-sig" if mark else "utf-8")
    opened, loaded, found = load(content, tmp_path)
    assert list(opened.header) == HEADER
    assert found == table
    assert sum(loaded.kinds.values()) == loaded.lines_total


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_line_is_accounted_for_under_random_damage(data, tmp_path):
    lines = [f'A{n},"name, {n}",x,{n}' if n % 3 else f"A{n},name,x,{n}" for n in range(60)]
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(5, len(lines) - 1))
        where = data.draw(st.integers(0, len(lines[at])))
        kind = data.draw(st.sampled_from(["quote", "cut", "delimiter", "blank"]))
        text = lines[at]
        lines[at] = {
            "quote": text[:where] + '"' + text[where:],
            "cut": text[:where],
            "delimiter": text[:where] + "," + text[where:],
            "blank": "",
        }[kind]
    content = (",".join(HEADER) + "\n" + "\n".join(lines) + "\n").encode()
    _, loaded, rows = load(content, tmp_path)
    assert sum(loaded.kinds.values()) == loaded.lines_total == 61
    assert len(rows) + len(loaded.broken) + loaded.kinds["blank"] + loaded.kinds["continuation"] == 60
    untouched = [row for row in rows if row[0] in {"A0", "A1", "A2", "A3", "A4"}]
    assert [row[3] for row in untouched] == ["0", "1", "2", "3", "4"]
    for ordinal, row in enumerate(rows):
        line = loaded.where(ordinal)[1]
        assert lines[line - 2].startswith(row[0][:1].replace('"', "")) or '"' in lines[line - 2]


def test_a_cell_over_several_lines_is_one_record_and_its_lines_are_counted(tmp_path):
    _, loaded, rows = load(b'id,note,x,n\nA,"one\ntwo\nthree",y,1\nB,z,y,2\n', tmp_path)
    assert rows == [["A", "one\ntwo\nthree", "y", "1"], ["B", "z", "y", "2"]]
    assert (loaded.kinds["data"], loaded.kinds["continuation"], loaded.lines_total) == (2, 2, 5)
    assert loaded.where(1) == (2, 5)


def test_rows_after_a_quarantined_line_keep_their_numbers(tmp_path):
    _, loaded, _ = load(b"id,name,x,n\nA,b,c,1\nB,b\nC,b,c,3\n", tmp_path)
    assert loaded.where(1) == (3, 4)


def test_a_quoted_cell_may_cross_the_pieces_a_file_is_read_in(tmp_path, monkeypatch):
    monkeypatch.setattr("nrr_core.ingest.lines.CHUNK", 64)
    body = "".join(f'A{n},"one\ntwo {n}",y,{n}\n' for n in range(40))
    _, loaded, rows = load(("id,name,x,n\n" + body).encode(), tmp_path)
    assert [row[3] for row in rows] == [str(n) for n in range(40)]
    assert sum(loaded.kinds.values()) == loaded.lines_total == 81


def test_strict_and_lenient_readings_of_one_line():
    assert split_strict('a,"b, ""c""",d', ",") == ["a", 'b, "c"', "d"]
    assert split_strict('a,b"c,d', ",") is None
    assert split_lenient('a,b"c,d', ",") == ["a", 'b"c', "d"]
    assert split_lenient('"Acme "North" Ltd",5', ",") == ['Acme "North" Ltd', "5"]
    assert split_lenient('a,"b,c', ",") is None


def test_a_binary_file_is_no_table(tmp_path):
    with pytest.raises(IngestError):
        load(b"\0\1\2\3" * 100, tmp_path)
