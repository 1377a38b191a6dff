"""Without sign-in: for the people of this machine."""

import pytest
from front import came_in, gated, local
from starlette.websockets import WebSocketDisconnect


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
