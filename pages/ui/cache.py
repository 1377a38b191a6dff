"""What is computed once and shared by sessions. The only module with ``st.cache_*``; every cache is bounded.

A result is kept under the dataset's hash and the question as plain strings, never under a frame's content. The dataset
itself travels in an argument that is not hashed.
"""

import gc
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

import nrr_core as nrr
from nrr_core import charts
from nrr_core.selection import Selection
from pages.ui.view import View

__all__ = [
    "Drawn",
    "accounts",
    "all_accounts",
    "cohorts",
    "drawn",
    "every_month",
    "history",
    "movements",
    "picture",
    "retention",
    "sample",
    "settle",
    "shown",
    "sparklines",
    "told",
    "warm",
]

_DATA = Path(__file__).parents[2] / "data"
_ENTRIES = 400
_DRAWN = 1_500


@st.cache_resource(max_entries=1, show_spinner="Reading the sample data …")
def sample() -> nrr.Dataset:
    """The sample data, read once per process; the variable ``NRR_SAMPLE`` names another folder for it."""
    folder = Path(os.environ.get("NRR_SAMPLE") or _DATA)
    accounts = folder / "accounts.csv"
    return nrr.read(folder / "revenue.csv", accounts=accounts if accounts.exists() else None, name="Sample data")


def warm() -> None:
    """Make the first visitor's page quick: read the sample data and draw one picture of it."""
    data = sample()
    charts.trend(pd.DataFrame({"month": [], "series": [], "value": []}))
    nrr.retention(data)


@st.cache_resource(max_entries=50, show_spinner=False)
def settle(page: str) -> None:
    """After a page's first run, take what it loaded out of the garbage collector's sight (see ``app.lifespan``)."""
    gc.collect()
    gc.freeze()


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _ask(key: str, question: str, arguments: tuple[tuple[str, Any], ...], _data: nrr.Dataset) -> pd.DataFrame:
    function = {
        "retention": nrr.retention,
        "movements": nrr.movements,
        "cohorts": nrr.cohorts,
        "accounts": nrr.accounts,
    }
    values = dict(arguments)
    values["where"] = dict(values.pop("where"))
    return function[question](_data, **values)


def _key(data: nrr.Dataset) -> str:
    return f"{data.sha256}/{nrr.__version__}"


def retention(data: nrr.Dataset, selection: Selection, *, every_close: bool = False) -> pd.DataFrame:
    """``nrr_core.retention`` of a selection; ``every_close`` for the series over time."""
    asked = (
        ("window", selection.window), ("by", selection.by or None), ("where", selection.where),
        ("close", None if every_close else selection.close), ("fiscal_start", selection.fiscal_start),
    )  # fmt: skip
    return _ask(_key(data), "retention", asked, data)


def movements(data: nrr.Dataset, selection: Selection) -> pd.DataFrame:
    """``nrr_core.movements`` of a selection's window."""
    asked = (
        ("window", selection.window), ("by", selection.by or None), ("where", selection.where),
        ("close", selection.close), ("fiscal_start", selection.fiscal_start),
    )  # fmt: skip
    return _ask(_key(data), "movements", asked, data)


def every_month(data: nrr.Dataset, selection: Selection) -> pd.DataFrame:
    """The monthly bridges of all months."""
    asked = (
        ("window", 1), ("by", None), ("where", selection.where), ("close", None),
        ("fiscal_start", selection.fiscal_start),
    )  # fmt: skip
    return _ask(_key(data), "movements", asked, data)


def cohorts(data: nrr.Dataset, selection: Selection, *, cadence: str) -> pd.DataFrame:
    """``nrr_core.cohorts`` of a selection."""
    asked = (
        ("cadence", cadence), ("by", selection.by[0] if selection.by else None), ("where", selection.where),
        ("fiscal_start", selection.fiscal_start),
    )  # fmt: skip
    return _ask(_key(data), "cohorts", asked, data)


def accounts(data: nrr.Dataset, selection: Selection, *, limit: int, **more: Any) -> pd.DataFrame:
    """``nrr_core.accounts`` of a selection's window, the largest effects first, cut to ``limit`` rows."""
    asked = (
        ("window", selection.window), ("where", selection.where), ("close", selection.close),
        ("fiscal_start", selection.fiscal_start), ("limit", limit), *sorted(more.items()),
    )  # fmt: skip
    return _ask(_key(data), "accounts", asked, data)


def all_accounts(data: nrr.Dataset, selection: Selection, **more: Any) -> pd.DataFrame:
    """The same without a limit, computed for a download and not kept."""
    return nrr.accounts(
        data, window=selection.window, where=dict(selection.where), close=selection.close,
        fiscal_start=selection.fiscal_start, **more,
    )  # fmt: skip


@st.cache_data(max_entries=200, show_spinner=False)
def _history(key: str, account_id: str, _data: nrr.Dataset) -> pd.DataFrame:
    return nrr.history(_data, account_id)


def history(data: nrr.Dataset, account_id: str) -> pd.DataFrame:
    """``nrr_core.history`` of one account."""
    return _history(_key(data), account_id, data)


@st.cache_data(max_entries=100, show_spinner=False)
def _sparklines(key: str, account_ids: tuple[str, ...], _data: nrr.Dataset) -> dict[str, list[float]]:
    return nrr.sparklines(_data, account_ids)


def sparklines(data: nrr.Dataset, account_ids: tuple[str, ...]) -> dict[str, list[float]]:
    """``nrr_core.sparklines`` of some accounts."""
    return _sparklines(_key(data), account_ids, data)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A chart with its data as Arrow tables, ready to be sent. Shared by sessions and never changed."""

    chart: charts.Chart
    tables: dict[str, pa.Table]


@st.cache_resource(max_entries=_DRAWN, show_spinner=False)
def _once(key: str, _make: Callable[[], Any]) -> Any:
    return _make()


def _rests_on(frame: pd.DataFrame, view: View, what: tuple[object, ...]) -> str:
    """What a picture or a table of a frame depends on: the frame's stamp (the same stamp gives the same data) and its look."""
    return json.dumps([frame.attrs["stamp"], nrr.__version__, view.unit, [str(w) for w in what]], sort_keys=True)


def drawn(frame: pd.DataFrame, view: View, make: Callable[[], charts.Chart], *what: object) -> Drawn:
    """A chart of a stamped frame, made once; ``what`` names everything else that it depends on."""

    def fresh() -> Drawn:
        chart = make()
        tables = {name: pa.Table.from_pandas(data, preserve_index=False) for name, data in chart.datasets.items()}
        return Drawn(chart, tables)

    made: Drawn = _once(_rests_on(frame, view, ("chart", *what)), fresh)
    return made


def told(frame: pd.DataFrame, view: View, make: Callable[[], Any], *what: object) -> Any:
    """Anything else that is made of a stamped frame and never changed: sentences, figures of cards."""
    return _once(_rests_on(frame, view, ("told", *what)), make)


def shown(frame: pd.DataFrame, view: View, make: Callable[[], pd.DataFrame]) -> pa.Table:
    """A stamped frame as the screen shows it, made once."""
    made: pa.Table = _once(
        _rests_on(frame, view, ("table", *frame.columns, len(frame))), lambda: pa.Table.from_pandas(make(), preserve_index=False)
    )
    return made


def picture(chart: charts.Chart, kind: str) -> bytes:
    """A chart as PNG or SVG, made when it is asked for."""
    return charts.export(chart, "png" if kind == "png" else "svg")
