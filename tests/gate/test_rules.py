"""The gate's rules, one by one: what is refused, what passes, and what a request carries on."""

import asyncio
import base64
import json
from datetime import timedelta
from urllib.parse import unquote

import deployment
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _parse_decoded_user_cookie

from nrr_core.errors import SettingsError, StoreError
from nrr_core.settings import Settings
from nrr_core.store import Link, session_key, tables
from nrr_core.store.catalogue import now
from pages.server import sessions, share, sockets
from pages.server.cookies import RETURN, TOLD, Cookies, address_of, own_address
from pages.server.gate import TOLD_HEADER, Gate
from pages.server.headers import SecurityHeaders
from pages.server.provider import auth_secrets

URL = "https://nrr.acme.com"
FILE = f"/media/{'a1' * 28}.csv"
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


# --- without sign-in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_let_in(host, client):
    gate, _ = local(client=(client, 5))
    assert gate.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("client", ["10.0.0.9", "::ffff:10.0.0.9", "192.168.1.4", "2001:db8::1", "testclient"])
def test_another_machine_is_refused_and_told_what_to_do(client):
    gate, bare = local(client=(client, 5))
    refused = gate.get("/")
    assert refused.status_code == 403
    assert "NRR_OIDC_METADATA_URL" in refused.text
    assert "NRR_ALLOW_NETWORK" in refused.text
    assert bare.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8501", "", "[::1", "@localhost:x"]
)
def test_another_name_for_this_machine_is_refused(host):
    gate, bare = local()
    assert gate.get("/", headers={"host": host}).status_code == 403
    assert bare.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "via"])
def test_what_came_through_a_proxy_is_not_this_machine(name):
    gate, bare = local()
    assert gate.get("/", headers={name: "127.0.0.1"}).status_code == 403
    assert bare.get("/", headers={name: "127.0.0.1"}).status_code == 200


def test_a_client_without_an_address_is_refused():
    gate, bare = local(client=None)
    assert gate.get("/").status_code == 403
    assert bare.get("/").status_code == 200


