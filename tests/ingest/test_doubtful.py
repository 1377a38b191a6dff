"""One doubtful line, judged alone."""

import pytest

from nrr_core.ingest.dialect import find_dialect
from nrr_core.ingest.doubtful import Judge, NoData, Record, Unreadable
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.report import Options

HEAD = "account_id,mrr,note\nA,5,fine\nB,6,good\n"


@pytest.fixture
def judged():
    judge = Judge(find_dialect(HEAD, complete=True, notes=Notes(Options()))).judge
    return lambda *lines, last=False: judge(lines, line=4, last=last, at_byte=30)


def test_blank_line_and_comment_are_no_data(judged):
    assert [judged(line) for line in (b"", b"  ", b",,")] == [NoData("blank")] * 3
    assert judged(b"# made by hand") == NoData("comment")


def test_quoted_cell_may_span_lines(judged):
    assert judged(b'C,7,"two', b'lines"', b"D,8,x") == Record(["C", "7", "two\nlines"], 'C,7,"two\nlines"', lines=2)


def test_quote_that_would_swallow_a_record_costs_its_own_line_only(judged):
    assert judged(b'C,7,"open', b"D,8,x", b'E,9,"shut"').rule == "unclosed_quote"


def test_stray_quote_is_a_letter(judged):
    assert judged(b'C,7,19" rack') == Record(["C", "7", '19" rack'], 'C,7,19" rack', "stray_quote")


def test_last_line_that_is_cut_off_says_where(judged):
    assert judged(b"C,7", last=True).reason.endswith("the file looks cut at line 4; export it again")
    assert judged(b"C,7") == Unreadable("too_short", "has 2 cells where the header has 3", "C,7")
