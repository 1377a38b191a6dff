"""Unusual quoting: asked about where only it fits, and never where the usual reading does."""

import pytest

from nrr_core.ingest.notes import Notes
from nrr_core.ingest.quoting import ask_quoting, requoted
from nrr_core.ingest.report import Options


def asked(text):
    notes = Notes(Options())
    ask_quoting(text, complete=True, notes=notes)
    return [question.key for question in notes.questions]


@pytest.mark.parametrize(
    "text",
    [
        "id,month,mrr\nO'Neil,2024-01,5\n",
        "id,month,mrr\n'quoted',2024-01,5\n",
        'id,month,mrr\n"a, b",2024-01,5\nc,2024-01,5\n',
        'id,month,mrr\n"5"" pipe",2024-01,5\n',
        "id,month,mrr\nC:\\dir,2024-01,5\n",
        "it's one column\n",
    ],
)
def test_usual_files_raise_no_question(text):
    assert asked(text) == []


@pytest.mark.parametrize("text", ["id;mrr\n'a;b';1\nc;2\n", 'id,mrr\n"a \\"b\\", c",1\n'])
def test_cells_that_only_the_unusual_reading_holds_together_are_asked_about(text):
    assert asked(text) == ["quoting"]


def test_rewriting_keeps_every_line_in_its_place():
    text = "id,mrr\r\n'a, \"x\"',1\r\n\r\nplain,2\n"
    assert requoted(text, kind="apostrophe", delimiter=",") == 'id,mrr\r\n"a, ""x""",1\r\n\r\nplain,2\n'
