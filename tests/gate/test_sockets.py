"""Sockets: an identity only while it holds, every message checked, files for one person."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import deployment
import pytest
from front import FILE, UPLOAD, URL, came_in, gated, inner
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from pages.server import sockets
from pages.server.cookies import TOLD
from pages.server.gate import TOLD_HEADER, Gate


def alone(scene):
    """What a scene gives, in a thread: a browser of another test may keep this one's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene).result()


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
    addresses = [f"/media/{number:032x}" for number in range(5)]
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

    connect, asked, gone = alone(scene())
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

    first, before, told, repeated, later = alone(scene())
    assert first["bytes"] == message(fragment="f")
    assert (before, repeated) == (False, False)
    assert told["bytes"] == later["bytes"] == sockets.allowed(message())