def test_the_network_is_let_in_where_the_settings_say_so():
    gate, _ = local(client=("10.0.0.9", 5), allow_network=True)
    assert gate.get("/", headers={"host": "evil.example"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://evil.example", "null", "https://localhost"])
def test_a_page_of_another_origin_opens_no_socket(origin):
    gate, bare = local()
    with (
        pytest.raises(WebSocketDisconnect),
        gate.websocket_connect("/_stcore/stream", headers={"origin": origin, "host": "localhost:8501"}),
    ):
        pass
    with bare.websocket_connect("/_stcore/stream", headers={"origin": origin, "host": "localhost:8501"}) as socket:
        assert socket.receive_json()["cookies"] == {}


@pytest.mark.parametrize("headers", [{"origin": "http://localhost:8501"}, {}])
def test_our_own_page_and_programs_open_sockets(headers):
    gate, _ = local()
    with gate.websocket_connect("/_stcore/stream", headers=headers | {"host": "localhost:8501"}) as socket:
        assert socket.receive_json()["told"] == ""


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/mcp", "/_stcore/agent/interact", "/_stcore/agent", "/_stcore/script-health-check"]
)
def test_some_addresses_are_never_served(store, path):
    gate, bare = local(allow_network=True)
    person = gated(store)
    came_in(store, person)
    assert gate.get(path).status_code == person.get(path).status_code == 404
    assert bare.get(path).status_code == 200


# --- with sign-in: who reaches what -----------------------------------------------------------------------------------

OPEN = ["/", "/waterfall", "/data", "/waterfall/", "/static/js/index.js", "/favicon.png", "/_stcore/health", "/_stcore/host-config",
        "/auth/login", "/healthz", "/readyz", "/oauth2callback", "/auth/logout", "/waterfall/_stcore/health"]  # fmt: skip
CLOSED = [FILE, UPLOAD, "/s/abc", "/component/x/index.html", "/_stcore/bidi-components/x", "/app/static/x", "/anything", "/export/all",
          "/_stcore/unknown", "/media", "/_stcore/stream", "/waterfall/secret", "/%6dedia/x"]  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
def test_what_everybody_reaches(store, path):
    assert gated(store).get(path).status_code == 200


@pytest.mark.parametrize("path", CLOSED)
def test_what_nobody_reaches_without_a_sign_in(store, path):
    client = gated(store)
    refused = client.get(path)
    assert (refused.status_code, refused.headers.get("location")) in {(401, None), (302, "/?signin=link")}
    assert TestClient(inner(), base_url=URL).get(path).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_an_upload_needs_a_sign_in(store, method):
    assert gated(store).request(method, UPLOAD).status_code == 401


@pytest.mark.parametrize("path", ["/s/abc", "/component/x/index.html", "/export/all"])
def test_a_sign_in_that_holds_opens_the_rest(store, path):
    client = gated(store)
    came_in(store, client)
    assert client.get(path).json() == {"path": path, "person": "ada@acme.com"}


def bad_cookie(kind):
    told = json.dumps(deployment.claims("ada"))
    good = deployment.signed(told)
    return {
        "tampered": good[:-4] + ("aaaa" if not good.endswith("aaaa") else "bbbb"),
        "another secret": deployment.signed(told, key=deployment.OTHER),
        "another name's signature": deployment.signed(told, name="_streamlit_session"),
        "another deployment": deployment.signed(json.dumps(deployment.claims("ada", origin="https://other.acme.com"))),
        "not signed": base64.urlsafe_b64encode(told.encode()).decode(),
        "not claims": deployment.signed("[1]"),
        "not JSON": deployment.signed("ada"),
        "missing chunks": deployment.signed("chunks-3"),
        "not logged in": deployment.signed(json.dumps(deployment.claims("ada", is_logged_in=False))),
        "never came in": good,
    }[kind]


@pytest.mark.parametrize("kind", ["tampered", "another secret", "another name's signature", "another deployment", "not signed", "not claims",
                                  "not JSON", "missing chunks", "not logged in", "never came in"])  # fmt: skip
def test_a_cookie_that_is_not_ours_opens_nothing(store, kind):
    client = gated(store)
    client.cookies.set(USER_COOKIE_NAME, bad_cookie(kind))
    assert client.get("/export/all").status_code == 401
    came_in(store, client)
    assert client.get("/export/all").status_code == 200


def test_a_long_identity_in_several_cookies_is_read(store):
    told = deployment.claims("ada", groups=[f"group-{number}" for number in range(400)])
    store.people.sign_in(told)
    text = json.dumps(told)
    client = gated(store)
    client.cookies.set(USER_COOKIE_NAME, deployment.signed("chunks-2"))
    for number, part in enumerate((text[:2000], text[2000:]), 1):
        name = f"{USER_COOKIE_NAME}_{number}"
        client.cookies.set(name, deployment.signed(part, name=name))
    assert client.get("/export/all").status_code == 200


def test_the_gate_and_the_page_know_a_sign_in_by_the_same_key():
    told = json.loads(json.dumps(deployment.claims("ada", aud=["nrr"], sid="s-1")))
    seen = _parse_decoded_user_cookie(json.dumps(told).encode(), URL)
    assert set(told) - set(seen) == {"origin"}
    assert session_key(seen) == session_key(told)


def test_a_sign_out_ends_every_copy_of_the_cookie_at_once(store):
    client, copy = gated(store), gated(store)
    came_in(store, client)
    copy.cookies = client.cookies
    assert copy.get("/export/all").status_code == 200
    copy.get("/auth/logout")
    assert client.get("/auth/logout").status_code == 200
    assert copy.get("/export/all").status_code == 401


def test_another_replica_notices_within_seconds(store, monkeypatch):
    client = gated(store)
    key = came_in(store, client)
    assert client.get("/export/all").status_code == 200
    store.people.sign_out(key)
    assert client.get("/export/all").status_code == 200  # remembered
    clock = sessions.time.monotonic() + sessions.REMEMBERED
    monkeypatch.setattr(sessions.time, "monotonic", lambda: clock)
    over = client.get("/export/all")
    assert (over.status_code, over.text) == (401, "You have signed out.\n")
    assert sessions.REMEMBERED <= 5


@pytest.mark.parametrize(("column", "hours", "words"), [("created_at", 13, "12 hours"), ("seen_at", 2, "60 minutes")])
def test_a_session_ends_by_age_and_by_rest(store, column, hours, words):
    client = gated(store)
    came_in(store, client)
    with store.catalogue.write() as con:
        con.execute(sa.update(tables.sessions).values({column: now() - timedelta(hours=hours)}))
    over = client.get("/export/all")
    assert over.status_code == 401
    assert words in over.text


def test_looking_after_a_session_is_no_click(store):
    client = gated(store)
    came_in(store, client)
    before = now() - timedelta(minutes=30)
    with store.catalogue.write() as con:
        con.execute(sa.update(tables.sessions).values(seen_at=before))
    client.get("/export/all")
    with store.catalogue.read() as con:
        assert con.execute(sa.select(tables.sessions.c.seen_at)).scalar_one() == before


def test_a_catalogue_that_is_away_opens_nothing(store):
    class Away:
        @property
        def people(self):
            raise StoreError("The catalogue's database did not take part.")

    client = gated(store)
    came_in(store, client)
    away = TestClient(Gate(inner(), settings=store.settings, store=Away), base_url=URL, cookies=client.cookies)
    assert away.get("/export/all").status_code == 503
    assert away.get("/waterfall").status_code == 200
    with pytest.raises(WebSocketDisconnect), away.websocket_connect("/_stcore/stream", headers={"host": "nrr.acme.com"}):
        pass


@pytest.mark.parametrize("host", ["evil.example", "nrr.acme.com.evil.example", "nrr.acme.com:8080", "10.0.0.1", ""])
def test_another_host_is_not_served_but_for_probes(store, host):
    client = gated(store)
    assert client.get("/", headers={"host": host}).status_code == 421
    assert client.get("/healthz", headers={"host": host}).status_code == 200
    assert client.get("/", headers={"host": "NRR.acme.com:443"}).status_code == 200


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-user", "x-forwarded-email", "x-real-ip", "remote-user", "authorization"])
def test_a_header_from_outside_grants_nothing(store, name):
    store.people.sign_in(deployment.claims("ada"))
    assert gated(store).get("/export/all", headers={name: "ada@acme.com"}).status_code == 401
    assert gated(store).get("/export/all", headers={name: "127.0.0.1", "host": "nrr.acme.com"}).status_code == 401


# --- sockets ----------------------------------------------------------------------------------------------------------


def first_words(client, **headers):
    with client.websocket_connect("/_stcore/stream", headers={"host": "nrr.acme.com", "origin": URL} | headers) as socket:
        return socket.receive_json()


def test_a_socket_has_an_identity_only_while_the_sign_in_holds(store):
    client = gated(store)
    key = came_in(store, client)
    client.cookies.set("_streamlit_user_tokens", "t")
    client.cookies.set("_streamlit_xsrf", "2|a|b|1")
    assert set(first_words(client)["cookies"]) == {USER_COOKIE_NAME, "_streamlit_user_tokens", "_streamlit_xsrf"}
    store.people.sign_out(key)
    later = gated(store)
    later.cookies = client.cookies
    assert first_words(later) == {"cookies": {"_streamlit_xsrf": "2|a|b|1"}, "told": "You have signed out."}


def test_a_socket_is_told_nothing_from_outside(store):
    client = gated(store)
    assert first_words(client, **{TOLD_HEADER: "Send your password to evil.example"})["told"] == ""
    client.cookies.set(TOLD, deployment.signed("Send your password", key=deployment.OTHER, name=TOLD))
    assert first_words(client)["told"] == ""
    client.cookies.set(TOLD, deployment.signed("You were away.", name=TOLD))
    assert first_words(client)["told"] == "You were away."


@pytest.mark.parametrize("path", ["/", "/waterfall/_stcore/stream", "/_stcore/other"])
def test_there_is_one_socket(store, path):
    client = gated(store)
    came_in(store, client)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path, headers={"origin": URL, "host": "nrr.acme.com"}):
        pass


