"""How a test looks at a page: opened, read, clicked."""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
from streamlit.testing.v1 import AppTest

from pages.ui.state import Source

ROOT = Path(__file__).resolve().parents[2]
EXPLORING = ("overview", "waterfall", "cohorts", "segments", "accounts")
PAGES = (*EXPLORING, "data", "definitions")
_ESCAPE = re.compile(r"\\(.)")


def unbroken(app):
    """The page, if nothing went wrong on our side."""
    assert not app.exception
    assert not [error.value for error in app.error if "went wrong" in error.value]
    return app


TABLES = ("bridge", "trend", "segment", "multiples", "matrix", "cohort", "history")


def opened(page, data=None, **query):
    """A page in a session of its own: of a dataset (default: the sample data), at an address."""
    app = AppTest.from_file(str(ROOT / "pages" / "ui" / "main.py"), default_timeout=60)
    if data is not None:
        app.session_state["source"] = Source(data, sample=False)
    for table in (*(f"{name}_table" for name in TABLES), "aside"):
        app.session_state[f"{table}_open"] = True  # tables are made when they are opened
    for key, value in query.items():
        app.query_params[key] = value
    return unbroken(app.switch_page(f"../{page}.py").run())


def turned(app, page):
    """The same session on another page; a page without filters has none in its address, as in a browser."""
    if page not in EXPLORING:
        app.query_params.clear()
    return unbroken(app.switch_page(f"../{page}.py").run())


def plain(text):
    """Markdown as it is read: without the escapes."""
    return _ESCAPE.sub(r"\1", text)


def headline(app):
    return plain(app.header[0].value)


def cards(app):
    """Value of every card by its label."""
    return {card.label: plain(card.value) for card in app.metric}


def plotted(app, *names):
    """The rows of the first chart that has all the named datasets, of the first of them."""
    for chart in app.get("vega_lite_chart"):
        held = {one.name: one.data.data for one in chart.proto.datasets}
        if set(names) <= set(held):
            return pa.ipc.open_stream(held[names[0]]).read_all().to_pandas()
    raise AssertionError(f"no chart has {names}")


def clicked(app, key, **row):
    """The page after a click on a chart's mark."""
    app.session_state[key] = {"selection": {"pick": [row]}}
    return unbroken(app.run())


def table_with(app, *columns):
    """The first table that has all the named columns."""
    for shown in app.dataframe:
        if set(columns) <= set(shown.value.columns):
            return shown.value
    raise AssertionError(f"no table has {columns}")


def same(shown, expected, **tolerance):
    """Compare two columns of numbers, whatever their types; missing ones are equal."""
    left = pd.to_numeric(pd.Series(list(shown)), errors="coerce").astype(float)
    right = pd.Series([None if value is None else float(value) for value in expected], dtype=float)
    pd.testing.assert_series_equal(left, right, check_names=False, **({"rtol": 1e-9} | tolerance))
