"""The app as a server of its own on this machine, on the sample data or another, and what it costs."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

import nrr_core as nrr
from benchmarks import generate

__all__ = ["SAMPLE", "Watch", "dataset_in", "made", "served"]

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data"
_START_SECONDS = 300  # a large dataset is read before the first answer
_MB = 2**20


def made(folder: Path, *, accounts: int, months: int) -> Path:
    """A folder with a generated dataset, which is kept and used again."""
    place = folder / f"load-{accounts}x{months}"
    place.mkdir(parents=True, exist_ok=True)
    if not (place / "revenue.csv").exists():
        generate.write(place / "part.csv", accounts, months)
        (place / "part.csv").rename(place / "revenue.csv")
    return place


def dataset_in(folder: Path) -> nrr.Dataset:
    """The dataset of a folder, read in this process as the app reads it."""
    accounts = folder / "accounts.csv"
    return nrr.read(folder / "revenue.csv", accounts=accounts if accounts.exists() else None)


@contextlib.contextmanager
def served(url: str | None = None, *, data: Path = SAMPLE, options: tuple[str, ...] = ()) -> Iterator[tuple[str, psutil.Process | None]]:
    """The app's address, and its process where it was started here; ``options`` as Streamlit's command line takes them."""
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
        "--server.headless=true", "--browser.gatherUsageStats=false", *options,
    ]  # fmt: skip
    environment = os.environ | {"NRR_SAMPLE": str(data)}
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as child:
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
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            raise SystemExit(f"The app ended with code {child.returncode} before it answered.")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/_stcore/health", timeout=1):  # noqa: S310 - this machine
            return
        time.sleep(0.25)
    raise SystemExit(f"The app did not answer within {_START_SECONDS} s.")


@dataclass
class Watch:
    """Processor time and memory of the server, and processor time of this process, from one moment on."""

    server: psutil.Process | None
    memory: list[float] = field(default_factory=list)
    _began: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self._began = self._spent()
        self.look()

    def look(self) -> None:
        """Note the memory now."""
        if self.server:
            self.memory.append(self.server.memory_info().rss / _MB)

    async def keep_looking(self, every: float = 0.5) -> None:
        """Note the memory until cancelled."""
        while True:
            await asyncio.sleep(every)
            self.look()

    def report(self, *, reruns: int) -> dict[str, float | None]:
        """What was spent since the beginning."""
        self.look()
        server, client = (now - before for now, before in zip(self._spent(), self._began, strict=True))
        found: dict[str, float | None] = {"client_cpu_ms_per_rerun": round(1000 * client / max(reruns, 1), 1)}
        if self.server:
            found["server_cpu_ms_per_rerun"] = round(1000 * server / max(reruns, 1), 1)
            found |= {"mb_start": round(self.memory[0]), "mb_end": round(self.memory[-1]), "mb_peak": round(max(self.memory))}
        return found

    def _spent(self) -> tuple[float, float]:
        times = [p.cpu_times() if p else None for p in (self.server, psutil.Process())]
        server, client = (t.user + t.system if t else 0.0 for t in times)
        return server, client
