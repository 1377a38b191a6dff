"""The app's pages without a browser: opened, clicked, and what their download buttons would make."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest

import nrr_core as nrr
from pages.ui import backend
from pages.ui.source import Source

__all__ = ["EXPLORING", "PAGES", "ROOT", "TABLES", "clicked", "downloads", "labelled", "making", "opened", "own_store", "unbroken"]

ROOT = Path(__file__).resolve().parents[1]
EXPLORING = ("overview", "waterfall", "cohorts", "segments", "accounts", "scenarios")
PAGES = (*EXPLORING, "review", "data", "definitions", "workspace")
TABLES = (
    "bridge_table",
    "trend_table",
    "segment_table",
    "multiples_table",
    "matrix_table",
    "cohort_table",
    "history_table",
    "aside",
    "effects_table",
    "months_table",
    "period_table",
    "backtest_table",
    "decided_table",
    "tornado_table",
    "compare_table",
    "saved_table",
    "baseline_table",
    "compare",
    "restated",
    "restated_months",
    "past_nrr",
    "moved_accounts",
    "moved_segments",
    "moved_parts",
    "split_table",
    "split_accounts",
    "gains_table",
    "losses_table",
    "standing_table",
    "books_table",
    "transfers_table",
    "conventions_table",
    "rec_table",
    "fragility_table",
    "masking_table",
)


def unbroken(app: AppTest) -> AppTest:
    """The page, if nothing went wrong on our side."""
    wrong = [*(str(one.value) for one in app.exception), *(one.value for one in app.error if "went wrong" in one.value)]
    lists = [*app.selectbox, *app.multiselect, *app.radio]
    wrong += [f"“{one.label}” offers two that look alike" for one in lists if len(set(one.options)) < len(one.options)]
    if wrong:
        raise AssertionError(f"the page broke: {wrong}")
    return app


def labelled(found: Iterable[Any], label: str) -> Any:
    """The one control of that name."""
    (one,) = [each for each in found if each.label == label]
    return one


def opened(page: str, data: nrr.Dataset | None = None, **query: str | list[str]) -> AppTest:
    """A page in a session of its own: of a dataset (default: the sample data), at an address."""
    app = AppTest.from_file(str(ROOT / "pages" / "ui" / "main.py"), default_timeout=60)
    if data is not None:
        app.session_state["kept_import"] = Source(data)
    for table in TABLES:
        app.session_state[f"{table}_open"] = True  # tables are made when they are opened
    for key, value in query.items():
        app.query_params[key] = value
    return unbroken(app.switch_page(f"../{page}.py").run())


def clicked(app: AppTest, key: str, **row: Any) -> AppTest:
    """The page after a click on a chart's mark."""
    app.session_state[key] = {"selection": {"pick": [row]}}
    return unbroken(app.run())


@contextmanager
def own_store(place: Path) -> Iterator[None]:
    """An empty store for the pages, while the block lasts."""
    before = os.environ.get("NRR_DATA")
    backend.close()
    os.environ["NRR_DATA"] = str(place)
    try:
        yield
    finally:
        backend.close()
        os.environ.pop("NRR_DATA")
        os.environ |= {} if before is None else {"NRR_DATA": before}


@contextmanager
def making() -> Iterator[dict[str, Callable[[], Any]]]:
    """What download buttons would give, by the id or the address they carry, while the block lasts."""
    made: dict[str, Callable[[], Any]] = {}
    later, now = MediaFileManager.add_deferred, MediaFileManager.add

    def on_click(self: MediaFileManager, data: Callable[[], Any], *args: Any, **kwargs: Any) -> str:
        file_id = later(self, data, *args, **kwargs)
        made[file_id] = data
        return file_id

    def at_once(self: MediaFileManager, data: Any, *args: Any, **kwargs: Any) -> str:
        url = now(self, data, *args, **kwargs)
        made[url] = lambda: data
        return url

    MediaFileManager.add_deferred, MediaFileManager.add = on_click, at_once
    try:
        yield made
    finally:
        MediaFileManager.add_deferred, MediaFileManager.add = later, now


def downloads(app: AppTest, makers: dict[str, Callable[[], Any]], *, without: Collection[str] = ()) -> Iterator[tuple[str, str, bytes]]:
    """Key, label and file of every download button of a page, but for the keys that are left out."""
    for proto in [button.proto for button in app.get("download_button")]:
        key = proto.id.split("-", 2)[2]
        if key not in without:
            made = makers[proto.deferred_file_id or proto.url]()
            yield key, proto.label, made.encode() if isinstance(made, str) else made