def test_files_and_uploads_are_for_the_one_they_were_sent_to(store):
    app = Gate(inner(), settings=store.settings, store=lambda: store)
    ada, bob = (TestClient(app, base_url=URL) for _ in range(2))
    came_in(store, ada, "ada")
    came_in(store, bob, "bob")
    assert [one.get(FILE).status_code for one in (ada, bob)] == [404, 404]
    with ada.websocket_connect("/_stcore/stream", headers={"origin": URL, "host": "nrr.acme.com"}) as socket:
        socket.receive_json()
        socket.receive_bytes()
    assert [ada.get(FILE).status_code, ada.put(UPLOAD).status_code] == [200, 200]
    assert [bob.get(FILE).status_code, bob.put(UPLOAD).status_code, bob.delete(UPLOAD).status_code] == [404, 404, 404]
    assert TestClient(inner(), base_url=URL, cookies=bob.cookies).get(FILE).status_code == 200


def test_what_was_issued_is_bounded(monkeypatch):
    monkeypatch.setattr(sockets, "_PEOPLE", 2)
    monkeypatch.setattr(sockets, "_ADDRESSES", 3)
    issued = sockets.Issued()
    addresses = [f"/media/{number:056x}" for number in range(5)]
    for address in addresses:
        issued.note("ada", address.encode())
    assert [issued.to("ada", address) for address in addresses] == [False, False, True, True, True]
    issued.note("bob", addresses[0].encode())
    issued.note("eve", addresses[0].encode())
    assert [issued.to(who, addresses[-1] if who == "ada" else addresses[0]) for who in ("ada", "bob", "eve")] == [False, True, True]


