"""Colours, dark mode and the building blocks that every chart is made of.

A chart is laid out by hand in pixels: the frames carry fractions (0…1) of an axis, and ``calculate`` expressions turn
them into places from Vega's own ``width`` and ``height``. A specification therefore holds no numbers of the data, is
made once per process, and adapts to the width it is given; ``narrow`` is the one switch.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

__all__ = [
    "COLOURS",
    "HEAT",
    "STOPS",
    "colour",
    "dimmed",
    "finish",
    "heat_bin",
    "layer",
    "lit",
    "month_columns",
    "outlined",
    "pick",
    "spot",
    "words",
]

COLOURS: Final[Mapping[str, tuple[str, str]]] = {  # role: light, dark
    "ink": ("#2f2d2b", "#edebe8"),
    "muted": ("#6b6862", "#a9a5a0"),
    "grid": ("#e7e5e1", "#3a3834"),
    "faint": ("#cfccc6", "#55524d"),  # context lines: seen, not read
    "gain": ("#00795A", "#3CCB9A"),
    "loss": ("#C4500A", "#FF9457"),
    "total": ("#44546F", "#9FB0CC"),
    "accent": ("#0067A6", "#6CB8F0"),
}
STOPS: Final = (0.80, 0.85, 0.90, 0.95, 0.99, 1.01, 1.05, 1.10, 1.15, 1.20)
HEAT: Final = (  # light, dark; eleven steps around the neutral 99 to 101 %
    [
        "#8C2D04",
        "#B8551A",
        "#E5955B",
        "#F0B488",
        "#F8DCC6",
        "#F1F0EE",
        "#D6E6F3",
        "#A6CDE8",
        "#6BAAD6",
        "#2F75AE",
        "#10518C",
    ],
    [
        "#FFC795",
        "#F0935A",
        "#B4571F",
        "#85400F",
        "#5A3018",
        "#2E2C29",
        "#1B3A52",
        "#1F5478",
        "#266FA3",
        "#62ABDF",
        "#A9D8FA",
    ],
)
_INK_ON_HEAT: Final = (  # light, dark: flips below .85 and from 1.15
    ["#ffffff"] * 2 + ["#2f2d2b"] * 7 + ["#ffffff"] * 2,
    ["#1b1a18"] * 2 + ["#edebe8"] * 7 + ["#1b1a18"] * 2,
)
_PARAMS: Final[tuple[dict[str, str], ...]] = (
    {"name": "isDark", "expr": "luminance(background) < 0.4"},
    {"name": "narrow", "expr": "width < 600"},
    {"name": "paper", "expr": "background"},
    *({"name": role, "expr": f"isDark ? '{dark}' : '{light}'"} for role, (light, dark) in COLOURS.items()),
    {"name": "heat", "expr": f"isDark ? {HEAT[1]} : {HEAT[0]}"},
    {"name": "inkOnHeat", "expr": f"isDark ? {_INK_ON_HEAT[1]} : {_INK_ON_HEAT[0]}"},
)


def colour(expression: str) -> Any:
    """A colour by role (``"gain"``) or by any expression over the roles; Vega decides between light and dark."""
    return alt.ExprRef(expression)


def heat_bin(value: float) -> int:
    """The step of the heatmap's scale that a ratio falls into: 0 (below 80 %) to 10 (120 % and more)."""
    return sum(value >= stop for stop in STOPS)


def layer(data: str, places: Mapping[str, str], *, where: str | None = None) -> alt.Chart:
    """A layer over a named dataset; ``places`` are calculated in order: helpers first, then ``px``, ``py`` etc."""
    chart = alt.Chart(alt.NamedData(data))
    if where:
        chart = chart.transform_filter(where)
    for name, expression in places.items():
        chart = chart.transform_calculate(**{name: expression})
    return chart


def spot(*, span: str = "", columns: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Position channels in pixels, from ``px`` and ``py`` unless named; ``span`` (``"x"``, ``"y"``) adds ends."""
    named = columns or {"x": "px", "y": "py", "x2": "px2", "y2": "py2"}
    channels: dict[str, Any] = {
        "x": alt.X(f"{named['x']}:Q", scale=None, axis=None),
        "y": alt.Y(f"{named['y']}:Q", scale=None, axis=None),
    }
    if "x" in span:
        channels["x2"] = alt.X2(f"{named['x2']}:Q")
    if "y" in span:
        channels["y2"] = alt.Y2(f"{named['y2']}:Q")
    return channels


def words(data: str, column: str, places: Mapping[str, str], *, where: str | None = None, **mark: Any) -> alt.Chart:
    """A layer of text at (``tx``, ``ty``); screen readers skip it, for the marks already speak."""
    look: dict[str, Any] = {"fontSize": 12, "color": colour("muted"), "baseline": "middle"} | mark
    place = spot(columns={"x": "tx", "y": "ty"})
    text: alt.Chart = layer(data, places, where=where).mark_text(aria=False, **look)
    written: alt.Chart = text.encode(**place, text=alt.Text(f"{column}:N"))
    return written


def pick(*fields: str) -> alt.Parameter:
    """The click selection: Streamlit's ``event.selection["pick"]`` is a list of rows with these fields."""
    return alt.selection_point(name="pick", fields=list(fields), toggle=False)


def dimmed(clicked: alt.Parameter) -> Any:
    """Opacity of marks among which one can be picked: the others step back."""
    return alt.when(clicked).then(alt.value(1)).otherwise(alt.value(0.45))


def lit(clicked: alt.Parameter, opacity: float) -> Any:
    """Opacity of marks that are seen only when picked."""
    return alt.when(clicked, empty=False).then(alt.value(opacity)).otherwise(alt.value(0))


def outlined(clicked: alt.Parameter) -> dict[str, Any]:
    """Look of cells with text in them: the picked one has a border, the others step back but stay legible."""
    border = alt.when(clicked, empty=False).then(alt.value(2.5)).otherwise(alt.value(0))
    opacity = alt.when(clicked).then(alt.value(1)).otherwise(alt.value(0.75))
    return {"opacity": opacity, "strokeWidth": border, "stroke": alt.value(alt.ExprRef("ink"))}


def month_columns(clicked: alt.Parameter, places: Mapping[str, str]) -> alt.Chart:
    """Columns over the months of a chart: they show the tooltip, take the click, and light up when picked."""
    columns: alt.Chart = (
        layer("months", places)
        .mark_rect(cursor="pointer", color=colour("muted"))
        .encode(
            **spot(span="xy"),
            opacity=lit(clicked, 0.18),
            description="said:N",
            tooltip=alt.Tooltip("said:N", title="Month"),
        )
        .add_params(clicked)
        .properties(name="columns")
    )
    return columns


def notice() -> alt.Chart:
    """The sentence shown in place of a chart that has nothing to draw."""
    places = {"tx": "width / 2", "ty": "height / 2"}
    return words("notice", "text", places, align="center", fontSize=14, limit=alt.ExprRef("width - 16"))


def finish(layers: Sequence[alt.Chart | alt.LayerChart]) -> dict[str, Any]:
    """The layers as one specification without data and without a fixed size."""
    spec: dict[str, Any] = alt.layer(*layers, notice()).to_dict(context={"pre_transform": False})
    spec.pop("datasets", None)
    spec["params"] = [*_PARAMS, *spec.get("params", [])]
    spec["autosize"] = {"type": "none"}
    spec["padding"] = {"left": 0, "right": 0, "top": 0, "bottom": 0}
    spec["config"] = {"view": {"stroke": None}}
    spec["width"] = "container"
    return spec
