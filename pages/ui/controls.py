"""Controls that belong to one page, bound to the address like the filter row."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from nrr_core.dataset import Axis
from nrr_core.periods import CADENCES, month_text, parse_month, period_end, period_text
from nrr_core.roles import quantity
from nrr_core.schema import ALL
from pages.ui import naming
from pages.ui.view import MEASURES, View

__all__ = ["Cell", "cell", "cohort_controls", "dimension", "measure"]

_MONTHLY = 18  # months of data up to which monthly cohorts are the first choice
_MOST_ROWS = 60  # more segments than this are no longer cohorts one can read


def measure(key: str) -> str:
    """NRR, GRR or logo retention."""
    label = st.segmented_control("Measure", list(MEASURES.values()), default="NRR", required=True, key=key, bind="query-params")
    return next(name for name, text in MEASURES.items() if text == label)


def dimension(
    view: View, label: str, *, key: str, without: str | None = None, none: str | None = None, most: int | None = None,
    leading: tuple[str, ...] = (), first: int = 0,
) -> str | None:  # fmt: skip
    """One of the dataset's dimensions; with ``none``, also the choice of no dimension under that name.

    ``leading`` stand before the others; ``first`` is the place of the one that is chosen where nothing else was.
    """
    names = [a.name for a in view.data.axes if a.name != without and a.count > 1 and not _measured(a) and (most is None or a.count <= most)]
    names.sort(key=lambda name: leading.index(name) if name in leading else len(leading))
    options = [none, *names] if none else names
    if not options:
        return None
    chosen = st.selectbox(
        label,
        options,
        index=min(first, len(options) - 1),
        key=key,
        bind="query-params",
        format_func=naming.names(tuple(options)),
        width=220,
    )
    return None if chosen == none else chosen


def _measured(axis: Axis) -> bool:
    """Whether an attribute is a number of seats or units with too many values to compare segments by."""
    return axis.count > _MOST_ROWS and quantity(axis.name)


def cohort_controls(view: View) -> tuple[str, str, str | None]:
    """Cadence, measure, and the dimension that takes the place of the first paid period."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cadence = st.segmented_control(
            "Cohorts by", [c.capitalize() for c in CADENCES], default="Quarter" if len(view.data.months) > _MONTHLY else "Month",
            required=True, key="cadence", bind="query-params",
        )  # fmt: skip
        chosen = measure("cohort_measure")
        group = dimension(view, "Group", key="cohort_by", none="First payment", most=_MOST_ROWS)
    return cadence.lower(), chosen, group


@dataclass(frozen=True)
class Cell:
    """What a cohort cell stands for: a title, the window it measures, and how to find its accounts."""

    title: str
    view: View
    narrowed: dict[str, Any]


def cell(view: View, *, group: str | None, cohort: str, age: int, cadence: str) -> Cell:
    """The accounts of a cohort at an age: from its first period end to the age's period end.

    A row that adds up several cohorts (a segment's, or the average of all) has no one window; its accounts are shown
    over the last ``age`` periods of the data.
    """
    length, start = CADENCES[cadence], view.selection.fiscal_start
    name = "All cohorts" if cohort == ALL else cohort
    unit = cadence if age == 1 else f"{cadence}s"
    title = f"{name}, {age} {unit} on" if age else f"{name} at the start"
    ends = {period_text(e, length=length, fiscal_start=start): e for e in _ends(view, length, start)}
    if cohort in ends and group is None:
        end = ends[cohort]
        close = end + age * length
        window = age * length if age else length
        return Cell(title, view.window(window, month_text(close)), {"cohort": cohort, "cadence": cadence})
    narrowed = view if cohort == ALL or group is None else view.where(group, cohort)
    window = max(1, min(age * length, view.data.last - view.data.first))
    return Cell(f"{name}, last {window} months", narrowed.window(window, view.data.months[-1]), {})


def _ends(view: View, length: int, start: int) -> list[int]:
    months = range(parse_month(view.data.months[0]), parse_month(view.data.months[-1]) + 1)
    return sorted({period_end(m, length=length, fiscal_start=start) for m in months})