def message(kind="rerun", *, fragment="", widgets=()):
    made = BackMsg()
    if kind == "file":
        made.backend_operation_request.deferred_file.file_id = "f"
        return made.SerializeToString()
    made.rerun_script.query_string = "window=3"
    made.rerun_script.page_script_hash = "page"
    made.rerun_script.fragment_id = fragment
    for name in widgets:
        made.rerun_script.widget_states.widgets.add(id=f"$$ID-0-{name}", trigger_value=True)
    return made.SerializeToString()


@pytest.mark.parametrize(
    "sent", [message(), message(fragment="f"), message(widgets=["publish", "x_sign_in"]), message("file"), b"", b"\xff\xff", b"\x08"],
    ids=["rerun", "fragment", "widgets", "file", "empty", "broken", "cut"],
)  # fmt: skip
def test_after_the_end_only_the_whole_script_runs(sent):
    passed = BackMsg.FromString(sockets.allowed(sent, message(widgets=["publish"])))
    assert passed.WhichOneof("type") == "rerun_script"
    assert passed.rerun_script.query_string == "window=3"
    assert passed.rerun_script.fragment_id == ""
    assert [one.id for one in passed.rerun_script.widget_states.widgets] == []


def test_after_the_end_the_sign_in_button_still_works():
    passed = BackMsg.FromString(sockets.allowed(message(widgets=["publish", "sign_in"])))
    assert [one.id for one in passed.rerun_script.widget_states.widgets] == ["$$ID-0-sign_in"]


def test_somebody_who_never_was_in_can_only_run_the_script():
    async def scene():
        sent = asyncio.Queue()
        receive = sockets.screened(sent.get)
        got = []
        for one in (
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "bytes": message("file")},
            {"type": "websocket.disconnect"},
        ):
            await sent.put(one)
            got.append(await receive())
        return got

    connect, asked, gone = asyncio.run(scene())
    assert (connect["type"], gone["type"]) == ("websocket.connect", "websocket.disconnect")
    assert BackMsg.FromString(asked["bytes"]).WhichOneof("type") == "rerun_script"


def test_a_silent_socket_is_told_once_that_its_sign_in_is_over(monkeypatch):
    monkeypatch.setattr(sockets, "EVERY", 0.01)

    async def scene():
        holds, sent = [True], asyncio.Queue()
        watched = sockets.Watched(sent.get, lambda: asyncio.sleep(0, holds[0]))
        await sent.put({"type": "websocket.receive", "bytes": message(fragment="f")})
        first = await watched()
        quiet = asyncio.ensure_future(watched())
        await asyncio.sleep(0.05)
        before = quiet.done()
        holds[0] = False
        told = await asyncio.wait_for(quiet, 2)
        again = asyncio.ensure_future(watched())
        await asyncio.sleep(0.05)
        repeated = again.done()
        await sent.put({"type": "websocket.receive", "bytes": message("file")})
        later = await asyncio.wait_for(again, 2)
        watched.close()
        return first, before, told, repeated, later

    first, before, told, repeated, later = asyncio.run(scene())
    assert first["bytes"] == message(fragment="f")
    assert (before, repeated) == (False, False)
    assert told["bytes"] == later["bytes"] == sockets.allowed(message())


