"""Bands in small multiples: the interval of the segment in front, on the scale that all cards share."""

import pandas as pd

from nrr_core import charts


def banded(frames, half):
    points = frames["segment_points"]()
    return points.assign(lower=points["value"] - half, upper=points["value"] + half)


def test_the_band_lies_around_the_line_of_its_own_segment(frames):
    points = banded(frames, 0.02)
    low, high = charts.shared_range(points)
    own = charts.multiples(points, segment="a", low=low, high=high).datasets["own"]
    assert (own["f_lower"] < own["fy"]).all()
    assert (own["fy"] < own["f_upper"]).all()
    assert own["f_lower"].min() >= 0
    assert own["f_upper"].max() <= 1


def test_the_shared_range_holds_the_bands(frames):
    narrow, wide = (charts.shared_range(banded(frames, half)) for half in (0.001, 0.3))
    assert wide[0] <= 0.7
    assert wide[1] >= 1.33
    assert narrow[0] > wide[0]


def test_without_an_interval_no_band_is_drawn(frames, svg):
    points = frames["segment_points"]()
    low, high = charts.shared_range(banded(frames, 0.02))
    bare, with_band = charts.multiples(points, segment="a", low=low, high=high), charts.multiples(
        banded(frames, 0.02), segment="a", low=low, high=high
    )  # fmt: skip
    assert bare.datasets["own"][["f_lower", "f_upper"]].isna().all(axis=None)
    assert svg(bare) != svg(with_band)
    missing = banded(frames, 0.02).assign(lower=float("nan"), upper=float("nan"))
    pd.testing.assert_series_equal(
        charts.multiples(missing, segment="a", low=low, high=high).datasets["own"]["fy"], bare.datasets["own"]["fy"]
    )
    assert svg(charts.multiples(missing, segment="a", low=low, high=high)) == svg(bare)
