"""In front of the gate: somebody without a browser, with cookies, in this process."""

import json
from urllib.parse import unquote

import deployment
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from nrr_core.settings import Settings
from nrr_core.store import session_key
from pages.server.cookies import Cookies
from pages.server.gate import TOLD_HEADER, Gate

URL = "https://nrr.acme.com"
FILE = f"/media/{'a1' * 16}.csv"
UPLOAD = f"/_stcore/upload_file/{'0' * 8}-1111-2222-3333-{'4' * 12}/{'5' * 8}-1111-2222-3333-{'6' * 12}"


def inner(answers=None):
    """A server behind the gate that answers everything, and says what reached it."""

    async def anything(request):
        made = (answers or {}).get(request.url.path)
        if made is not None:
            return made()
        person = request.scope.get("state", {}).get("actor")
        return JSONResponse({"path": request.url.path, "person": person.email if person else None}, media_type="text/html")

    async def socket(websocket):
        await websocket.accept()
        await websocket.send_json({"cookies": websocket.cookies, "told": unquote(websocket.headers.get(TOLD_HEADER, ""))})
        await websocket.send_bytes(b"\x0a\x20" + FILE.encode() + b"2" + UPLOAD.encode() + b"\x12")
        await websocket.close()

    methods = ["GET", "PUT", "POST", "DELETE", "HEAD"]
    return Starlette(routes=[WebSocketRoute("/_stcore/stream", socket), Route("/{rest:path}", anything, methods=methods)])


def local(*, client=("127.0.0.1", 5), **more):
    """Somebody in front of a deployment without sign-in, and the same without the gate."""
    given = Settings(**more)
    gated = Gate(inner(), settings=given, store=lambda: None)
    return [TestClient(app, base_url="http://localhost:8501", client=client) for app in (gated, inner())]


def gated(store, answers=None, *, behind=None, **given):
    """Somebody in front of a deployment with sign-in."""
    chosen = store.settings if not given else deployment.settings(store.settings.data, **given)
    app = Gate(behind or inner(answers), settings=chosen, store=lambda: store)
    return TestClient(app, base_url=chosen.public_url, follow_redirects=False, client=("10.0.0.9", 5))


def came_in(store, client, name="ada", **more):
    """Sign somebody in and give their browser the cookie; returns the session's key."""
    told = deployment.claims(name, **more)
    store.people.sign_in(told)
    client.cookies.set(USER_COOKIE_NAME, deployment.signed(json.dumps(told)))
    return session_key(told)


def back(store, told, *, location="/", also=(), **given):
    """The provider's answer comes back with claims, or without."""

    def answer():
        made = RedirectResponse(location, 302)
        if told is not None:
            made.set_cookie(USER_COOKIE_NAME, deployment.signed(json.dumps(told)), httponly=True, samesite="lax", max_age=30 * 24 * 3600)
            made.set_cookie("_streamlit_user_tokens", "tokens", httponly=True, samesite="lax", max_age=30 * 24 * 3600)
        made.set_cookie("_streamlit_session", "s")
        return made

    return gated(store, {"/oauth2callback": answer}, **given)


def cookies_of(answer):
    return {one.split("=")[0]: one for one in answer.headers.get_list("set-cookie")}


def reason(store, answer):
    jar = {name: header.split("=", 1)[1].split(";")[0] for name, header in cookies_of(answer).items()}
    return Cookies(store.settings).told(jar)


def kept(store, answer):
    jar = {name: header.split("=", 1)[1].split(";")[0] for name, header in cookies_of(answer).items()}
    return Cookies(store.settings).kept_address(jar)
