"""What holds for every chart of the registry."""

import json
import re

import pandas as pd
import pytest
import vl_convert

from nrr_core import charts


def marks(spec):
    return [layer for layer in spec["layer"] if "mark" in layer]


def layer_rows(chart, layer):
    return len(chart.datasets[layer["data"]["name"]])


def test_registry_and_public_names_agree():
    assert set(charts.CHARTS) <= set(charts.__all__)
    assert all(hasattr(charts, name) for name in charts.__all__)


def test_every_chart_is_drawn_here(drawings):
    assert set(drawings) == set(charts.CHARTS)


def test_compiles_without_a_warning(drawing, caplog):
    compiled = vl_convert.vegalite_to_vega({**drawing.to_spec(), "width": 900})
    assert compiled["marks"]
    assert not caplog.records


@pytest.mark.parametrize("width", [358, 1100])
def test_renders_at_both_widths_with_its_figures(drawing, svg, width):
    picture = svg(drawing, width=width)
    assert re.search(rf'width="{width}"', picture)
    assert "NaN" not in picture
    assert picture.count("<text") > 3


def test_light_and_dark_differ_in_ink(drawing, svg):
    light, dark = svg(drawing), svg(drawing, dark=True)
    assert "#6b6862" in light
    assert "#a9a5a0" in dark
    assert "#6b6862" not in dark


def test_png_is_a_png():
    chart = charts.waterfall(pd.DataFrame(columns=["step", "amount", "accounts", "share"]))
    assert charts.export(chart, "png", scale=1).startswith(b"\x89PNG")


def test_every_named_dataset_is_given(drawing):
    named = {layer["data"]["name"] for layer in marks(drawing.spec)}
    assert named == set(drawing.datasets)


def test_specification_holds_no_data_and_is_shared(drawing):
    assert "datasets" not in drawing.spec
    assert "values" not in json.dumps([layer["data"] for layer in marks(drawing.spec)]).replace('"values"}', "")


def test_stays_below_two_thousand_marks(drawing):
    assert sum(layer_rows(drawing, layer) for layer in marks(drawing.spec)) < 2000


def test_speaks_a_sentence_with_figures(drawing):
    assert re.search(r"\d", drawing.alt)
    assert drawing.alt.endswith(".")
    assert len(drawing.alt) < 2000


def test_marks_speak_or_are_hidden_from_screen_readers(drawing):
    for layer in marks(drawing.spec):
        assert layer["mark"].get("aria") is False or "description" in layer["encoding"]


def test_click_has_a_name_and_a_pointer(drawing):
    picks = [param for param in drawing.spec["params"] if param["name"] == "pick"]
    if not picks:
        pytest.skip("a small multiple is not clicked")
    (view,) = picks[0]["views"]
    clickable = next(layer for layer in marks(drawing.spec) if layer.get("name") == view)
    assert clickable["mark"]["cursor"] == "pointer"
    assert set(picks[0]["select"]["fields"]) <= set(drawing.datasets[clickable["data"]["name"]].columns)


def test_specification_is_built_once():
    frame = pd.DataFrame(columns=["step", "amount", "accounts", "share"])
    assert charts.waterfall(frame).spec["layer"] is charts.waterfall(frame).spec["layer"]


def test_height_is_the_one_of_the_specification(drawing):
    assert drawing.spec["height"] == drawing.height
