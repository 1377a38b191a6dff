"""Why it moved: a note where the definition in force doesn't compare what each opening account pays at both ends."""

import pytest
from face import opened, plain

from nrr_core import Definition
from nrr_core.presets import code_of

NOTE = "The definition card counts differently"


@pytest.mark.parametrize(
    ("card", "noted"),
    [
        (Definition(), False),
        (Definition(population="all", returns="opening"), False),
        (Definition(returns="all"), True),
        (Definition(family="chained"), True),
        (Definition(average="mean"), True),
    ],
    ids=lambda given: given.label if isinstance(given, Definition) else str(given),
)
def test_the_note_stands_where_the_definition_counts_in_another_way(card, noted):
    app = opened("segments", show="Why it moved", card=code_of(card))
    assert not app.exception
    assert any(plain(one.value).startswith(NOTE) for one in app.caption) == noted
