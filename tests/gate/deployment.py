"""A deployment of this test run: its settings, its claims, its cookies, its processes."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import httpx
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

import nrr_core.reading
from nrr_core.settings import Grant, Settings
from nrr_core.store import Draft

ROOT = Path(__file__).resolve().parents[2]
SECRET, OTHER = "only-for-tests-0123456789abcdefghij", "of-another-deployment-0123456789abcd"
BOOK = "account_id,month,mrr_usd\nA,2025-01,100\nA,2025-02,120\nB,2025-01,{amount}\nB,2025-02,50\n"


def settings(folder, *, url="https://nrr.acme.com", **more):
    """Settings with sign-in."""
    given = {
        "data": folder, "public_url": url, "oidc_metadata_url": "https://id.acme.com/.well-known/openid-configuration",
        "oidc_client_id": "nrr", "oidc_client_secret": "s", "cookie_secret": SECRET, "domains": ("acme.com",),
        "owners": ("olga@acme.com",), "groups": (Grant("cs", "Success", "editor"), Grant("board", "Success", "viewer")),
    }  # fmt: skip
    return Settings(**given | more)


def claims(name, *, url="https://nrr.acme.com", **more):
    """What the provider says about somebody, as Streamlit keeps it."""
    told = {
        "iss": "https://id.acme.com", "sub": name, "aud": "nrr", "iat": int(time.time()), "nonce": f"{name}-{time.monotonic_ns()}",
        "email": f"{name}@acme.com", "email_verified": True, "name": name.title(), "origin": url, "is_logged_in": True,
        "provider": "default",
    }  # fmt: skip
    return told | more


def signed(text, *, key=SECRET, name=USER_COOKIE_NAME):
    """A cookie's value as Streamlit writes it."""
    return create_signed_value(key, name, text).decode()


def publish(store, actor, workspace_id, folder, *, name, amount):
    """A small dataset, stored."""
    folder.mkdir()
    (folder / "made").mkdir()
    (folder / "book.csv").write_text(BOOK.format(amount=amount), encoding="utf-8")
    nrr_core.reading.prepare(folder / "book.csv", folder / "made", tables=True)
    return store.datasets.publish(actor, workspace_id, Draft(folder / "made"), name=name)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Process:
    """A server on this machine, ended with ``end``."""

    def __init__(self, command, *, asks, log, **environment):
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=os.environ | environment)
        for _ in range(480):
            assert self.process.poll() is None, log.read_text()
            with contextlib.suppress(OSError), urllib.request.urlopen(asks, timeout=1):  # noqa: S310 - this machine
                return
            time.sleep(0.125)
        raise AssertionError(log.read_text())

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Provider:
    """The identity provider: who it knows, and how it behaves."""

    def __init__(self, log):
        self.url = f"http://localhost:{(port := free_port())}"
        self.metadata = f"{self.url}/.well-known/openid-configuration"
        command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("provider.py")), str(port)]
        self.process = Process(command, asks=self.metadata, log=log)

    def knows(self, who, **more):
        """Somebody with a verified address of their own, changed by ``more``; None takes a claim away."""
        told = {"email": f"{who}@acme.com", "email_verified": True, "name": who.title()} | more
        body = {key: value for key, value in told.items() if value is not None}
        httpx.put(f"{self.url}/users/{who}", json=body).raise_for_status()

    @contextlib.contextmanager
    def being(self, mood):
        httpx.put(f"{self.url}/mood/{mood}").raise_for_status()
        try:
            yield
        finally:
            httpx.put(f"{self.url}/mood/well").raise_for_status()


def app(script, provider, folder, log, **environment):
    """An app with sign-in at that provider; returns its address and its process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "streamlit", "run", script, "--server.address=127.0.0.1", f"--server.port={port}",
        "--server.headless=true", "--browser.gatherUsageStats=false",
    ]  # fmt: skip
    told = {
        "NRR_DATA": str(folder), "NRR_PUBLIC_URL": url, "NRR_OIDC_METADATA_URL": provider.metadata, "NRR_OIDC_CLIENT_ID": "nrr",
        "NRR_OIDC_CLIENT_SECRET": "s", "NRR_COOKIE_SECRET": SECRET, "NRR_DOMAINS": "acme.com", "NRR_OWNERS": "olga@acme.com",
        "NRR_GROUPS": "cs=Success:editor,board=Success:viewer", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return url, Process(command, asks=f"{url}/_stcore/health", log=log, **told | environment)
