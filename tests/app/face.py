"""How a test looks at a page: opened, read, clicked."""

import re

import pandas as pd
import pyarrow as pa

from qa.face import EXPLORING, PAGES, ROOT, clicked, labelled, opened, unbroken

__all__ = [
    "EXPLORING", "PAGES", "ROOT", "cards", "clicked", "headline", "labelled", "opened", "plain", "plotted", "press", "read", "reread",
    "same", "table_with", "turned", "unbroken",
]  # fmt: skip

_ESCAPE = re.compile(r"\\(.)")


def turned(app, page):
    """The same session on another page; a page without filters has none in its address, as in a browser."""
    if page not in EXPLORING:
        app.query_params.clear()
    return unbroken(app.switch_page(f"../{page}.py").run())


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return unbroken(app.run())


def read(app, name, content):
    """The page once a file that is uploaded here has been read, or refused."""
    app.file_uploader(key="revenue_file").upload(name, content if isinstance(content, bytes) else content.encode())
    return reread(unbroken(app.run()))


def reread(app):
    """The page once the import that “Read the file” begins has ended."""
    app = press(app, "Read the file")
    job = app.session_state.get("kept_job")
    assert job is not None
    assert job.ended.wait(60)
    return unbroken(app.run())


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
