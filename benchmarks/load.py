"""Many people clicking at once: how long an answer takes, and whether it is the answer to the question asked.

``python -m benchmarks.load [--sessions 1,10,25,50] [--think 2] [--seconds 30] [--url http://127.0.0.1:8501]``

Every session is a WebSocket that speaks to the app as a browser does: it opens Waterfall or Overview, then changes the
window, the month it closes in, or the unit, and waits until the script has finished. The figures that come back are
compared with what the library answers to the same question in this process. Prints one JSON document.

Without ``--url`` the app is started here and ended afterwards; with it, only addresses of this machine are taken.
"""

import argparse
import asyncio
import contextlib
import json
import math
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pyarrow as pa
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import nrr_core as nrr
from nrr_core.formats import money_text, percent_text

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"waterfall": "waterfall", "overview": ""}  # page → its address
LENGTHS = (1, 3, 6, 12)
UNITS = ("MRR", "ARR")
STEPS = ("opening", "expansion", "contraction", "churn", "reactivation", "new", "closing")
PATIENCE = 120.0  # seconds for one answer
MOST_SESSIONS = 200
MOST_SECONDS = 600
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Question:
    """What a session has chosen."""

    length: int
    close: str
    unit: str

    def widgets(self) -> dict[str, str]:
        """The same as the browser sends it, by widget key."""
        months = "month" if self.length == 1 else "months"
        return {"window": f"{self.length} {months}", "asof": self.close, "unit": self.unit}


@dataclass
class Result:
    """What the sessions of one level saw."""

    first: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Answers:
    """What the library says to every question a session may ask, worked out before the clock starts."""

    def __init__(self) -> None:
        data = nrr.read(ROOT / "data" / "revenue.csv", accounts=ROOT / "data" / "accounts.csv")
        self.closes = data.months[-12:]
        self._bridges, self._rates = {}, {}
        for length in LENGTHS:
            bridges = nrr.movements(data, window=length).set_index("close")
            rates = nrr.retention(data, window=length).set_index("close")
            for close in self.closes:
                self._bridges[length, close] = {s: float(bridges.loc[close, f"{s}_mrr"]) for s in STEPS}
                self._rates[length, close] = {n: float(rates.loc[close, n]) for n in ("nrr", "grr", "logo_retention")}

    def random(self, draw: random.Random) -> Question:
        """Any question."""
        return Question(draw.choice(LENGTHS), draw.choice(self.closes), draw.choice(UNITS))

    def fault(self, page: str, asked: Question, run: "Run") -> str | None:
        """Why what came back is not the answer, or None."""
        factor = 12 if asked.unit == "ARR" else 1
        bridge = self._bridges[asked.length, asked.close]
        if page == "waterfall":
            shown = run.steps()
            for step in STEPS:
                if not math.isclose(shown.get(step, math.nan), bridge[step] * factor, rel_tol=1e-9, abs_tol=1e-6):
                    return f"{asked}: {step} is {shown.get(step)}, not {bridge[step] * factor}"
            return None
        rates, cards = self._rates[asked.length, asked.close], run.cards()
        expected = {
            "NRR": percent_text(rates["nrr"]), "GRR": percent_text(rates["grr"]),
            "Logo retention": percent_text(rates["logo_retention"]),
            f"Closing {asked.unit}": money_text(bridge["closing"] * factor, currency="$"),
        }  # fmt: skip
        return None if expected.items() <= cards.items() else f"{asked}: the cards say {cards}, not {expected}"


@dataclass
class Run:
    """The elements one run of the script has sent."""

    page_hash: str = ""
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
        if kind in {"selectbox", "button_group"}:
            self.widgets[shown.id.rsplit("-", 1)[-1]] = (shown.id, kind)
        elif kind in {"arrow_vega_lite_chart", "vega_lite_chart"}:
            self.charts.append(shown)
        elif kind == "metric":
            self.metrics.append(shown)
        elif kind == "exception":
            self.failures.append(shown.message)
        elif kind == "alert" and "went wrong" in shown.body:
            self.failures.append(shown.body)

    def steps(self) -> dict[str, float]:
        """Amounts of the waterfall's bars."""
        for chart in self.charts:
            for one in chart.datasets:
                if one.name == "steps":
                    table = pa.ipc.open_stream(one.data.data).read_all()
                    return dict(zip(table["step"].to_pylist(), table["amount"].to_pylist(), strict=True))
        return {}

    def cards(self) -> dict[str, str]:
        """Texts of the cards by label."""
        return {metric.label: _ESCAPE.sub(r"\1", metric.body) for metric in self.metrics}


