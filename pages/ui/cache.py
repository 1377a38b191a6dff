"""What is computed once and shared by sessions. The only module with shelves; each is bounded.

A result is kept under the dataset's hash and the question as plain strings, never under a frame's content. Frames are
shared as they are: nobody changes one, pages make new ones (``assign``, ``copy``).
"""

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import nrr_core as nrr
from nrr_core import charts, scenarios
from nrr_core.selection import Selection
from nrr_core.settings import Settings
from nrr_core.store import Actor, Held, Link
from pages.ui import meter
from pages.ui.shelf import Shelf
from pages.ui.view import View

__all__ = [
    "Drawn",
    "accounts",
    "all_accounts",
    "answer",
    "at_close",
    "book",
    "cohorts",
    "drawn",
    "every_month",
    "example",
    "held",
    "history",
    "link",
    "listed",
    "movements",
    "picture",
    "published",
    "retention",
    "sample",
    "settle",
    "shown",
    "sparklines",
    "stored",
    "told",
    "warm",
]

_DATA = Path(__file__).parents[2] / "data"
_SETTINGS = Settings.from_environment()
_SAMPLE = Shelf(max_entries=1)
_STORED = Shelf(max_entries=_SETTINGS.open_datasets)
_RIGHTS = Shelf(max_entries=2_000)
_RIGHTS_HOLD = 5.0  # seconds after which rights are looked up again
_FRAMES = Shelf(max_entries=400)
_LINES = Shelf(max_entries=50)
_DRAWN = Shelf(max_entries=1_500)
_SETTLED = Shelf(max_entries=50)
_BOOKS = Shelf(max_entries=12)
_ANSWERS = Shelf(max_entries=100)
_EXAMPLES = Shelf(max_entries=20)


def sample() -> nrr.Dataset:
    """The sample data, read once per process; the setting ``sample`` names another folder for it."""
    made: nrr.Dataset = _SAMPLE.take("sample", _sample)
    return made


def _sample() -> nrr.Dataset:
    folder = _SETTINGS.sample or _DATA
    accounts = folder / "accounts.csv"
    read = nrr.read(folder / "revenue.csv", accounts=accounts if accounts.exists() else None, name="Sample data")
    return meter.opened(read)


def stored(key: str, opened: Callable[[], nrr.Dataset]) -> nrr.Dataset:
    """A stored version as one row rule shows it, opened once; the key names workspace, dataset, version and rule."""
    made: nrr.Dataset = _STORED.take(key, lambda: meter.opened(opened()))
    return made


def _now(*key: object) -> str:
    """A key that holds for a few seconds."""
    return repr((int(time.monotonic() / _RIGHTS_HOLD), *key))


def held(asking: Actor, dataset_id: str, number: int | None, get: Callable[[], Held], *, linked: bool) -> Held:
    """What the catalogue says about a version to one person; asked again after a few seconds."""
    made: Held = _RIGHTS.take(_now("held", asking, dataset_id, number, linked), get)
    return made


def link(asking: Actor, link_id: str, resolve: Callable[[], Link]) -> Link:
    """A link as it holds for one person; asked again after a few seconds."""
    made: Link = _RIGHTS.take(_now("link", asking, link_id), resolve)
    return made


def listed(asking: Actor, workspace_id: str, ask: Callable[[], list[Held]]) -> list[Held]:
    """The stored datasets of a workspace; asked again after a few seconds, or after ``published``."""
    made: list[Held] = _RIGHTS.take(_now("listed", asking, workspace_id), ask)
    return made


def published() -> None:
    """Ask the catalogue again: something was just published, renamed or deleted here."""
    _RIGHTS.clear()


def warm() -> None:
    """Make the first visitor's page quick: read the sample data and draw one picture of it."""
    data = sample()
    charts.trend(pd.DataFrame({"month": [], "series": [], "value": []}))
    nrr.retention(data)


def settle(page: str) -> None:
    """After a page's first run, take what it loaded out of the garbage collector's sight (see ``app.lifespan``)."""
    _SETTLED.take(page, _settle)