# --- the way there and back -------------------------------------------------------------------------------------------


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


def test_an_accepted_sign_in_goes_on_to_the_kept_address_with_cookies_of_its_own_length(store):
    client = back(store, deployment.claims("ada"))
    client.cookies.set(RETURN, base64.urlsafe_b64encode(b"/waterfall?window=3+months&f_region=EMEA").decode())
    answer = client.get("/oauth2callback?code=1&state=2")
    assert answer.headers["location"] == "/waterfall?window=3+months&f_region=EMEA"
    made = cookies_of(answer)
    for name in (USER_COOKIE_NAME, "_streamlit_user_tokens"):
        assert "Max-Age=43200;" in made[name]
        assert made[name].endswith("; Secure")
    assert "Secure" in made["_streamlit_session"]
    assert "Max-Age=0" in made[RETURN]
    assert client.get("/export/all").json()["person"] == "ada@acme.com"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"email": "eve@evil.example"}, "evil.example may not"),
        ({"email": "ada@acme.com.evil.example"}, "may not"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "true"}, "not verified"),
        ({"email": None}, "no e-mail"),
        ({"iat": 1}, "too old"),
        ({"sub": ""}, "who you are"),
    ],
)
def test_a_refused_sign_in_leaves_no_cookie_and_says_why(store, more, words):
    client = back(store, deployment.claims("ada", **more))
    answer = client.get("/oauth2callback?code=1&state=2")
    assert answer.headers["location"] == "/?denied=1"
    assert USER_COOKIE_NAME not in cookies_of(answer)
    assert "_streamlit_user_tokens" not in cookies_of(answer)
    assert "_streamlit_session" in cookies_of(answer)
    assert words in reason(store, answer)
    bare = TestClient(inner({"/oauth2callback": lambda: RedirectResponse("/", 302)}), base_url=URL, follow_redirects=False)
    assert bare.get("/oauth2callback?code=1").headers["location"] == "/"


def test_the_same_identity_token_begins_one_session(store):
    told = deployment.claims("ada")
    assert back(store, told).get("/oauth2callback?code=1").headers["location"] == "/"
    again = back(store, told).get("/oauth2callback?code=1")
    assert again.headers["location"] == "/?denied=1"
    assert "used before" in reason(store, again)


def test_a_new_sign_in_ends_the_one_before_in_this_browser(store):
    client = back(store, deployment.claims("bob"))
    key = came_in(store, client, "ada")
    client.get("/oauth2callback?code=1")
    with store.catalogue.read() as con:
        assert con.execute(sa.select(tables.sessions.c.ended_at).where(tables.sessions.c.key == key)).scalar_one() is not None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=access_denied&error_description=Send+money", "cancelled"),
        ("error=server_error&error_description=<b>", "identity provider could not"),
        ("code=1&state=forged", "not completed"),
    ],
)
def test_a_sign_in_that_failed_is_told_in_our_words(store, query, words):
    answer = back(store, None).get(f"/oauth2callback?{query}")
    assert answer.headers["location"] == "/?denied=1"
    assert words in reason(store, answer)


def test_coming_back_from_signing_out_is_no_failure(store):
    answer = back(store, None).get("/oauth2callback")
    assert answer.headers["location"] == "/"
    assert TOLD not in cookies_of(answer)


HOSTILE = ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/..//evil.example", "/%2f%2fevil.example", "javascript:alert(1)",
           "/waterfall#//evil", "/a/b/c", "/auth/logout", "/oauth2callback?code=1", "/s/../../x", "/\t/evil", "/ /evil", "/x\r\nSet-Cookie: a=b",
           "/?x=\r\nLocation: //evil", "", "waterfall", "/?" + "x" * 2048, "/é", "/?é", "/static/js/x.js", "/@evil.example", "/?a=\\b"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_kept_address_leads_elsewhere(store, text):
    assert own_address(text) is None
    client = back(store, deployment.claims("ada"))
    client.cookies.set(RETURN, base64.urlsafe_b64encode(text.encode()).decode())
    assert client.get("/oauth2callback?code=1").headers["location"] == "/"


