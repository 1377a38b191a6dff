"""The stepped legend of the heatmap and the matrix."""

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.formats import percent_text

__all__ = ["heat_legend", "heat_legend_layers"]


def heat_legend(measure: str) -> pd.DataFrame:
    """The steps of the colour scale; only losses for measures that cannot pass 100 %."""
    last = 5 if measure in ("grr", "logo_retention") else 10
    stops = [percent_text(stop, digits=0) for stop in theme.STOPS]
    return pd.DataFrame({"step": range(last + 1), "text": [stops[k] if k < last else "" for k in range(last + 1)]})


def heat_legend_layers(wide_left: int) -> list[alt.Chart]:
    """Stepped legend at the foot of a chart: swatches with the stops written between them."""
    left = f"(narrow ? 4 : {wide_left})"
    width = f"min(34, (width - {left}) / 11)"
    swatch = {
        "px": f"{left} + datum.step * {width} + 1",
        "px2": f"datum.px + {width} - 1",
        "py": "height - 32",
        "py2": "height - 22",
    }
    stop = {"tx": f"{left} + (datum.step + 1) * {width}", "ty": "height - 12"}
    return [
        theme.layer("legend", swatch).mark_rect(aria=False, color=theme.colour("heat[datum.step]")).encode(**theme.spot(span="xy")),
        theme.words("legend", "text", stop, align="center", fontSize=10),
    ]
