"""The real server: ready, measured, checked from outside, and ended in the middle of an import."""

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from qa.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")]
HOSTILE = ("Acme-Geheim-GmbH", "acct-4711-xyz", "hostile=name")
ROWS = "".join(f"{HOSTILE[1]}-{n},2024-{m:02d},{n}.5,{HOSTILE[0]}\n" for n in range(20_000) for m in (1, 2))


class Running:
    """``python -m nrr_core serve`` in a folder of its own."""

    def __init__(self, folder, **settings):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.data, self.log = folder / "data", folder / f"log-{self.port}"
        given = {"NRR_DATA": str(self.data), "NRR_LOG_FORMAT": "json", "NRR_LOG_LEVEL": "DEBUG"} | settings
        folder.mkdir(exist_ok=True)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nrr_core", "serve", "--port", str(self.port)],
                cwd=ROOT, env=os.environ | given, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        for _ in range(240):
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx.HTTPError):
                if self.get("/readyz").status_code == 200:
                    return
            time.sleep(0.25)
        raise AssertionError(self.log.read_text())

    def get(self, path, **headers):
        return httpx.get(self.url + path, headers=headers, timeout=5)

    def gauge(self, name):
        return next(float(line.split()[1]) for line in self.get("/metrics").text.splitlines() if line.startswith(f"{name} "))

    def left_behind(self):
        """Work in progress that is still on disk."""
        return sorted(path.name for path in (self.data / "tmp").iterdir())


@pytest.fixture
def running(tmp_path):
    started = []

    def _running(**settings):
        started.append(Running(tmp_path, **settings))
        return started[-1]

    yield _running
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def import_held(server, browser, tmp_path):
    """Begin an import by a browser and hold its process in the middle; returns the process."""
    source = tmp_path / f"{HOSTILE[2]}.csv"
    source.write_text(f"account_id,month,mrr,customer\n{ROWS}")
    visitor = Visitor(browser, server.url).open("data")
    visitor.upload(source)
    visitor.read()
    for _ in range(2_000):
        for one in psutil.Process(server.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "nrr_core.ingest.child" in one.cmdline():
                    one.suspend()
                    return one
        time.sleep(0.005)
    raise AssertionError("no import has begun")


def gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_signal_in_the_middle_of_an_import_leaves_nothing_behind(running, browser, tmp_path):
    server = running()
    held = import_held(server, browser, tmp_path)
    assert server.left_behind()
    assert server.gauge("nrr_imports_running") == 1
    assert server.gauge("nrr_sessions") >= 1
    assert server.gauge("nrr_open_datasets") >= 1
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    answer = server.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["running"]) == (503, False)
    assert server.get("/healthz").status_code == 200  # it still serves those who are there
    assert server.process.wait(30) == 0
    assert gone(held)
    assert server.left_behind() == []
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert [one["message"] for one in lines if one["message"] in {"ready", "stopping", "stopped"}] == ["ready", "stopping", "stopped"]
    assert not [one for one in lines if one["level"] in {"ERROR", "CRITICAL"}]
    assert not [value for value in HOSTILE if value in server.log.read_text()]
    assert running().left_behind() == []


def test_without_the_ending_the_same_look_finds_an_orphan_and_its_files(running, browser, tmp_path):
    """The control: a server that is killed has no time to end anything."""
    server = running()
    held = import_held(server, browser, tmp_path)
    server.process.kill()
    assert server.process.wait(10) == -signal.SIGKILL
    try:
        assert not gone(held)
        assert server.left_behind()
    finally:
        held.kill()
    for path in (server.data / "tmp").iterdir():
        os.utime(path, (0, 0))  # the sweep leaves young files alone: another replica may be at work on them
    assert running().left_behind() == []


def test_a_server_that_does_nothing_ends_at_once_on_ctrl_c(running):
    server = running()
    started = time.monotonic()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0
    assert time.monotonic() - started < 5


def test_the_doctor_finds_a_running_server_well(running):
    server = running(NRR_METRICS_TOKEN="t0ken")  # noqa: S106 - of this test
    environment = os.environ | {"NRR_DATA": str(server.data), "NRR_METRICS_TOKEN": "t0ken"}
    asked = [sys.executable, "-m", "nrr_core", "doctor", "--deep", "--url", server.url]
    done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stdout
    assert {lines[name] for name in ("site", "headers", "websocket", "ready", "metrics", "schema", "files")} == {"ok"}
    assert server.get("/metrics").status_code == 403
    assert server.get("/metrics", Authorization="Bearer t0ken").status_code == 200
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1  # the control: the same look at a server that is stopping finds that
    assert "fail  ready" in done.stdout or "fail  site" in done.stdout


def test_settings_that_cannot_be_stop_the_start_with_a_sentence(tmp_path):
    environment = os.environ | {"NRR_DATA": str(tmp_path), "NRR_IMPORTS": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "nrr_core", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "serve: NRR_IMPORTS is “many”. It must be a number.\n"


def test_two_replicas_that_start_at_once_share_a_new_postgres(tmp_path, postgres):
    shared = {"NRR_DATABASE": postgres(), "NRR_DATA": str(tmp_path / "shared")}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        both = [one.result() for one in [pool.submit(Running, tmp_path / name, **shared) for name in "ab"]]
    try:
        assert [one.get("/readyz").json()["ready"] for one in both] == [True, True]
    finally:
        for one in both:
            one.process.send_signal(signal.SIGTERM)
        codes = [one.process.wait(30) for one in both]
    assert codes == [0, 0]
