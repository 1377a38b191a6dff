"""What the process says about itself, and to whom."""

import asyncio
import shutil
import threading
import time

import pytest
import sqlalchemy as sa
from asgi import asked
from starlette.applications import Starlette

from nrr_core.settings import Settings
from nrr_core.store import open_store
from pages.server import health, metrics
from pages.ui import meter


@pytest.fixture
def store(tmp_path):
    held = open_store(Settings(data=tmp_path / "store"))
    yield held
    held.close()


@pytest.fixture
def ready(store):
    made = health.Readiness(lambda: store)
    made.sample = True
    return made


def seen(readiness):
    answer = asked(Starlette(routes=health.routes(readiness)), "/readyz")
    return answer.status_code, [name for name, well in answer.json()["checks"].items() if not well]


def test_it_is_ready_when_everything_is_well(ready):
    assert seen(ready) == (200, [])


def test_each_check_can_fail_and_is_named(store, ready):
    ready.sample = False
    assert seen(ready) == (503, ["sample"])
    ready.sample, ready.stopping = True, True
    assert seen(ready) == (503, ["running"])


def test_a_folder_that_cannot_be_written_is_seen(store, ready):
    shutil.rmtree(store.files.tmp)
    assert seen(ready) == (503, ["files"])


def test_another_schema_is_seen(store, ready):
    with store.catalogue.write() as con:
        con.execute(sa.text("update alembic_version set version_num = '0000'"))
    assert seen(ready) == (503, ["schema"])


def test_a_broken_catalogue_is_seen_and_its_recovery_too(store, ready):
    path = store.files.folder / "catalogue.db"
    store.catalogue.close()
    good = path.read_bytes()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(b"not a database" * 400)
    assert seen(ready) == (503, ["catalogue", "schema"])
    path.write_bytes(good)
    assert seen(ready)[0] == 503  # kept for two seconds
    time.sleep(2.1)
    assert seen(ready) == (200, [])


def test_a_store_that_hangs_costs_one_thread_and_an_answer_in_time(store):
    going, calls = threading.Event(), []

    def slow():
        calls.append(1)
        going.wait(30)
        return store

    readiness = health.Readiness(slow)
    readiness.sample = True

    async def three():
        return await asyncio.gather(*(readiness.checks() for _ in range(3)))

    started = time.monotonic()
    answers = asyncio.run(_ended(three(), going))
    assert time.monotonic() - started < 6
    assert [one["catalogue"] for one in answers] == [False] * 3
    assert len(calls) == 1


async def _ended(task, going):
    try:
        return await task
    finally:
        going.set()


def test_health_does_not_touch_the_store():
    def never():
        raise AssertionError("the store was asked")

    app = Starlette(routes=health.routes(health.Readiness(never)))
    assert asked(app, "/healthz").text == "ok\n"
    assert asked(app, "/readyz").status_code == 503  # the control: readiness does ask


def fetched(settings, *, client=("127.0.0.1", 1), host="127.0.0.1:8501", **headers):
    return asked(Starlette(routes=[metrics.route(settings)]), "/metrics", client=client, host=host, headers=headers)


def test_without_a_token_only_this_machine_reads_metrics():
    settings = Settings()
    assert fetched(settings).status_code == 200
    assert fetched(settings, client=("::1", 1), host="localhost:8501").status_code == 200
    assert fetched(settings, client=("10.0.0.7", 1)).status_code == 403
    assert fetched(settings, host="rebound.example.com").status_code == 403
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert fetched(settings, **{name: "127.0.0.1"}).status_code == 403


def test_with_a_token_only_its_bearer_reads_metrics():
    settings = Settings(metrics_token="t0ken")  # noqa: S106 - of this test
    assert fetched(settings).status_code == 403
    assert fetched(settings, Authorization="Bearer t0ke").status_code == 403
    assert fetched(settings, Authorization="t0ken").status_code == 403
    assert fetched(settings, client=("10.0.0.7", 1), Authorization="Bearer t0ken").status_code == 200


def test_counts_go_up_and_labels_are_words_of_ours(store):
    before = fetched(Settings()).text
    with meter.rerun("Overview"):
        pass
    meter.imported("refused", 1.5)
    meter.errors("app")
    store.catalogue.took = meter.store_seconds
    with store.catalogue.read() as con:
        con.execute(sa.text("select 1"))
    after = fetched(Settings()).text

    def value(text, name):
        found = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(f"{name} ")]
        return found[0] if found else 0.0

    for name in (
        'nrr_rerun_seconds_count{page="Overview"}', 'nrr_imports_total{result="refused"}', 'nrr_errors_total{source="app"}',
        "nrr_store_seconds_count", "nrr_import_seconds_count",
    ):  # fmt: skip
        assert value(after, name) == value(before, name) + 1, name
    assert "process_resident_memory_bytes" in after
    for name in ("nrr_sessions", "nrr_imports_running", "nrr_imports_waiting", "nrr_open_datasets"):
        assert f"\n{name} " in after


def test_open_datasets_are_counted_while_somebody_holds_them(tmp_path):
    import nrr_core as nrr  # noqa: PLC0415 - reads only here

    def count():
        text = fetched(Settings()).text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("nrr_open_datasets "))

    (tmp_path / "a.csv").write_text("account_id,month,mrr\na,2024-01,1\na,2024-02,2\n")
    before = count()
    held = meter.opened(nrr.read(tmp_path / "a.csv"))
    assert count() == before + 1
    del held
    assert count() == before
