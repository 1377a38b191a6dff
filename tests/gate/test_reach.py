"""With sign-in: who reaches what, and until when."""

import base64
import json
from datetime import timedelta

import deployment
import pytest
import sqlalchemy as sa
from front import FILE, UPLOAD, URL, came_in, gated, inner
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _parse_decoded_user_cookie

from nrr_core.errors import StoreError
from nrr_core.store import session_key, tables
from nrr_core.store.catalogue import now
from pages.server import sessions
from pages.server.gate import Gate

KINDS = ("tampered", "another secret", "another name's signature", "another deployment", "not signed", "not claims", "not JSON",
         "missing chunks", "not logged in", "never came in")  # fmt: skip


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


@pytest.mark.parametrize("kind", KINDS)
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


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_signs_nobody_out(store, site):
    client = gated(store)
    came_in(store, client)
    assert client.get("/auth/logout", headers={"sec-fetch-site": site}, follow_redirects=False).status_code == 302
    assert client.get("/export/all").status_code == 200
    client.get("/auth/logout", headers={"sec-fetch-site": "same-origin"})  # the control: our own button
    assert client.get("/export/all").status_code == 401


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