class Session:
    """One person with one page open."""

    def __init__(self, address: str, page: str, answers: Answers, *, seed: int) -> None:
        self.address, self.page, self.answers = address, page, answers
        self.draw = random.Random(seed)
        self.run = Run()

    async def live(self, until: float, think: float, result: Result) -> None:
        """Open the page, then click until the time is over."""
        try:
            # streams of one run are many small messages, one chart is the largest
            async with websockets.connect(self.address, subprotocols=["streamlit"], max_size=64 << 20) as socket:  # type: ignore[list-item]
                await asyncio.sleep(self.draw.uniform(0, think))  # people do not arrive in step
                result.first.append(await self._ask(socket, {}))
                asked = Question(12, self.answers.closes[-1], "MRR")
                while True:
                    self._judge(asked, result)
                    pause = self.draw.uniform(0.5, 1.5) * think
                    if time.perf_counter() + pause > until:
                        return
                    await asyncio.sleep(pause)
                    asked = self._other(asked)
                    result.clicks.append(await self._ask(socket, asked.widgets()))
        except Exception as error:  # noqa: BLE001 - whatever ends a session is counted and shown
            result.errors.append(f"{type(error).__name__}: {error}"[:300])

    def _other(self, asked: Question) -> Question:
        """One widget changed."""
        new = self.answers.random(self.draw)
        which = self.draw.choice(("length", "close", "unit"))
        values = {name: getattr(new if name == which else asked, name) for name in ("length", "close", "unit")}
        made = Question(**values)
        return made if made != asked else self._other(asked)

    def _judge(self, asked: Question, result: Result) -> None:
        result.errors.extend(self.run.failures)
        fault = self.answers.fault(self.page, asked, self.run)
        if fault:
            result.wrong.append(f"{self.page}: {fault}"[:300])

    async def _ask(self, socket: Any, chosen: dict[str, str]) -> float:
        """Send what is chosen, wait until the script has finished; seconds."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.page_name = self.run.page_hash, "" if self.run.page_hash else PAGES[self.page]
        for key, value in chosen.items():
            name, kind = self.run.widgets[key]
            widget = state.widget_states.widgets.add(id=name)
            if kind == "selectbox":
                widget.string_value = value
            else:
                widget.string_array_value.data.append(value)
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
                self.run = Run()
            elif kind == "navigation":
                self.run.page_hash = message.navigation.page_script_hash
            elif kind == "delta":
                self.run.take(message)
            elif kind == "page_not_found":
                raise RuntimeError(f"there is no page {self.page}")
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("the script does not compile")
        raise RuntimeError("the server closed the connection")


def _percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ranked = sorted(values)
    return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 4) if ranked else None


def _cpu(server: psutil.Process | None) -> float:
    if server is None:
        return math.nan
    times = server.cpu_times()
    return float(times.user + times.system)


async def _level(address: str, answers: Answers, sessions: int, *, seconds: float, think: float) -> Result:
    result = Result()
    until = time.perf_counter() + seconds
    people = [Session(address, list(PAGES)[k % len(PAGES)], answers, seed=1000 * sessions + k) for k in range(sessions)]
    await asyncio.gather(*(person.live(until, think, result) for person in people))
    return result


def _report(sessions: int, result: Result, *, server: psutil.Process | None, spent: float, took: float) -> dict[str, Any]:
    reruns = len(result.first) + len(result.clicks)
    return {
        "sessions": sessions,
        "clicks": len(result.clicks),
        "seconds": round(took, 1),
        "p50": _percentile(result.clicks, 0.50),
        "p95": _percentile(result.clicks, 0.95),
        "max": _percentile(result.clicks, 1.0),
        "mean": round(statistics.fmean(result.clicks), 4) if result.clicks else None,
        "first_load_p50": _percentile(result.first, 0.50),
        "first_load_max": _percentile(result.first, 1.0),
        "errors": len(result.errors),
        "wrong": len(result.wrong),
        "examples": (result.errors + result.wrong)[:3],
        "server_cpu_seconds_per_rerun": round(spent / reruns, 4) if server and reruns else None,
        "server_rss_mb": round(server.memory_info().rss / 2**20) if server else None,
    }


@contextlib.contextmanager
def _served(url: str | None) -> Iterator[tuple[str, psutil.Process | None]]:
    """The app's address, and its process where it was started here."""
    if url:
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise SystemExit("Only an app on this machine is put under load: --url http://127.0.0.1:PORT")
        yield url.rstrip("/"), None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1", f"--server.port={port}",
        "--server.headless=true", "--browser.gatherUsageStats=false",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as child:
        try:
            base = f"http://127.0.0.1:{port}"
            _await_health(base, child)
            yield base, psutil.Process(child.pid)
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


def _await_health(base: str, child: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        if child.poll() is not None:
            raise SystemExit(f"The app ended with code {child.returncode} before it answered.")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/_stcore/health", timeout=1):  # noqa: S310 - this machine
            return
        time.sleep(0.25)
    raise SystemExit("The app did not answer within 60 s.")


def _counts(text: str) -> list[int]:
    counts = [int(part) for part in text.split(",")]
    if not counts or min(counts) < 1 or max(counts) > MOST_SESSIONS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_SESSIONS} sessions, as in 1,10,25")
    return counts


def main() -> int:
    """Run every level, print the figures; 1 where an answer was wrong or an error was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=_counts, default=[1, 10, 25, 50], help="people at once, one level after the other")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two clicks of one person, on average")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of one level")
    parser.add_argument("--url", help="an app that runs already, on this machine")
    asked = parser.parse_args()
    seconds, think = min(max(asked.seconds, 1.0), MOST_SECONDS), max(asked.think, 0.0)
    answers = Answers()
    levels = []
    with _served(asked.url) as (base, server):
        address = base.replace("http", "ws", 1) + "/_stcore/stream"
        for sessions in asked.sessions:
            before, started = _cpu(server), time.perf_counter()
            result = asyncio.run(_level(address, answers, sessions, seconds=seconds, think=think))
            took = time.perf_counter() - started
            levels.append(_report(sessions, result, server=server, spent=_cpu(server) - before, took=took))
    print(json.dumps({"think": think, "pages": list(PAGES), "levels": levels}, indent=2))
    return int(any(level["errors"] or level["wrong"] for level in levels))


if __name__ == "__main__":
    sys.exit(main())
