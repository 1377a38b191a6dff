import pytest

from nrr_core.ingest.notes import counted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 row(s) have no id", "1 row has no id"),
        ("2 row(s) have no id", "2 rows have no id"),
        ("1,234 account-month(s) add up to 0", "1,234 account-months add up to 0"),
        ("21 identical line(s) of one account", "21 identical lines of one account"),
        ("no count here", "no count here"),
    ],
)
def test_counts_agree_with_their_words(text, words):
    assert counted(text) == words
