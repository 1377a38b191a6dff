"""Bands in the small multiples of the Segments page are the library's intervals."""

import pytest
from face import opened, plain, plotted, same

from nrr_core import explain
from nrr_core.definition import Definition
from nrr_core.presets import code_of
from pages.ui import sections

SAID = "The shaded band: where the value would likely lie"


def captions(app):
    return plain(" ".join(one.value for one in app.caption))


@pytest.mark.parametrize("card", [Definition(), Definition(family="chained")], ids=["standard", "chained"])
def test_bands_are_the_library_s_intervals(sample, card):
    app = opened("segments", by="plan", card=code_of(card))
    answer = explain.intervals(sample, by="plan", card=card).query("measure == 'nrr' and segment == 'Enterprise'").set_index("close")
    own = plotted(app, "own", "context").sort_values("month")
    assert own["segment"].unique().tolist() == ["Enterprise"]
    same(own["lower"], answer.loc[own["month"], "low"])
    same(own["upper"], answer.loc[own["month"], "high"])
    assert SAID in captions(app)


def test_where_many_would_have_to_be_resampled_there_are_lines_only(sample, monkeypatch):
    monkeypatch.setattr(sections, "_BANDED", sample.accounts - 1)
    app = opened("segments", by="region")
    own = plotted(app, "own", "context")
    assert own["value"].notna().any()
    assert own["lower"].isna().all()
    assert SAID not in captions(app)
