"""The stamp beside every figure: short where it stands, whole where it opens, and never a word of markup."""

import pytest
from face import opened, unbroken

import nrr_core as nrr
from nrr_core.stamp import Stamp
from pages.ui import present

HOSTILE = "![x](http://elsewhere.example/p.png)"


def shorts(app):
    """Labels of the popovers that hold a stamp."""
    labels = [one.proto.popover.label for one in app.get("popover")]
    return [label.removeprefix(":gray[").removesuffix("]") for label in labels if label.startswith(":gray[")]


def wholes(app):
    return [one.value for one in app.text if one.value.startswith("Definition: ") and "\nQuestion: " in one.value]


def figures(app):
    """Charts with a row of tools, and tables with downloads: what each export button stands for."""
    return len([one for one in app.get("download_button") if one.proto.label in {"PNG", "CSV"}])


@pytest.mark.parametrize("page", ["overview", "waterfall", "cohorts", "segments", "accounts"])
def test_every_figure_that_can_be_taken_away_shows_its_stamp(page):
    app = opened(page)
    assert len(shorts(app)) == len(wholes(app)) == figures(app) > 0


def test_the_control_without_stamps_is_seen(monkeypatch):
    monkeypatch.setattr(present, "stamped", lambda _: None)
    app = opened("waterfall")
    assert figures(app) == 2
    assert shorts(app) == []


def test_a_stamp_says_what_the_library_s_does(book):
    app = opened("waterfall", book, f_region="EMEA", window="3 months", asof="2025-12")
    frame = nrr.movements(book, window=3, where={"region": ["EMEA"]}, close="2025-12")
    stamp = Stamp(**frame.attrs["stamp"])
    assert set(shorts(app)) == {stamp.short}
    assert set(wholes(app)) == {"\n".join(f"{label}: {text}" for label, text in stamp.lines())}
    assert "Filters: region: EMEA" in wholes(app)[0]


def test_cards_name_their_stamp_in_their_help(book):
    app = opened("overview", book)
    frame = nrr.movements(book, window=12, close="2025-12")
    short = Stamp(**frame.attrs["stamp"]).short
    assert [one.help.endswith(f"Stamp: {present.safe_text(short)}") for one in app.metric] == [True] * 4


def test_names_in_a_stamp_stay_text(read):
    data = read(f"account_id,month,mrr_usd,plan\nA,2025-01,100,{HOSTILE}\nA,2025-02,100,{HOSTILE}\nB,2025-01,5,x\n", name=HOSTILE)
    app = unbroken(opened("waterfall", data, f_plan=HOSTILE))
    assert all(f"Filters: plan: {HOSTILE}" in one for one in wholes(app))
    assert not [one.value for one in app.markdown if HOSTILE in one.value]
    assert not [label for label in shorts(app) if "http" in label]
