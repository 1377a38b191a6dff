"""The log holds what happened and where in the code, and nothing that a file, a person or an address brought along."""

import json
import logging
import sys
import threading
import warnings

import pytest
from asgi import asked, connected
from shelves import owner
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from nrr_core.errors import SettingsError
from nrr_core.ingest import Options, apart
from nrr_core.settings import Settings
from pages.server import logs
from pages.server.requests import address_of, id_of, path_of
from pages.ui import backend, jobs

SECRETS = ("Acme-Geheim-GmbH", "acct-4711-xyz", "hostile=name.csv", "eyJhbGciOi.token", "session=cookie-abc", "987654.32")
FILE = f"account_id,month,mrr,customer\n{SECRETS[1]},2024-01,{SECRETS[5]},{SECRETS[0]}\n{SECRETS[1]},2024-02,{SECRETS[5]},{SECRETS[0]}\n"


@pytest.fixture
def logged(capsys):
    """Switches the log on for one test; returns what has been written so far."""
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, logging.getLogRecordFactory(), sys.excepthook, sys.unraisablehook, threading.excepthook)
    levels = {name: (one.handlers[:], one.propagate, one.level) for name, one in logging.root.manager.loggerDict.items()
              if isinstance(one, logging.Logger)}  # fmt: skip

    def _logged(form="json"):
        logs.configure(Settings(log_format=form, log_level="DEBUG"))
        return lambda: capsys.readouterr().err

    yield _logged
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = kept[0], kept[1]
    logging.setLogRecordFactory(kept[2])
    sys.excepthook, sys.unraisablehook, threading.excepthook = kept[3:]
    for name, (handlers, propagate, level) in levels.items():
        one = logging.getLogger(name)
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


def explode(con, report, work, text):
    """What the import's process calls at its end here: it fails, and its error quotes the file."""
    rows = con.execute("select * from revenue").fetchall()
    raise ValueError(f"{text} in {rows} of {report.as_dict()} at {work}")


def crashed_import(tmp_path):
    """An error as the app gets it from an import process that broke down while it held the file's rows."""
    source = tmp_path / SECRETS[2]
    source.write_text(FILE)
    with pytest.raises(RuntimeError) as caught:
        apart.run(source, work=tmp_path, name=SECRETS[2], then="test_logs:explode", then_arguments={"text": " ".join(SECRETS)})
    return caught.value


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_crashed_import_leaves_no_value_in_the_log(form, logged, tmp_path):
    error = crashed_import(tmp_path)
    for secret in SECRETS:
        assert secret in str(error)  # the control: the error itself quotes them all
    written = logged(form)
    logging.getLogger("nrr.app").error("import failed", exc_info=error)
    line = written()
    assert "import failed" in line
    assert "RuntimeError" in line
    assert "child.py" in line
    assert "test_logs.py" in line  # where in the other process it happened
    assert not [secret for secret in SECRETS if secret in line]
    plain = logging.Formatter().formatException((type(error), error, error.__traceback__))
    assert [secret for secret in SECRETS if secret in plain] == list(SECRETS)  # the control: an ordinary log has them


def test_a_refused_import_leaves_no_value_in_the_log(logged, tmp_path, monkeypatch):
    monkeypatch.setenv("NRR_DATA", str(tmp_path / "store"))
    backend.close()
    written = logged()
    store = backend.store()
    actor = owner(store)
    bad = FILE.replace("2024-02", "no month").encode() + b"\x00\x01" * 50
    job = jobs.start(actor, actor.memberships[0].workspace_id, (SECRETS[2], bad), None, options=Options(), last="9999")
    assert job.ended.wait(60)
    assert job.error is not None
    backend.close()
    assert not [secret for secret in SECRETS if secret in written()]


def chained():
    try:
        {}[SECRETS[0]]
    except KeyError as inner:
        raise ValueError(SECRETS[1]) from inner


@pytest.mark.parametrize("name", ["nrr.app", "streamlit.web.server.new", "uvicorn.error", "asyncio", "sqlalchemy.engine"])
def test_errors_and_their_causes_are_told_without_their_texts(name, logged):
    written = logged()
    try:
        chained()
    except ValueError:
        logging.getLogger(name).exception("it broke here and now")
    said = json.loads(written())
    assert (said["level"], said["logger"]) == ("ERROR", name)
    assert "builtins.KeyError" in said["exc_info"]
    assert "builtins.ValueError" in said["exc_info"]
    assert "test_logs.py" in said["exc_info"]
    assert not [secret for secret in SECRETS if secret in json.dumps(said)]


