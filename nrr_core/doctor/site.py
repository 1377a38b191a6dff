"""Checks of the deployment from outside, as a visitor's browser reaches it."""

import base64
import contextlib
import http.client
import secrets
import ssl
from typing import Final
from urllib.parse import urlsplit

import httpx

from nrr_core.doctor.finding import Finding, fail, ok, warn
from nrr_core.doctor.sign_in import loopback

__all__ = ["body_size", "cookies", "encrypted", "headers", "metrics_hidden", "reachable", "ready", "redirect", "websocket"]

_SECONDS: Final = 10.0
_EXPECTED: Final = ("x-content-type-options", "referrer-policy", "permissions-policy")
_REFUSED: Final = (401, 403, 404)
_TOO_LARGE: Final = 413


def reachable(url: str) -> tuple[Finding, httpx.Response | None]:
    """Whether the page answers; the answer is what further checks look at."""
    try:
        answer = httpx.get(url, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        return fail("site", f"{url} does not answer ({type(error).__name__}). Check the name, the proxy and its certificate."), None
    if answer.status_code != httpx.codes.OK:
        return fail("site", f"{url} answers with status {answer.status_code}. Look into the proxy's log, then the app's."), None
    return ok("site", f"{url} answers"), answer


def encrypted(url: str) -> Finding:
    """Whether people reach it over https."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return ok("https", "yes")
    if loopback(parts.hostname or ""):
        return ok("https", "not needed on this machine")
    return fail("https", "People's cookies and figures travel in the open. Let the proxy end TLS, and set NRR_PUBLIC_URL to https://…")


def headers(answer: httpx.Response) -> Finding:
    """Whether the headers that a browser needs to protect people arrive."""
    missing = [name for name in _EXPECTED if name not in answer.headers]
    if not {"content-security-policy", "x-frame-options"} & set(answer.headers):
        missing.append("x-frame-options or content-security-policy")
    if missing:
        return fail("headers", f"Missing: {', '.join(missing)}. The app sends them; let the proxy pass them on.")
    if answer.url.scheme == "https" and "strict-transport-security" not in answer.headers:
        return warn("headers", "Missing: strict-transport-security. Set NRR_PUBLIC_URL to the https address.")
    return ok("headers", "all there")


def cookies(answer: httpx.Response) -> Finding:
    """Whether cookies keep to encrypted connections."""
    given = answer.headers.get_list("set-cookie")
    open_ones = [one.split("=", 1)[0] for one in given if "secure" not in one.lower().replace(" ", "").split(";")]
    if open_ones and answer.url.scheme == "https":
        return fail("cookies", f"Not marked Secure: {', '.join(open_ones)}. Set NRR_PUBLIC_URL to the https address; mend the proxy's own.")
    return ok("cookies", f"{len(given)} set by the first page" if given else "none before sign-in")


def websocket(url: str) -> Finding:
    """Whether the connection that carries every click comes through the proxy."""
    parts = urlsplit(url)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    asked = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
        "Origin": f"{parts.scheme}://{parts.netloc}",
    }  # fmt: skip
    try:
        with contextlib.closing(_connection(url)) as con:
            con.request("GET", f"{parts.path.rstrip('/')}/_stcore/stream", headers=asked)
            status = con.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return fail("websocket", f"The connection broke ({type(error).__name__}). Let the proxy pass on Upgrade and Connection.")
    if status != http.client.SWITCHING_PROTOCOLS:
        return fail("websocket", f"Status {status} instead of 101. Let the proxy pass on Upgrade, Connection and the visitor's Host.")
    return ok("websocket", "opens")


def body_size(url: str, upload_mb: int) -> Finding:
    """Whether the proxy would let an upload of the allowed size through; only its announcement is sent."""
    parts = urlsplit(url)
    try:
        with contextlib.closing(_connection(url, seconds=3.0)) as con:
            con.putrequest("PUT", f"{parts.path.rstrip('/')}/_stcore/upload_file/none/none")
            con.putheader("Content-Length", str(upload_mb << 20))
            con.endheaders()
            status = con.getresponse().status
    except (OSError, http.client.HTTPException):
        return ok("upload", f"{upload_mb:,} MB are not refused on their announcement")  # it waits for the bytes, as it should
    if status == _TOO_LARGE:
        return fail("upload", f"The proxy refuses bodies of {upload_mb:,} MB. Raise its limit to NRR_UPLOAD_MB and a little more.")
    return ok("upload", f"{upload_mb:,} MB are not refused on their announcement")


def _connection(url: str, *, seconds: float = _SECONDS) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=ssl.create_default_context())
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)


def ready(url: str) -> Finding:
    """Whether the app calls itself ready."""
    try:
        answer = httpx.get(f"{url}/readyz", timeout=_SECONDS)
        said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return fail("ready", f"/readyz does not answer as it should ({type(error).__name__}).")
    if answer.status_code != httpx.codes.OK:
        wrong = [name for name, well in said.get("checks", {}).items() if not well]
        return fail(
            "ready", f"/readyz answers with status {answer.status_code}: {', '.join(wrong) or 'no reason given'}. Look into the log."
        )
    return ok("ready", "yes")


def metrics_hidden(url: str) -> Finding:
    """Whether strangers are kept from /metrics."""
    try:
        answer = httpx.get(f"{url}/metrics", timeout=_SECONDS)
    except httpx.HTTPError as error:
        return warn("metrics", f"/metrics does not answer ({type(error).__name__}).")
    if answer.status_code not in _REFUSED:
        if loopback(answer.url.host):
            return ok("metrics", "this machine may read them without a token")
        return fail("metrics", f"/metrics is public (status {answer.status_code}). Set NRR_METRICS_TOKEN, or refuse it in the proxy.")
    return ok("metrics", f"refused without a token (status {answer.status_code})")


def redirect(url: str) -> Finding:
    """Whether somebody who types the address without https still ends there."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return ok("redirect", "nothing to redirect")
    try:
        answer = httpx.get(f"http://{parts.hostname}/", timeout=_SECONDS, follow_redirects=False)
    except httpx.HTTPError:
        return ok("redirect", "nothing answers without https")
    if answer.is_redirect and answer.headers.get("location", "").startswith("https://"):
        return ok("redirect", "http leads to https")
    return fail("redirect", f"http://{parts.hostname}/ answers with status {answer.status_code} instead of leading to https.")
