"""How things look: headlines, cards, charts, tables, downloads. Formatting happens here and nowhere else."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core.errors import NrrError
from nrr_core.explain import Finding
from nrr_core.formats import MINUS, money_text, percent_text, plain_text, points_text
from nrr_core.periods import parse_month
from nrr_core.report import to_csv, to_xlsx
from nrr_core.schema import RATIOS
from nrr_core.stamp import Stamp
from nrr_core.targets import is_met
from pages.ui import cache, exports
from pages.ui.escape import safe_text
from pages.ui.headings import LABELS
from pages.ui.view import View

__all__ = [
    "against",
    "card",
    "chart",
    "counted",
    "cut",
    "download",
    "downloads",
    "findings",
    "formats",
    "headline",
    "labels",
    "money",
    "month",
    "picked",
    "refused",
    "safe_text",
    "shown",
    "stamped",
    "table",
    "written",
]


_MONTHLY = {"churn", "contraction", "expansion", "returns", "logo_churn", "shrinking", "growing"}
_MONEY: Mapping[str, Any] = {"USD": "dollar", "EUR": "euro", "JPY": "yen"}
_STATES = {
    "reactivation": "Reactivated",
    "expansion": "Grew",
    "contraction": "Shrank",
    "churn": "Left",
    "flat": "Unchanged",
    "new": "New",
}


def counted(count: int, noun: str) -> str:
    """A count with its noun: ``1 account``, ``2,000 accounts``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def cut(text: object, limit: int = 40) -> str:
    """A name from data on one line, cut."""
    return plain_text(text, limit=limit)


def month(text: str) -> int:
    """The month integer of a ``YYYY-MM`` that a widget holds."""
    return parse_month(text)


def money(view: View, amount: Any, *, signed: bool = False) -> str:
    """An amount in the view's unit, short: ``$6.16M``."""
    return money_text(float(amount) * view.factor, currency=view.currency, signed=signed)


def written(view: View, amount: Any) -> str:
    """An amount that is in the view's unit already."""
    return money_text(float(amount), currency=view.currency)


def labels(view: View) -> Mapping[str, str]:
    """Column headings; amounts carry the unit."""
    return {k: f"{v} {view.unit}" if k.endswith("mrr") else v for k, v in LABELS.items()}


def refused(error: NrrError) -> None:
    """Why something that was just given is not taken, beside the form; the page goes on with what it had."""
    st.error(safe_text(str(error)), icon=":material/error:")


def headline(text: str) -> None:
    """The finding of the page, as its first heading."""
    st.header(safe_text(text), anchor=False)


def findings(found: list[Finding]) -> None:
    """Findings as a list, each with a sign for good and bad news."""
    icons = {
        "good": ":green[:material/trending_up:]",
        "bad": ":orange[:material/trending_down:]",
        "plain": ":material/arrow_right:",
    }
    for finding in found:
        st.markdown(f"{icons[finding.tone]} {safe_text(finding.text)}")


