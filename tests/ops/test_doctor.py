"""Each check of the doctor says ok on a good deployment, and finds the fault it is there for."""

import http.server
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from nrr_core.cli import main
from nrr_core.commands.operate import serve_command
from nrr_core.doctor import database, examine, examine_site, serving, sign_in, site, storage
from nrr_core.errors import SettingsError
from nrr_core.settings import Grant, Settings
from nrr_core.store import open_store
from nrr_core.store.catalogue import Catalogue


@pytest.fixture
def good(filled):
    return filled("sqlite")


@pytest.fixture
def catalogue(good):
    held = Catalogue(good.database_url)
    yield held
    held.close()


class Answers(http.server.BaseHTTPRequestHandler):
    """A server of this machine that answers what a test has put down."""

    pages: dict = {}  # noqa: RUF012 - set anew by each test

    def do_GET(self):
        status, headers, body = self.pages.get(self.path, (404, {}, ""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_PUT = do_GET  # noqa: N815 - as the standard library calls it

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def answering():
    """A server with the given pages; returns its address."""
    started = []

    def _answering(pages):
        handler = type("Handler", (Answers,), {"pages": pages, "protocol_version": "HTTP/1.0"})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield _answering
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_good_store_has_nothing_wrong(good):
    found = list(examine(good, deep=True))
    assert [one for one in found if one.state == "fail"] == []
    assert {"folder", "private", "room", "durable", "disk", "database", "schema", "keeps", "files", "sign-in", "address", "uploads",
            "memory", "settings"} == {one.check for one in found}  # fmt: skip


def test_a_missing_folder_is_found(good, tmp_path):
    wrong = replace(good, data=tmp_path / "nowhere")
    assert storage.folder(good).state == "ok"
    assert storage.folder(wrong).state == "fail"
    assert not (tmp_path / "nowhere").exists()
    assert "database" not in {one.check for one in examine(wrong)}  # nothing is made, and nothing else is asked


def test_a_folder_open_to_others_is_found(good):
    assert storage.private(good).state == "ok"
    good.folder.chmod(0o755)
    assert storage.private(good).state == "fail"
    assert "chmod 700" in storage.private(good).text


def test_a_full_disk_is_found(good):
    assert [storage.room(good, free=free << 20).state for free in (100, 1_000, 100_000)] == ["fail", "warn", "ok"]


@pytest.mark.skipif(os.name == "nt", reason="file systems are read from /proc")
def test_a_network_disk_under_sqlite_is_found(good, catalogue, tmp_path, empty):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/x {good.folder.parent} nfs4 rw 0 0\n/dev/b {good.folder.parent}x ext4 rw 0 0\n")
    assert storage.local_disk(good, catalogue).state == "ok"
    assert storage.local_disk(good, catalogue, mounts=mounts).state == "fail"
    assert storage.local_disk(good, catalogue, mounts=tmp_path / "none").state == "warn"
    shared = Catalogue(empty("postgres").database_url)
    assert storage.local_disk(good, shared, mounts=mounts).state == "ok"  # Postgres keeps its own disk
    shared.close()


def test_missing_and_changed_files_are_found(good, catalogue):
    assert storage.files_whole(good, catalogue, deep=True).state == "ok"
    path = next((good.folder / "canonical").iterdir())
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert storage.files_whole(good, catalogue, deep=False).state == "ok"
    assert storage.files_whole(good, catalogue, deep=True).state == "fail"
    path.unlink()
    assert storage.files_whole(good, catalogue, deep=False).state == "fail"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_that_is_well_answers_has_the_schema_and_keeps(kind, empty):
    settings = empty(kind)
    open_store(settings).close()
    held = Catalogue(settings.database_url)
    assert [one.state for one in (database.answers(held), database.schema(held), database.keeps(held))] == ["ok"] * 3
    held.close()


def test_a_database_that_is_not_there_is_found(tmp_path):
    nowhere = Catalogue(f"sqlite:///{tmp_path / 'none.db'}")
    assert database.answers(nowhere).state == "fail"
    assert not (tmp_path / "none.db").exists()
    nobody = Catalogue("postgresql://nobody@127.0.0.1:1/none")
    assert database.answers(nobody).state == "fail"


def test_another_schema_is_found(catalogue):
    for revision, state in (("9999", "fail"), ("0001", "ok")):
        with catalogue.write() as con:
            con.execute(sa.text("update alembic_version set version_num = :r"), {"r": revision})
        assert database.schema(catalogue).state == state
    with catalogue.write() as con:
        con.execute(sa.text("delete from alembic_version"))
    assert database.schema(catalogue).state == "warn"


def test_a_database_that_forgets_is_found(empty):
    memory = Catalogue("sqlite://")
    assert database.keeps(memory).state == "fail"
    address = sa.make_url(empty("postgres").database_url)
    careful = Catalogue(address.render_as_string(hide_password=False))
    assert database.keeps(careful).state == "ok"
    with careful.write() as con:
        con.execute(sa.text(f"alter database {address.database} set synchronous_commit = off"))
    careful.close()
    assert database.keeps(careful).state == "fail"
    careful.close()


COMPLETE = Settings(
    oidc_metadata_url="https://id.example.com/.well-known/openid-configuration", oidc_client_id="c", oidc_client_secret="s",  # noqa: S106
    cookie_secret="c" * 32, public_url="https://nrr.example.com", domains=("example.com",), owners=("a@example.com",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "ok"), ({"oidc_client_id": ""}, "fail"), ({"oidc_client_secret": ""}, "fail"), ({"public_url": ""}, "fail"),
        ({"cookie_secret": "c" * 31}, "fail"), ({"domains": ()}, "fail"), ({"public_url": "http://nrr.example.com"}, "fail"),
        ({"domains": ("*",)}, "warn"), ({"owners": ()}, "warn"), ({"owners": (), "groups": (Grant("g", "Main", "owner"),)}, "ok"),
        ({"public_url": "http://localhost:8501"}, "ok"), ({"oidc_metadata_url": ""}, "ok"),
        ({"oidc_metadata_url": "", "allow_network": True}, "warn"),
    ],
)  # fmt: skip
def test_an_incomplete_sign_in_is_found(change, state):
    assert {one.state for one in sign_in.complete(replace(COMPLETE, **change))} == {state}


def metadata(**more):
    said = {"authorization_endpoint": "https://id.example.com/a", "token_endpoint": "https://id.example.com/t",
            "jwks_uri": "https://id.example.com/k"} | more  # fmt: skip
    return json.dumps(said)


def test_a_provider_is_asked_who_it_is(answering):
    pages = {}
    url = answering(pages)
    settings = replace(COMPLETE, oidc_metadata_url=f"{url}/.well-known/openid-configuration")
    place = "/.well-known/openid-configuration"
    for answer, states in [
        ((200, {}, metadata(issuer=url)), ["ok", "ok"]),
        ((200, {}, metadata(issuer="https://other.example.com")), ["fail", "ok"]),
        ((200, {}, metadata(issuer=url, token_endpoint="http://id.example.com/t")), ["fail", "ok"]),  # noqa: S106 - an address
        ((200, {}, "[]"), ["fail", "ok"]),
        ((200, {}, "<html>"), ["fail"]),
        ((500, {}, ""), ["fail"]),
    ]:
        pages[place] = answer
        assert [one.state for one in sign_in.provider(settings)] == states, answer
    nobody = replace(COMPLETE, oidc_metadata_url="http://127.0.0.1:1/.well-known/openid-configuration")
    assert [one.state for one in sign_in.provider(nobody)] == ["fail"]


def test_a_wrong_clock_is_found(answering):
    pages = {}
    url = answering(pages)
    pages["/.well-known/openid-configuration"] = (200, {}, metadata(issuer=url))
    settings = replace(COMPLETE, oidc_metadata_url=f"{url}/.well-known/openid-configuration")
    for seconds, state in ((0, "ok"), (20, "warn"), (-300, "fail")):
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        assert sign_in.provider(settings, moment=moment)[1].state == state


def test_an_open_address_without_sign_in_is_found(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[server]\naddress = "127.0.0.1"\nmaxUploadSize = 500\n')
    assert serving.address(Settings(), config=config, environment={}).state == "ok"
    config.write_text('[server]\naddress = "0.0.0.0"\nmaxUploadSize = 200\n')
    assert serving.address(Settings(), config=config, environment={}).state == "fail"
    assert serving.address(Settings(), config=tmp_path / "none", environment={}).state == "fail"  # Streamlit's default is open
    assert serving.address(Settings(), config=config, environment={"STREAMLIT_SERVER_ADDRESS": "::1"}).state == "ok"
    assert serving.address(Settings(allow_network=True), config=config, environment={}).state == "warn"
    assert serving.address(COMPLETE, config=config, environment={}).state == "ok"
    assert serving.uploads(Settings(), config=config, environment={}).state == "warn"
    assert serving.uploads(Settings(upload_mb=200), config=config, environment={}).state == "ok"


def test_the_upload_limit_of_the_repository_is_the_default_of_the_settings():
    assert serving.uploads(Settings(), environment={}).state == "ok"


def test_too_little_memory_is_found(tmp_path):
    limit = tmp_path / "memory.max"
    for text, state in ((f"{3 << 30}", "fail"), (f"{6 << 30}", "warn")):
        limit.write_text(text)
        assert serving.memory(Settings(), limits=(limit,)).state == state
    limit.write_text("max\n")
    assert serving.memory(Settings(imports=1, import_memory_mb=64), limits=(limit,)).state == "ok"


def test_words_that_are_not_allowed_are_found():
    assert [one.state for one in serving.texts(Settings())] == ["ok"]
    assert [one.state for one in serving.texts(Settings(log_format="xml", log_level="loud"))] == ["fail", "fail"]


HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin", "permissions-policy": "a", "x-frame-options": "DENY"}


def test_a_site_is_looked_at_from_outside(answering):
    pages = {"/": (200, HEADERS, "page"), "/readyz": (200, {}, '{"ready": true, "checks": {}}'), "/metrics": (403, {}, "")}
    pages["/_stcore/stream"] = (101, {"Upgrade": "websocket", "Connection": "Upgrade"}, "")
    url = answering(pages)
    assert {one.check: one.state for one in examine_site(Settings(), url)} == dict.fromkeys(
        ("https", "site", "headers", "cookies", "redirect", "websocket", "upload", "ready", "metrics", "replicas"), "ok"
    )
    pages["/_stcore/stream"] = (400, {}, "")
    assert site.websocket(url).state == "fail"
    pages["/_stcore/upload_file/none/none"] = (413, {}, "")
    assert site.body_size(url, 500).state == "fail"
    pages["/readyz"] = (503, {}, '{"ready": false, "checks": {"schema": false, "files": true}}')
    assert site.ready(url).text.startswith("/readyz answers with status 503: schema.")
    pages["/"] = (502, {}, "")
    assert [one.state for one in examine_site(Settings(), url)][1:] == ["fail"]
    assert site.reachable("http://127.0.0.1:1")[0].state == "fail"
    assert site.websocket("http://127.0.0.1:1").state == "fail"
    assert site.ready("http://127.0.0.1:1").state == "fail"


def answer_of(url, headers=()):
    return httpx.Response(200, headers=headers, request=httpx.Request("GET", url))


def test_missing_headers_and_open_cookies_are_found():
    https, http_ = "https://nrr.example.com/", "http://127.0.0.1/"
    given = list(HEADERS.items())
    assert site.headers(answer_of(http_, given)).state == "ok"
    assert site.headers(answer_of(http_, given[1:])).state == "fail"
    assert site.headers(answer_of(https, given)).state == "warn"
    assert site.headers(answer_of(https, [*given, ("strict-transport-security", "max-age=1")])).state == "ok"
    for cookie, state in (("a=1; Path=/; Secure; HttpOnly", "ok"), ("a=1; Path=/", "fail"), ("secure=1", "fail")):
        assert site.cookies(answer_of(https, [("set-cookie", cookie)])).state == state
    assert site.encrypted("http://nrr.example.com").state == "fail"
    assert site.encrypted("https://nrr.example.com").state == "ok"


def test_public_metrics_are_found(answering):
    pages = {"/metrics": (200, {}, "")}
    url = answering(pages)
    assert site.metrics_hidden(url).state == "ok"  # this machine may
    elsewhere = url.replace("127.0.0.1", "[::ffff:127.0.0.1]")  # the same server under an address that is not taken for this machine
    assert site.metrics_hidden(elsewhere).state == "fail"
    pages["/metrics"] = (401, {}, "")
    assert site.metrics_hidden(elsewhere).state == "ok"


def test_the_command_says_one_line_a_check_and_exits_1_on_a_fault(good, monkeypatch, capsys):
    monkeypatch.setenv("NRR_DATA", str(good.folder))
    assert main(["doctor", "--deep"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.split()[0] in {"ok", "warn"} for line in lines)
    good.folder.chmod(0o777)
    assert main(["doctor"]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("fail  private")]
    monkeypatch.setenv("NRR_IMPORTS", "many")
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.startswith("fail  settings     NRR_IMPORTS is “many”")


def test_the_app_is_not_served_to_others_without_sign_in(monkeypatch, capsys):
    for host in ("127.0.0.1", "localhost", "::1"):
        assert f"--server.address={host}" in serve_command(Settings(upload_mb=77), host, 8600)
    assert "--server.maxUploadSize=77" in serve_command(Settings(upload_mb=77), "127.0.0.1", 8600)
    for host in ("0.0.0.0", "::", "10.1.2.3", "nrr.example.com", ""):  # noqa: S104 - addresses that must be refused
        with pytest.raises(SettingsError, match="without sign-in"):
            serve_command(Settings(), host, 8600)
        assert "--logger.hideWelcomeMessage=true" in serve_command(COMPLETE, host, 8600)
        assert serve_command(Settings(allow_network=True), host, 8600)
    monkeypatch.setenv("NRR_DATA", "/nowhere")
    assert main(["serve", "--host", "0.0.0.0"]) == 2  # noqa: S104
    assert "NRR_ALLOW_NETWORK" in capsys.readouterr().err