def test_foreign_messages_are_shown_without_what_was_put_into_them(logged):
    written = logged()
    foreign = logging.getLogger("streamlit.somewhere")
    foreign.addHandler(logging.StreamHandler())  # as Streamlit does with each of its loggers
    foreign.propagate = False
    foreign.warning("could not open %s for good", SECRETS[2])
    foreign.warning("could not open " + SECRETS[2])
    foreign.warning("a constant text of the source", extra={"color_message": SECRETS[3]})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRETS[0], UserWarning, stacklevel=1)
    lines = [json.loads(line) for line in written().splitlines()]
    assert [one["message"] for one in lines] == [
        "could not open %s for good", "(message withheld)", "a constant text of the source", "(message withheld)",
    ]  # fmt: skip
    assert not [secret for secret in SECRETS if secret in json.dumps(lines)]


def test_what_nobody_caught_is_told_without_its_text(logged):
    written = logged()

    def fail():
        raise OSError(SECRETS[0])

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    said = json.loads(written())
    assert said["level"] == "CRITICAL"
    assert "OSError" in said["exc_info"]
    assert SECRETS[0] not in json.dumps(said)


def test_a_setting_that_cannot_be_is_told_in_full(logged):
    written = logged()
    logging.getLogger("nrr.server").error("no start", exc_info=SettingsError("NRR_IMPORTS is “x”. It must be a number."))
    assert "NRR_IMPORTS is “x”. It must be a number." in json.loads(written())["exc_info"]


def served(**options):
    async def hello(_):
        return PlainTextResponse("hello")

    async def echo(socket):
        await socket.accept()
        await socket.close()

    routes = [Route("/{path:path}", hello, methods=["GET", "PUT"]), WebSocketRoute("/_stcore/stream", echo)]
    return logs.RequestLog(Starlette(routes=routes), **options)


def test_a_request_is_one_line_without_query_cookie_or_token(logged):
    written, app = logged(), served()
    secret = {"Authorization": f"Bearer {SECRETS[3]}", "Cookie": SECRETS[4]}
    answer = asked(app, f"/media/{SECRETS[2]}?token={SECRETS[3]}", headers=secret)
    asked(app, f"/_stcore/upload_file/{SECRETS[4]}/{SECRETS[1]}", method="PUT")
    asked(app, f"/{SECRETS[0]}")
    asked(app, f"/waterfall?account={SECRETS[1]}")
    assert connected(app, "/_stcore/stream", SECRETS[3].encode()) == ["websocket.accept", "websocket.close"]
    lines = [json.loads(line) for line in written().splitlines() if '"nrr.server"' in line]
    assert [one["message"].split(" ms ")[0].rsplit(" ", 1)[0] for one in lines] == [
        "GET /media/* 200", "PUT /_stcore/* 200", "GET /* 200", "GET /waterfall 200", "WEBSOCKET /_stcore/stream 101",
    ]  # fmt: skip
    assert lines[0]["request"] == answer.headers["x-request-id"]
    assert len({one["request"] for one in lines}) == 5
    assert not [secret for secret in SECRETS if secret in json.dumps(lines)]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/", "/"), ("/s/AbC123", "/s/*"), ("/static/js/a.js", "/static/*"), ("/data", "/data"), ("/data/x", "/data/*"), ("x", "/*"),
     ("//evil", "/*"), ("/_stcore/health", "/_stcore/health"), ("/acct-1/data", "/*")],
)  # fmt: skip
def test_paths_for_the_log(path, shown):
    assert path_of(path) == shown


def test_ids_and_addresses_come_from_a_proxy_only_where_it_is_trusted():
    given = {"x-request-id": "abcdef-123456", "x-forwarded-for": "6.6.6.6, 203.0.113.9"}
    assert id_of(given, trusted_proxy=True) == "abcdef-123456"
    assert id_of(given, trusted_proxy=False) != "abcdef-123456"
    assert id_of({"x-request-id": "evil\nline 1234"}, trusted_proxy=True) != "evil\nline 1234"
    assert address_of("10.0.0.1", given, trusted_proxy=True) == "203.0.113.9"
    assert address_of("10.0.0.1", given, trusted_proxy=False) == "10.0.0.1"
    assert address_of("10.0.0.1", {"x-forwarded-for": SECRETS[0]}, trusted_proxy=True) == "10.0.0.1"
    assert address_of("unix", {}, trusted_proxy=True) == "-"
