"""A chart as a value: specification, data, and the sentence that says what it shows."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

__all__ = ["Chart", "export"]

_PAPER = {False: "#ffffff", True: "#181715"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite chart whose data is kept apart from its specification.

    Parameters
    ----------
    spec
        Specification with named datasets, shared between calls: not to be changed.
    datasets
        One frame for each named dataset; ``{**spec, "datasets": datasets}`` is what Streamlit draws.
    alt
        A sentence with the figures, for those who do not see the chart.
    caption
        What the reader must know about the axis or the rows left out, or None.
    height
        Pixels; the width is given by the place where the chart is shown.

    """

    spec: dict[str, Any]
    datasets: dict[str, pd.DataFrame]
    alt: str
    caption: str | None
    height: int

    def to_spec(self) -> dict[str, Any]:
        """One self-contained specification: the datasets as lists of plain values, missing ones as null."""
        values = {name: json.loads(frame.to_json(orient="records", double_precision=15)) for name, frame in self.datasets.items()}
        return {**self.spec, "description": self.alt, "datasets": values}


def export(chart: Chart, kind: Literal["png", "svg"], *, dark: bool = False, width: int = 900, scale: float = 2.0) -> bytes:
    """A picture of a chart.

    Parameters
    ----------
    chart
        Any chart of this package.
    kind
        ``"png"`` or ``"svg"``.
    dark
        Light ink on dark paper.
    width
        Pixels before ``scale``; below 600 the layout for phones.
    scale
        Device pixels per pixel, PNG only.

    Returns
    -------
    bytes
        The file; SVG as UTF-8.

    """
    import vl_convert  # noqa: PLC0415 - slow to load, and only exports need it

    spec = {**chart.to_spec(), "width": width, "background": _PAPER[dark]}
    spec["config"] = {**spec["config"], "font": "Source Sans Pro, sans-serif"}
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=scale))
    return str(vl_convert.vegalite_to_svg(spec)).encode()