@pytest.mark.parametrize("value", ["x", "====", "é", "Ly9ldmlsLmV4YW1wbGU=", "/waterfall"])
def test_a_kept_address_that_cannot_be_read_is_none(store, value):
    assert Cookies(store.settings).kept_address({RETURN: value}) is None


@pytest.mark.parametrize("text", ["/", "/waterfall", "/s/Ab_-9", "/waterfall?f_region=EMEA&f_region=A%20B&window=3+months"])
def test_our_own_addresses_are_kept(text):
    assert own_address(text) == text


def kept(store, answer):
    jar = {name: header.split("=", 1)[1].split(";")[0] for name, header in cookies_of(answer).items()}
    return Cookies(store.settings).kept_address(jar)


def test_a_page_asked_for_without_a_sign_in_is_kept_for_ten_minutes(store):
    answer = gated(store).get("/waterfall?window=3+months")
    assert kept(store, answer) == "/waterfall?window=3+months"
    header = cookies_of(answer)[RETURN]
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Secure"):
        assert part in header


@pytest.mark.parametrize(
    "path", ["/", "/?denied=1", "/?signin=link", "/static/js/x.js", "/_stcore/health", "/healthz", "/auth/login", "/nowhere"]
)
def test_other_requests_keep_no_address(store, path):
    assert RETURN not in cookies_of(gated(store).get(path))


def test_nothing_is_kept_for_somebody_inside(store):
    client = gated(store)
    came_in(store, client)
    assert cookies_of(client.get("/waterfall?window=3+months")) == {}


def test_the_start_page_forgets_what_another_tab_wanted(store):
    client = gated(store)
    client.cookies.set(RETURN, base64.urlsafe_b64encode(b"/waterfall").decode())
    assert "Max-Age=0" in cookies_of(client.get("/"))[RETURN]


@pytest.mark.parametrize(
    ("referer", "expected"),
    [(f"{URL}/cohorts?cadence=quarter", "/cohorts?cadence=quarter"), (f"{URL}/?denied=1", None), ("https://evil.example/cohorts", None),
     (f"{URL}.evil.example/cohorts", None), (f"{URL}//evil.example", None), ("", None)],
)  # fmt: skip
def test_signing_in_from_a_page_comes_back_to_it(store, referer, expected):
    answer = gated(store).get("/auth/login?provider=x", headers={"referer": referer} if referer else {})
    assert kept(store, answer) == expected
    assert address_of(referer, URL) is None or expected or "denied" in referer


def test_a_page_takes_a_dead_cookie_away_and_remembers_why(store):
    client = gated(store)
    store.people.sign_out(came_in(store, client))
    answer = client.get("/waterfall")
    assert "Max-Age=0" in cookies_of(answer)[USER_COOKIE_NAME]
    assert reason(store, answer) == "You have signed out."


def test_a_short_address_waits_for_the_sign_in(store):
    answer = gated(store).get("/s/Ab_-9")
    assert answer.headers["location"] == "/?signin=link"
    assert kept(store, answer) == "/s/Ab_-9"


def test_without_https_cookies_are_not_marked_secure(store):
    plain = "http://127.0.0.1:8501"
    answer = back(store, deployment.claims("ada", url=plain), url=plain).get("/oauth2callback?code=1")
    assert answer.headers["location"] == "/"
    assert "Secure" not in "".join(answer.headers.get_list("set-cookie"))


# --- short addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "dataset_id", "version", "parameters", "expected"),
    [
        ("waterfall", "D1", 3, {"window": ["3 months"]}, "/waterfall?d=D1&v=3&link=L1&window=3+months"),
        ("overview", "D1", None, {"f_region": ["A&B", "C"]}, "/?d=D1&link=L1&f_region=A%26B&f_region=C"),
        ("segments", None, None, {}, "/segments?link=L1"),
        ("segments", None, None, {"d": ["D2"], "v": ["1"], "link": ["L2"]}, "/segments?link=L1"),
    ],
)
def test_a_link_leads_to_its_page(page, dataset_id, version, parameters, expected):
    link = Link("L1", "W1", dataset_id, version, page, parameters, {}, "", "U1", now(), None, None)
    assert share.address(link) == expected