def _settle() -> bool:
    gc.collect()
    gc.freeze()
    return True


def _asked(data: nrr.Dataset, question: str, function: Callable[..., pd.DataFrame], **arguments: Any) -> pd.DataFrame:
    """A frame of the library, made once; ``where`` comes as pairs."""

    def fresh() -> pd.DataFrame:
        frame = function(data, **(arguments | {"where": dict(arguments["where"])}))
        return _ready(frame)

    made: pd.DataFrame = _FRAMES.take(f"{_key(data)}/{question}/{sorted(arguments.items())}", fresh)
    return made


def _ready(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its tables of labels made: two threads that make them at once could see them half filled.

    Its stamp is kept as text too, since all that is made of the frame is kept under it.
    """
    for labels in (frame.columns, frame.index):
        if len(labels):
            labels.get_loc(labels[0])
    if "stamp" in frame.attrs:
        frame.attrs["stamp_text"] = json.dumps(frame.attrs["stamp"], sort_keys=True)
    return frame


def _key(data: nrr.Dataset) -> str:
    return f"{data.scope}|{data.sha256}/{nrr.__version__}"


def retention(data: nrr.Dataset, selection: Selection, *, every_close: bool = False) -> pd.DataFrame:
    """``nrr_core.retention`` of a selection; ``every_close`` for the series over time."""
    return _asked(
        data, "retention", nrr.retention, window=selection.window, by=selection.by or None, where=selection.where,
        close=None if every_close else selection.close, fiscal_start=selection.fiscal_start, card=selection.card,
    )  # fmt: skip


def at_close(data: nrr.Dataset, selection: Selection, close: str) -> pd.DataFrame:
    """The rows of one close, taken from retention of every close, which answers the next close too."""
    frame = retention(data, selection, every_close=True)
    places = [place for place, one in enumerate(frame["close"].tolist()) if one == close]
    return frame.iloc[places[0] : places[-1] + 1] if places else frame.head(0)  # a close's rows stand together


def movements(data: nrr.Dataset, selection: Selection) -> pd.DataFrame:
    """``nrr_core.movements`` of a selection's window."""
    return _asked(
        data, "movements", nrr.movements, window=selection.window, by=selection.by or None, where=selection.where,
        close=selection.close, fiscal_start=selection.fiscal_start, card=selection.card,
    )  # fmt: skip


def every_month(data: nrr.Dataset, selection: Selection) -> pd.DataFrame:
    """The monthly bridges of all months."""
    return _asked(
        data, "movements", nrr.movements, window=1, by=None, where=selection.where, close=None,
        fiscal_start=selection.fiscal_start, card=selection.card,
    )  # fmt: skip


def cohorts(data: nrr.Dataset, selection: Selection, *, cadence: str) -> pd.DataFrame:
    """``nrr_core.cohorts`` of a selection."""
    return _asked(
        data, "cohorts", nrr.cohorts, cadence=cadence, by=selection.by[0] if selection.by else None, where=selection.where,
        fiscal_start=selection.fiscal_start, card=selection.card,
    )  # fmt: skip


def accounts(data: nrr.Dataset, selection: Selection, *, limit: int, **more: Any) -> pd.DataFrame:
    """``nrr_core.accounts`` of a selection's window, the largest effects first, cut to ``limit`` rows."""
    return _asked(
        data, "accounts", nrr.accounts, window=selection.window, where=selection.where, close=selection.close,
        fiscal_start=selection.fiscal_start, card=selection.card, limit=limit, **more,
    )  # fmt: skip


def all_accounts(data: nrr.Dataset, selection: Selection, **more: Any) -> pd.DataFrame:
    """The same without a limit, computed for a download and not kept."""
    return nrr.accounts(
        data, window=selection.window, where=dict(selection.where), close=selection.close,
        fiscal_start=selection.fiscal_start, card=selection.card, **more,
    )  # fmt: skip


def history(view: View, account_id: str) -> pd.DataFrame:
    """``nrr_core.history`` of one account."""
    card = view.selection.card
    key = f"{_key(view.data)}/history/{card.short_hash}/{account_id}"
    made: pd.DataFrame = _FRAMES.take(key, lambda: _ready(nrr.history(view.data, account_id, card=card)))
    return made


def sparklines(view: View, account_ids: tuple[str, ...]) -> dict[str, list[float]]:
    """``nrr_core.sparklines`` of some accounts."""
    key = f"{_key(view.data)}/{view.selection.card.short_hash}/{account_ids}"
    made: dict[str, list[float]] = _LINES.take(key, lambda: nrr.sparklines(view.ledger, account_ids))
    return made


def example(knob: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The worked example of a knob, which rests on no data of anybody's."""
    made: pd.DataFrame = _EXAMPLES.take(knob, make)
    return made


def book(data: nrr.Dataset, question: str, make: Callable[[], scenarios.Book]) -> scenarios.Book:
    """The open book of a scenario's shape."""
    made: scenarios.Book = _BOOKS.take(f"{_key(data)}/{question}", make)
    return made


def answer(data: nrr.Dataset, question: str, make: Callable[[], Any]) -> Any:
    """Any other answer of the library about a dataset, made once under the question as a plain string; its frames can be shared."""

    def fresh() -> Any:
        made = make()
        if isinstance(made, str):
            return made
        parts = made if isinstance(made, tuple) else (made,) if isinstance(made, pd.DataFrame) else vars(made).values()
        for part in parts:
            if isinstance(part, pd.DataFrame):
                _ready(part)
        return made

    return _ANSWERS.take(f"{_key(data)}/{question}", fresh)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A chart and, apart from it, its data as Arrow streams, ready to be sent. Shared by sessions and never changed."""

    chart: charts.Chart
    tables: dict[str, bytes]
    stamp: dict[str, Any]  # of the frame it was made from

    def whole(self) -> charts.Chart:
        """The chart with its data, for files; frames are not kept, since they take many times a stream's memory."""
        frames = {name: pa.ipc.open_stream(stream).read_all().to_pandas() for name, stream in self.tables.items()}
        return replace(self.chart, datasets=frames)


def _rests_on(frame: pd.DataFrame, view: View, what: tuple[object, ...]) -> str:
    """What a picture or a table of a frame depends on: the frame's stamp (the same stamp gives the same data) and its look."""
    text = frame.attrs.get("stamp_text") or json.dumps(frame.attrs["stamp"], sort_keys=True)
    return f"{view.data.scope}|{text}/{nrr.__version__}/{view.unit}/{[str(w) for w in what]}"


def drawn(frame: pd.DataFrame, view: View, make: Callable[[], charts.Chart], *what: object) -> Drawn:
    """A chart of a stamped frame, made once; ``what`` names everything else that it depends on."""

    def fresh() -> Drawn:
        chart = make()
        return Drawn(replace(chart, datasets={}), {name: _stream(data) for name, data in chart.datasets.items()}, frame.attrs["stamp"])

    made: Drawn = _DRAWN.take(_rests_on(frame, view, ("chart", *what)), fresh)
    return made


def _stream(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)  # notes for pandas are most of a small stream
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def told(frame: pd.DataFrame, view: View, make: Callable[[], Any], *what: object) -> Any:
    """Anything else that is made of a stamped frame and never changed: sentences, figures of cards."""
    return _DRAWN.take(_rests_on(frame, view, ("told", *what)), make)


def shown(frame: pd.DataFrame, view: View, make: Callable[[], pd.DataFrame]) -> pa.Table:
    """A stamped frame of this module as the screen shows it, made once."""
    made: pa.Table = _DRAWN.take(
        _rests_on(frame, view, ("table", *frame.columns, len(frame))), lambda: pa.Table.from_pandas(make(), preserve_index=False)
    )
    return made


def picture(drawn: Drawn, kind: str) -> bytes:
    """A chart as PNG or SVG, made when it is asked for."""
    return charts.export(drawn.whole(), "png" if kind == "png" else "svg")
