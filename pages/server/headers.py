"""Headers on every answer: what a browser may load, from where, and what it must not keep."""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

__all__ = ["SecurityHeaders", "content_policy"]

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NEVER_KEPT = ("/media/", "/_stcore/upload_file/", "/s/", "/oauth2callback", "/auth/")
_YEAR = 31_536_000
_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-downloads"  # a file opened by itself draws, and runs nothing
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_policy(public_url: str = "") -> str:
    """The Content-Security-Policy of pages: nothing from elsewhere, no inline script but Streamlit's own one.

    Where others reach the app, no ``eval`` either. On one machine it is allowed: tools that watch a page use it to ask whether
    the page has settled.
    """
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    inline = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _INLINE.findall(page)]
    parts = urlsplit(public_url)
    socket = f" {'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}" if public_url else ""  # older Safari: not in 'self'
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *([] if public_url else ["'unsafe-eval'"]), *(f"'sha256-{one}'" for one in inline)]),
        "style-src": "'self' 'unsafe-inline'",  # Streamlit's styles are made in the browser
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self'{socket}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class SecurityHeaders:
    """Adds the headers to every HTTP answer, refusals of the gate included."""

    def __init__(self, app: ASGIApp, *, public_url: str = "") -> None:
        self.app = app
        self._policy = content_policy(public_url)
        self._secure = public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, headers added on the way back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                headers["content-security-policy"] = _FILE_POLICY if path.startswith("/media/") else self._policy
                if self._secure:
                    headers["strict-transport-security"] = f"max-age={_YEAR}"
                if path.startswith(_NEVER_KEPT):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, with_headers)
