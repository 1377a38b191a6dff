"""The app on a free port of this machine, and the Chromium that visits it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

__all__ = ["ARGUMENTS", "LOOKED_FOR", "Server", "chromium"]

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
LOOKED_FOR = (*_NAMES, _MAC, "what playwright installs")


def chromium(playwright: Any) -> str | None:
    """Where a Chromium is: the system's, else the one that playwright installed; None without any."""
    places = [*(shutil.which(name) for name in _NAMES), _MAC, playwright.chromium.executable_path]
    return next((place for place in places if place and Path(place).is_file()), None)


class Server:
    """A Streamlit script, by default the app, on a free port; ``ready`` waits until it answers.

    ``store`` is where the app keeps what is saved; by default what the environment says.
    """

    def __init__(self, log: Path, *, script: str = "app.py", store: Path | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.health = f"{self.url}/_stcore/health"
        self.log = log
        command = [
            sys.executable, "-m", "streamlit", "run", script, "--server.address=127.0.0.1", f"--server.port={self.port}",
            "--server.headless=true", "--browser.gatherUsageStats=false",
        ]  # fmt: skip
        place = {"NRR_PUBLIC_URL": self.url} | ({} if store is None else {"NRR_DATA": str(store)})  # policies as for a deployment
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | place, stdout=out, stderr=subprocess.STDOUT)

    def ready(self) -> "Server":
        """The server, once it answers."""
        for _ in range(240):
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text())
            with contextlib.suppress(OSError), urllib.request.urlopen(self.health, timeout=1):  # noqa: S310 - this machine
                return self
            time.sleep(0.25)
        raise AssertionError(f"the app did not answer within 60 s:\n{self.log.read_text()}")

    def end(self) -> None:
        """Stop it, in any case."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