def test_a_link_opens_with_the_rights_of_its_reader(store, tmp_path, monkeypatch):
    monkeypatch.setattr(share.backend, "_held", [store])
    behind = Starlette(routes=share.routes)
    olga, eve = (gated(store, behind=behind) for _ in range(2))
    came_in(store, olga, "olga")
    came_in(store, eve, "eve")
    owner = store.people.of_session(session_key(Cookies(store.settings).claims(olga.cookies)))
    place = owner.memberships[0].workspace_id
    held = deployment.publish(store, owner, place, tmp_path / "book", name="Book", amount=50)
    link = store.links.create(owner, place, page="waterfall", parameters={}, dataset_id=held.dataset_id, version=None, title="", days=None)
    assert olga.get(f"/s/{link.id}").headers["location"] == f"/waterfall?d={held.dataset_id}&link={link.id}"
    assert eve.get(f"/s/{link.id}").headers["location"] == f"/?link={link.id}"
    assert olga.get("/s/unknown").headers["location"] == "/?link=unknown"
    assert gated(store, behind=behind).get(f"/s/{link.id}").headers["location"] == "/?signin=link"
    log = store.audit.read(owner, place)
    assert list(log[log["action"] == "open-link"]["actor"]) == ["olga@acme.com"]


# --- settings ---------------------------------------------------------------------------------------------------------

WHOLE = {
    "NRR_OIDC_METADATA_URL": "https://id.acme.com/.well-known/openid-configuration", "NRR_OIDC_CLIENT_ID": "nrr",
    "NRR_OIDC_CLIENT_SECRET": "s", "NRR_COOKIE_SECRET": deployment.SECRET, "NRR_PUBLIC_URL": "https://nrr.acme.com/", "NRR_DOMAINS": "acme.com",
}  # fmt: skip


def test_sign_in_is_whole_or_off():
    settings = Settings.from_environment(WHOLE)
    assert settings.sign_in
    assert settings.public_url == "https://nrr.acme.com"
    assert not Settings.from_environment({}).sign_in


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "NRR_OIDC_METADATA_URL"])
def test_a_missing_piece_of_sign_in_is_named(name):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(WHOLE | {name: ""})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NRR_COOKIE_SECRET", "short", "At least 32"),
        ("NRR_PUBLIC_URL", "nrr.acme.com", "https://nrr.example.com"),
        ("NRR_PUBLIC_URL", "https://nrr.acme.com/app", "without a path"),
        ("NRR_PUBLIC_URL", "http://nrr.acme.com", "needs https"),
        ("NRR_PUBLIC_URL", "ftp://nrr.acme.com", "https://nrr.example.com"),
    ],
)
def test_an_unsafe_piece_of_sign_in_is_refused(name, value, words):
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment(WHOLE | {name: value})


def test_streamlit_is_told_of_sign_in_only_where_it_is_on():
    assert auth_secrets(Settings()) is None
    auth = auth_secrets(Settings.from_environment(WHOLE | {"NRR_OIDC_SCOPE": "openid email profile groups"}))["auth"]
    assert auth["redirect_uri"] == "https://nrr.acme.com/oauth2callback"
    assert auth["client_kwargs"] == {"scope": "openid email profile groups"}
    assert config.get_option("server.cookieSecret") == deployment.SECRET


# --- headers ----------------------------------------------------------------------------------------------------------


def headers_of(path, **given):
    app = SecurityHeaders(
        Starlette(routes=[Route("/{rest:path}", lambda _: PlainTextResponse("x", headers={"cache-control": "public"}))]), **given
    )
    return TestClient(app, base_url=URL).get(path).headers


def test_every_answer_carries_the_headers():
    headers = headers_of("/")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    policy = headers["content-security-policy"]
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "http" not in policy
    assert "strict-transport-security" not in headers
    assert headers["cache-control"] == "public"


def test_https_is_for_good():
    assert headers_of("/", public_url=URL)["strict-transport-security"] == "max-age=31536000"
    assert "wss://nrr.acme.com" in headers_of("/", public_url=URL)["content-security-policy"]


@pytest.mark.parametrize("path", [FILE, UPLOAD, "/s/abc", "/oauth2callback", "/auth/logout"])
def test_what_is_personal_is_kept_nowhere(path):
    assert headers_of(path)["cache-control"] == "no-store"


def test_a_file_opened_by_itself_runs_nothing():
    assert headers_of(FILE)["content-security-policy"].endswith("sandbox")
