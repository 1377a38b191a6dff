"""Cohorts: do newer customers stay better?"""

from functools import partial

from nrr_core import charts, explain
from pages.ui import cache, controls, people, present, shell

view = shell.open_page("Cohorts", windowed=False)
cadence, measure, group = controls.cohort_controls(view)
grouped = view.by(group) if group else view
frame = cache.cohorts(view.data, grouped.selection, cadence=cadence)
present.headline(cache.told(frame, view, partial(explain.cohort_finding, frame, measure=measure, cadence=cadence), "finding", measure))
look = {"measure": measure, "cadence": cadence, "currency": view.currency}
cells = partial(explain.cohort_cells, frame, measure=measure, factor=view.factor)
made = cache.drawn(frame, view, lambda: charts.heatmap(cells(), **look), "heatmap", measure)
clicked = present.chart(made, key="heatmap", select=True, name="cohorts", hint="Click a cell to see its accounts.")
cohort, age = present.picked(clicked, "cohort"), present.picked(clicked, "age")
if cohort is not None and age is not None:
    cell = controls.cell(view, group=group, cohort=cohort, age=int(age), cadence=cadence)
    people.accounts_behind(cell.view, cell.title, key="heatmap", **cell.narrowed)
curves = cache.drawn(frame, view, lambda: charts.curves(cells(), **look), "curves", measure)
present.chart(curves, key="curves", name="cohort_curves")
present.table(frame, view, name="cohorts", key="cohort_table")
