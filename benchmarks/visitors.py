"""Visitors of the app without a browser: sessions that speak Streamlit's own messages over a WebSocket.

As a browser does, a visitor keeps large messages and lets the server refer to them by their hash.
"""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.answers import PAGES, Answers

__all__ = ["Result", "Visitor"]

PATIENCE = 120.0  # seconds for one answer
_KEPT_RUNS = 2  # a browser forgets a large message that was not shown in so many runs
_ESCAPE = re.compile(r"\\(.)")


@dataclass
class Result:
    """What the visitors of one level saw."""

    first: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    checked: int = 0
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Run:
    """The elements one run of the script has sent."""

    widgets: dict[str, tuple[str, str]] = field(default_factory=dict)  # key → id, kind
    charts: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def take(self, message: ForwardMsg) -> None:
        """Keep what is looked at later."""
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        shown = getattr(element, kind) if kind else None
        if kind in {"selectbox", "button_group", "multiselect"}:
            self.widgets[shown.id.rsplit("-", 1)[-1]] = (shown.id, kind)
        elif kind in {"arrow_vega_lite_chart", "vega_lite_chart"}:
            self.charts.append(shown)
        elif kind == "metric":
            self.metrics.append(shown)
        elif kind == "exception":
            self.failures.append(shown.message)
        elif kind == "alert" and "went wrong" in shown.body:
            self.failures.append(shown.body)

    def rows(self, dataset: str, key: tuple[str, ...], value: str) -> dict[Any, Any]:
        """A column of the first chart that has the dataset, by the columns that name its rows."""
        for chart in self.charts:
            for one in chart.datasets:
                if one.name == dataset:
                    table = pa.ipc.open_stream(one.data.data).read_all()
                    names = zip(*(table[name].to_pylist() for name in key), strict=True)
                    found = dict(zip(names, table[value].to_pylist(), strict=True))
                    return found if len(key) > 1 else {name[0]: x for name, x in found.items()}
        return {}

    def cards(self) -> dict[str, str]:
        """Texts of the cards by label."""
        return {metric.label: _ESCAPE.sub(r"\1", metric.body) for metric in self.metrics}


class Visitor:
    """One person with one page open."""

    def __init__(self, address: str, page: str, answers: Answers, *, seed: int) -> None:
        self.address, self.page, self.answers = address, page, answers
        self.draw = random.Random(seed)
        self._run = Run()
        self._page_hash = self._query = ""
        self._count = 0
        self._large: dict[str, tuple[int, ForwardMsg]] = {}  # hash → the last run that showed it, and what it is

    async def live(self, until: float, think: float, result: Result) -> None:
        """Open the page, then click until the time is over."""
        try:
            async with websockets.connect(  # one run is many small messages and a few large ones
                self.address, subprotocols=["streamlit"], max_size=64 << 20, compression=None  # type: ignore[list-item]
            ) as socket:  # fmt: skip
                await asyncio.sleep(self.draw.uniform(0, think))  # people do not arrive in step
                result.first.append(await self._ask(socket, {}))
                asked = self.answers.first()
                while True:
                    result.checked += 1
                    result.errors.extend(self._run.failures)
                    fault = self.answers.fault(self.page, asked, self._run)
                    if fault:
                        result.wrong.append(fault[:300])
                    pause = self.draw.uniform(0.5, 1.5) * think
                    if time.perf_counter() + pause > until:
                        return
                    await asyncio.sleep(pause)
                    asked = self.answers.other(asked, self.draw)
                    result.clicks.append(await self._ask(socket, asked.widgets()))
        except Exception as error:  # noqa: BLE001 - whatever ends a session is counted and shown
            result.errors.append(f"{type(error).__name__}: {error}"[:300])

    async def _ask(self, socket: Any, chosen: dict[str, str]) -> float:
        """Send what is chosen, wait until the script has finished; seconds."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.page_name = self._page_hash, "" if self._page_hash else PAGES[self.page]
        state.query_string = self._query
        state.cached_message_hashes.extend(self._large)
        for key, value in chosen.items():
            if key not in self._run.widgets:
                continue  # a page of all months has no window
            name, kind = self._run.widgets[key]
            widget = state.widget_states.widgets.add(id=name)
            if kind == "selectbox":
                widget.string_value = value
            else:
                widget.string_array_value.data.extend([value] if value else [])
        started = time.perf_counter()
        await socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            await self._receive(socket)
        return time.perf_counter() - started

    async def _receive(self, socket: Any) -> None:
        async for raw in socket:
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._run = Run()
                self._count += 1
            elif kind == "navigation":
                self._page_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind in {"delta", "ref_hash"}:
                self._run.take(self._whole(message))
            elif kind == "page_not_found":
                raise RuntimeError(f"there is no page {self.page}")
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self._large = {h: kept for h, kept in self._large.items() if kept[0] > self._count - _KEPT_RUNS}
                return
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("the script does not compile")
        raise RuntimeError("the server closed the connection")

    def _whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, or the kept one that it refers to."""
        if message.WhichOneof("type") == "ref_hash":
            message = self._large[message.ref_hash][1]
        elif not message.metadata.cacheable:
            return message
        self._large[message.hash] = self._count, message
        return message