def card(
    label: str, value: float | None, *, before: float | None = None, since: str = "", series: list[float] | None = None,
    text: str | None = None, delta: str | None = None, meaning: str = "", status: str = "", stamp: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """One figure with its change and a small line of its past.

    ``value`` and ``before`` are ratios; an amount comes as ``text`` with its ``delta``. ``status`` is a line of markdown below.
    The help ends with the ``stamp`` in short.
    """
    if stamp is not None:
        meaning = f"{meaning}\n\nStamp: {safe_text(Stamp(**stamp).short)}".strip()
    known = [x for x in series or [] if x is not None and not math.isnan(x)]
    if text is None:
        text = percent_text(value)
        if value is not None and before is not None and not math.isnan(before) and not math.isnan(value):
            delta = points_text(value - before)
    fell = bool(delta) and str(delta).startswith(MINUS)
    colour: Any = "off" if delta in {None, "0.0 pt"} else "inverse" if fell else "normal"
    with st.container(gap="xxsmall"):
        st.metric(
            label, safe_text(text), delta=delta, delta_description=since if delta else None, border=True,
            chart_data=known if len(known) > 1 else None, chart_type="line", help=meaning or None, delta_color=colour,
            delta_arrow="down" if fell else "off" if delta == "0.0 pt" else "auto",
        )  # fmt: skip
        if status:
            st.caption(status)


def against(measure: str, value: float, target: float | None) -> str:
    """How a value stands to its target, as markdown with a sign and a word; empty without a target or a value."""
    if target is None or math.isnan(value):
        return ""
    if is_met(measure, value, target):
        return f":green[:material/check_circle:] Meets target {safe_text(percent_text(target))}"
    gap = points_text(abs(value - target)).lstrip("+")
    side = "under" if value < target else "over"
    return f":orange[:material/flag:] {safe_text(gap)} {side} target {safe_text(percent_text(target))}"


def chart(made: cache.Drawn, *, key: str, select: bool = False, name: str | None = None, hint: str | None = None) -> list[dict[str, Any]]:
    """Draw a chart; returns the rows that were clicked.

    Below it: what a click does (``hint``), what the axis hides, and the picture to take away under ``name``.
    """
    drawing = made.chart
    spec = {**drawing.spec, "height": drawing.height, "datasets": made.tables}
    selecting: Any = "rerun" if select else "ignore"
    event: Any = st.vega_lite_chart(None, spec, key=key, alt=drawing.alt, on_select=selecting, height=drawing.height)
    notes = [f":material/touch_app: {hint}" if hint else "", safe_text(drawing.caption) if drawing.caption else ""]
    if name:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(" ".join(n for n in notes if n), width="stretch")
            for kind in ("PNG", "SVG"):
                make = partial(cache.picture, made, kind.lower())
                download(kind, make, f"{name}.{kind.lower()}", key=f"{key}_{kind}", icon=":material/image:")
            stamped(made.stamp)
    elif any(notes):
        st.caption(" ".join(n for n in notes if n))
    return list(event["selection"].get("pick", [])) if select else []


def picked(rows: list[dict[str, Any]], field: str) -> Any:
    """The clicked value of a field, or None."""
    return rows[0].get(field) if rows else None


def table(
    frame: pd.DataFrame, view: View, *, name: str, key: str, full: Callable[[], pd.DataFrame] | None = None,
    columns: list[str] | None = None, title: str = "Table", expanded: bool = False, note: str | None = None,
) -> None:  # fmt: skip
    """A table behind a figure with its downloads; ``full`` gives the rows to download where the table is cut.

    It is made when it is opened, not before: most tables stay closed in most runs.
    """
    place = st.expander(title, expanded=expanded, icon=":material/table:", key=f"{key}_open", on_change="rerun")
    if not place.open:
        return
    with place:
        if note:
            st.caption(safe_text(note))
        st.dataframe(
            cache.shown(frame, view, lambda: shown(frame, view)) if "stamp" in frame.attrs else shown(frame, view),
            column_config=formats(frame, view),
            column_order=columns,
            hide_index=True,
            key=key,
            placeholder="–",
        )
        downloads(full or (lambda: frame), name=name, key=key, stamp=frame.attrs.get("stamp"))


def downloads(make: Callable[[], pd.DataFrame], *, name: str, key: str, stamp: Mapping[str, Any] | None = None) -> None:
    """CSV and XLSX of a table, made when they are asked for; text in them can't become a formula. ``stamp``: what it rests on."""
    with st.container(horizontal=True, gap="small"):
        download("CSV", lambda: to_csv(make()), f"{name}.csv", key=f"{key}_csv")
        download("XLSX", lambda: to_xlsx(make(), title=name), f"{name}.xlsx", key=f"{key}_xlsx")
        if stamp is not None:
            stamped(stamp)


def stamped(made: Mapping[str, Any]) -> None:
    """What one figure rests on: the stamp on one short line, which opens to all of it."""
    whole = Stamp(**made)
    with st.popover(f":gray[{whole.short}]", icon=":material/verified:", type="tertiary"):
        st.text("\n".join(f"{label}: {plain_text(text, limit=400)}" for label, text in whole.lines()))


def download(
    label: str, make: Callable[[], bytes], file: str, *, key: str, icon: str = ":material/download:", bordered: bool = False
) -> None:
    """A file that is made when it is asked for, by somebody who may have it; ``bordered`` makes it a button, not a line of text."""
    kind: Any = "secondary" if bordered else "tertiary"
    st.download_button(label, exports.guarded(make, name=file), file, key=key, on_click="ignore", type=kind, icon=icon)


def shown(frame: pd.DataFrame, view: View) -> pd.DataFrame:
    """A frame for the screen: amounts as floats in the unit, ratios in per cent, everything else as it is."""
    made = frame.copy()
    made.attrs = {}
    for name in frame.columns:
        if str(name).endswith("mrr"):
            made[name] = frame[name].astype(float) * view.factor
        elif _is_ratio(frame, name) or _is_points(name):
            made[name] = frame[name].astype(float) * 100
        elif isinstance(frame[name].dtype, pd.CategoricalDtype):
            made[name] = frame[name].astype(str)
        elif name == "state":
            made[name] = frame[name].map(_STATES)
    return made


def _is_ratio(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column holds ratios; an attribute from the data may bear the same name."""
    return name in RATIOS and pd.api.types.is_float_dtype(frame[name].dtype)


def _is_points(name: str) -> bool:
    """Whether a column holds differences of ratios."""
    return name == "points" or name.endswith("_points")


def formats(frame: pd.DataFrame, view: View) -> dict[str, Any]:
    """Column headings and number formats of a frame shown by ``shown``."""
    named = labels(view)
    made: dict[str, Any] = {}
    for name in map(str, frame.columns):
        label = named.get(name, plain_text(name))
        if name.endswith("mrr"):
            made[name] = st.column_config.NumberColumn(label, format=_MONEY.get(view.data.currency or "", "%,.2f"))
        elif _is_ratio(frame, name):
            made[name] = st.column_config.NumberColumn(label, format="%.2f%%" if name in _MONTHLY else "%.1f%%")
        elif _is_points(name):
            made[name] = st.column_config.NumberColumn(label, format="%+.2f pt")
        elif name == "trend":
            made[name] = st.column_config.LineChartColumn(label, y_min=0)
        elif name == "quick_ratio":
            made[name] = st.column_config.NumberColumn(label, format="%.2f")
        elif name in named:
            made[name] = st.column_config.Column(label)
    return made
