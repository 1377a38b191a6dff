"""What cookies say: Streamlit's signed identity, the address to come back to, and why a sign-in was refused."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from nrr_core.settings import Settings

__all__ = ["PAGES", "RETURN", "TOLD", "Cookies", "address_of", "own_address", "set_by"]

RETURN = "nrr_return"  # where a person wanted to go before signing in
TOLD = "nrr_told"  # why the last sign-in was refused, signed
_SHORT = 600  # seconds that both of them live
_LONGEST = 2_048
_NAMES = sorted(path.stem for path in Path(__file__).resolve().parents[1].glob("*.py") if path.stem != "__init__")
PAGES = frozenset({"/", *(f"/{name}" for name in _NAMES)})  # addresses of the pages
_OWN = re.compile(rf"/(?:{'|'.join(_NAMES)}|s/[A-Za-z0-9_-]{{1,64}})?(?:\?[\x21-\x5b\x5d-\x7e]*)?")  # no backslash, no blank
_AGE = re.compile(r"max-age=(\d+)", re.IGNORECASE)


def own_address(text: str) -> str | None:
    """A path with its query within this app, or None: never another host, whatever it looks like."""
    return text if len(text) <= _LONGEST and _OWN.fullmatch(text) else None


class Cookies:
    """Reading and writing cookies for one deployment."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.cookie_secret
        self._origin = settings.public_url
        self._secure = settings.public_url.startswith("https://")
        self._longest = int(settings.session_hours * 3600)

    # --- who --------------------------------------------------------------------------------------------------------

    def claims(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        """The identity in Streamlit's cookie, None where there is none, it is not ours, or it is older than a session lives."""

        def one(name: str) -> bytes | None:
            text = cookies.get(name)
            if text is None:
                return None
            return decode_signed_value(self._secret, name, text.encode("latin-1", "replace"), max_age_days=self._longest / 86_400)

        found = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        if found is None:
            return None
        try:
            claims = json.loads(found)
        except ValueError:
            return None
        ours = isinstance(claims, dict) and claims.get("is_logged_in") is True and claims.get("origin") == self._origin
        return claims if ours else None

    def identity(self, cookies: Iterable[str]) -> list[str]:
        """Which of the named cookies carry an identity or its tokens."""
        return [name for name in cookies if name.startswith(USER_COOKIE_NAME)]

    def dropped(self, names: Iterable[str]) -> list[str]:
        """Headers that delete cookies."""
        return [self._made(name, "", 0) for name in sorted(set(names))]

    # --- back to where ------------------------------------------------------------------------------------------------

    def to_return(self, address: str) -> str:
        """The header that keeps an address for ten minutes."""
        return self._made(RETURN, base64.urlsafe_b64encode(address.encode()).decode(), _SHORT)

    def kept_address(self, cookies: Mapping[str, str]) -> str | None:
        """The address kept before, if it is one of ours: the cookie is the browser's to change."""
        try:
            return own_address(base64.urlsafe_b64decode(cookies.get(RETURN, "")).decode("ascii"))
        except (binascii.Error, ValueError):
            return None

    # --- why not ------------------------------------------------------------------------------------------------------

    def to_tell(self, reason: str) -> str:
        """The header that keeps a refusal's reason for ten minutes."""
        return self._made(TOLD, create_signed_value(self._secret, TOLD, reason).decode(), _SHORT)

    def told(self, cookies: Mapping[str, str]) -> str:
        """The reason kept before, empty where we did not write it."""
        found = decode_signed_value(self._secret, TOLD, cookies.get(TOLD, "").encode("latin-1", "replace"), max_age_days=_SHORT / 86_400)
        return found.decode() if found else ""

    # --- as headers ---------------------------------------------------------------------------------------------------

    def _made(self, name: str, value: str, age: int) -> str:
        return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}" + ("; Secure" if self._secure else "")

    def hardened(self, header: str) -> str:
        """A ``Set-Cookie`` of Streamlit's, Secure under https, an identity no longer than a session lives."""
        if header.startswith(USER_COOKIE_NAME):
            header = _AGE.sub(lambda found: f"Max-Age={min(int(found[1]), self._longest)}", header)
        return header + "; Secure" if self._secure and "secure" not in header.lower().split("; ") else header


def set_by(headers: Iterable[str]) -> dict[str, str]:
    """Names and values of ``Set-Cookie`` headers, deletions left out."""
    found = {}
    for header in headers:
        for name, morsel in SimpleCookie(header).items():
            if morsel.value and morsel["max-age"] != "0":
                found[name] = morsel.value
    return found


def address_of(url: str, origin: str) -> str | None:
    """The part of an address after our origin, None for addresses elsewhere."""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != origin:
        return None
    return own_address((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
