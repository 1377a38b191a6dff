"""The engine: locked, safe for threads, windows made on demand."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.engines import open_dataset
from nrr_core.reading import prepare

JAN = month("2023-01")


@pytest.fixture(name="data", scope="module")
def _data():
    chance = np.random.default_rng(5)
    lines = []
    for a in range(150):
        f = JAN + int(chance.integers(0, 20))
        lines.append((f"a{a}", f, f + int(chance.integers(1, 20)), int(chance.integers(1, 90)) * 10_000, (f"p{a % 5}",)))
    return make(lines, dimensions=("plan",), last=JAN + 30)


def test_files_cannot_be_reached_through_the_engine(data):
    for sql in ("select * from read_csv('/etc/hostname')", "attach 'x.duckdb'", "install httpfs", "set memory_limit = '9GB'"):
        with pytest.raises(duckdb.Error):
            data.engine._fetch(sql, {})


def test_sixteen_threads_get_their_own_answers(data):
    segments = data.axis("plan").segments
    want = {s: nrr.retention(data, window=w, where={"plan": [s]}) for s in segments for w in (3,)}

    def ask(i):
        segment = segments[i % len(segments)]
        got = nrr.retention(data, window=3, where={"plan": [segment]})
        return got.equals(want[segment])

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(320)))


def test_one_connection_shared_by_threads_is_what_the_cursor_saves_us_from():
    con, wrong, start = duckdb.connect(), [], threading.Barrier(8)
    con.execute("create table t as select range as i from range(20000)")

    def ask(k):
        start.wait()
        for _ in range(100):
            try:
                if con.execute("select max(i) + $k from t", {"k": k}).fetchall() != [(19_999 + k,)]:
                    wrong.append(k)
            except (duckdb.Error, TypeError):
                wrong.append(k)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert wrong, "the control saw no foreign answer: this test no longer shows anything"


def test_windows_made_on_demand_are_bounded_and_right(data):
    for months in (2, 4, 5, 6, 7, 8, 2, 4, 5, 6, 7, 8):
        frame = nrr.retention(data, window=months)
        assert set(frame.window) == {months}
    kept = {window for _, window in data.rollups._kept} - {None, 1, 3, 12}
    assert len(kept) <= 4
    pd.testing.assert_frame_equal(nrr.movements(data, window=2), nrr.movements(data, window=2))


def test_threads_may_ask_for_different_new_windows_at_once(data):
    want = {m: nrr.retention(data, window=m) for m in range(2, 14)}
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda i: (2 + i % 12, nrr.retention(data, window=2 + i % 12)), range(96)))
    assert all(frame.equals(want[m]) for m, frame in got)


def test_a_file_opened_twice_in_one_process_stays_locked(tmp_path):
    prepare(Path(__file__).parents[2] / "data" / "revenue.csv", tmp_path)
    first, second = open_dataset(tmp_path), open_dataset(tmp_path)
    assert first.accounts == second.accounts
    for one in (first, second):
        with pytest.raises(duckdb.Error, match="locked"):
            one.engine._con.execute("set enable_external_access = true")
