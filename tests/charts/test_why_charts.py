"""The charts of why NRR moved, its drivers and the books: what is drawn is what was given, and the odd cases."""

import pandas as pd
import pytest

from nrr_core import charts

HOSTILE = '<img src=x onerror="alert(1)">' + "x" * 5_000


# moved ------------------------------------------------------------------------------------------------------------------


def test_the_bridge_ends_where_its_parts_lead(frames):
    drawn = charts.moved(frames["effect_steps"](0.02, -0.01)).datasets["steps"]
    assert drawn["f1"].iloc[-1] == pytest.approx(drawn["end"].iloc[2])
    assert drawn["text"].tolist() == ["95.0%", "+2.0 pt", "−1.0 pt", "96.0%"]


def test_the_bridge_says_from_where_to_where(frames):
    steps = frames["effect_steps"](0.02)
    steps["step"] = ["NRR Dec 2024", "Churn", "NRR Dec 2025"]
    assert charts.moved(steps).alt.startswith("NRR, from NRR Dec 2024 to NRR Dec 2025. ")


def test_without_steps_a_bridge_is_a_sentence():
    drawn = charts.moved(pd.DataFrame({"step": [], "kind": [], "value": []}))
    assert drawn.datasets["notice"]["text"].tolist() == [drawn.alt]
    assert drawn.datasets["steps"].empty


def test_a_phone_shows_every_part_with_its_figure(frames, svg):
    picture = svg(charts.moved(frames["effect_steps"](0.013, -0.004, 0.02)), width=358)
    assert all(text in picture for text in ("+1.3 pt", "−0.4 pt", "+2.0 pt", "lever 2"))


# drivers ----------------------------------------------------------------------------------------------------------------


def test_driver_bars_are_as_long_as_their_amounts(frames):
    drawn = charts.drivers(frames["driver_rows"](), side="gain").datasets["drivers"]
    lengths = (drawn["f1"] - drawn["f0"]).tolist()
    assert lengths == pytest.approx([lengths[0], lengths[0] * 0.75, lengths[0] * 0.5])
    assert drawn["text"].tolist() == ["$40", "$30", "$20"]
    assert drawn["base"].iloc[0] == "44% · 4 accounts"


def test_an_amount_below_zero_goes_to_the_other_side(frames):
    rows = frames["driver_rows"]()
    rows.loc[1, "amount"] = -10.0
    drawn = charts.drivers(rows, side="loss").datasets["drivers"]
    assert drawn["f1"].iloc[1] < drawn["f0"].iloc[1] < drawn["f1"].iloc[0]


def test_no_driver_is_a_sentence(frames):
    drawn = charts.drivers(frames["driver_rows"]().head(0), side="loss")
    assert drawn.alt == "Nothing moved in this window."
    assert drawn.datasets["notice"]["text"].tolist() == [drawn.alt]


def test_one_account_is_not_plural(frames):
    rows = frames["driver_rows"](("a", "b", "c", "d"))
    assert charts.drivers(rows, side="gain").datasets["drivers"]["base"].iloc[-1].endswith("1 account")


# books ------------------------------------------------------------------------------------------------------------------


def books(frames, rows=None, **options):
    return charts.books(frames["book_rows"]() if rows is None else rows, names=frames["rule_names"], **options)


def test_points_of_a_book_lie_on_one_axis_with_the_total(frames):
    drawn = books(frames).datasets
    marks = drawn["marks"].set_index(["owner", "rule"])
    assert marks.loc[("Ann", "open"), "f"] < marks.loc[("Ann", "weighted"), "f"] < marks.loc[("Ann", "current"), "f"]
    assert drawn["total"]["f"].iloc[0] < marks["f"].min()
    assert drawn["rows"]["text"].tolist() == ["96.0% · 97.0% · 98.0%"] * 2


def test_a_rule_without_a_book_has_no_point(frames):
    rows = frames["book_rows"]()
    rows = rows[~((rows["owner"] == "Ben") & (rows["rule"] == "open"))]
    drawn = books(frames, rows).datasets
    assert len(drawn["marks"]) == 5
    assert drawn["rows"]["text"].tolist()[1] == "– · 97.0% · 98.0%"


def test_small_books_are_greyed(frames):
    rows = frames["book_rows"]()
    rows.loc[rows["owner"] == "Ben", "accounts"] = 3
    assert books(frames, rows).datasets["rows"]["small"].tolist() == [False, True]


def test_more_than_twenty_five_books_say_how_many_are_left_out(frames):
    drawn = books(frames, frames["book_rows"](tuple(f"o{k:02d}" for k in range(30))))
    assert len(drawn.datasets["rows"]) == 25
    assert drawn.caption == "5 smaller books are in the table only."


def test_nobody_is_a_sentence(frames):
    rows = frames["book_rows"]()
    drawn = books(frames, rows[rows["owner"] == "(all)"])
    assert drawn.alt == "Nobody paid when the window opened."
    assert drawn.datasets["notice"]["text"].tolist() == [drawn.alt]
    assert drawn.datasets["ticks"].empty


@pytest.mark.parametrize("width", [358, 1100])
def test_names_are_cut_and_stay_text(frames, svg, width):
    for drawn in (
        books(frames, frames["book_rows"]((HOSTILE, "Ben"))),
        charts.drivers(frames["driver_rows"]((HOSTILE, "b", "c")), side="gain"),
    ):
        picture = svg(drawn, width=width)
        assert "<img" not in picture
        assert "x" * 60 not in picture
