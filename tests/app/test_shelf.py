"""What sessions share: made once, bounded, never changed by a page; and one page drawn at a time."""

import threading
import time

import pandas as pd
import pytest
from face import EXPLORING, opened

import nrr_core as nrr
from nrr_core.selection import Selection
from pages.ui import cache, turns
from pages.ui.shelf import Shelf


class Unturned(Shelf):
    """The control: a shelf that looks and makes without a turn."""

    def take(self, key, make):
        if key not in self._held:
            self._put(key, make())
        return self._held[key]


def makings(shelf):
    """How often eight threads that ask at once have something made."""
    made, start = [], threading.Barrier(8)

    def ask():
        start.wait()
        shelf.take("key", lambda: (time.sleep(0.05), made.append(1)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(made)


def test_what_is_missing_is_made_once_however_many_ask():
    assert makings(Shelf(max_entries=3)) == 1
    assert makings(Unturned(max_entries=3)) > 1


def test_the_longest_unused_goes_first():
    shelf = Shelf(max_entries=2)
    for key in ("a", "b", "a", "c"):
        shelf.take(key, lambda key=key: key.upper())
    assert shelf.values() == ["A", "C"]


def test_an_error_is_not_kept():
    shelf = Shelf(max_entries=2)
    with pytest.raises(ZeroDivisionError):
        shelf.take("key", lambda: 1 // 0)
    assert shelf.take("key", lambda: 1) == 1
    assert not shelf._turns


def prints(frames):
    """Contents of frames: columns, values and stamps."""
    return [(tuple(f.columns), f.to_csv(), dict(f.attrs.get("stamp", {}))) for f in frames]


@pytest.mark.parametrize("page", EXPLORING)
def test_a_page_changes_no_shared_frame(page, book):
    opened(page, book)
    before = cache._FRAMES.values()
    kept = prints(before)
    opened(page, book, unit="ARR")
    opened(page, book)
    assert before
    assert prints(before) == kept
    before[0]["planted"] = 1  # the control: a change is seen
    try:
        assert prints(before) != kept
    finally:
        del before[0]["planted"]


@pytest.mark.parametrize("window", [1, 12, "quarter", "year_to_date"])
def test_the_rows_of_one_close_are_those_of_the_question_with_that_close(sample, window):
    selection = Selection(window=window, by=("region",), where=(("plan", ("Growth",)),))
    every = nrr.retention(sample, window=window, by="region", where={"plan": ["Growth"]})
    closes = every["close"].unique().tolist()
    assert len(closes) > 2
    for close in (closes[0], closes[1], closes[-1]):
        found = cache.at_close(sample, selection, close).reset_index(drop=True)
        pd.testing.assert_frame_equal(found, every[every["close"] == close].reset_index(drop=True))
    assert cache.at_close(sample, selection, "1999-01").empty


def most_at_once(turn):
    """How many of six threads are inside at the same time."""
    inside, most = [], []

    def draw():
        with turn():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=draw) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(most)


def test_one_page_is_drawn_at_a_time():
    assert most_at_once(turns.turn) == 1
    assert most_at_once(lambda: threading.BoundedSemaphore(6)) > 1


def test_a_page_that_takes_long_holds_up_the_others_only_for_a_while(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE", 0.05)
    with turns.turn():
        started = time.perf_counter()
        other = threading.Thread(target=lambda: most_at_once(turns.turn))
        other.start()
        other.join(10)
        assert not other.is_alive()
        assert time.perf_counter() - started >= 0.05
    assert most_at_once(turns.turn) >= 1


def test_the_turn_is_given_back_when_a_page_fails():
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    assert turns._one.acquire(blocking=False)
    turns._one.release()


def test_a_table_is_made_when_it_is_opened(book):
    app = opened("waterfall", book)
    drawn = len(app.dataframe)
    app.session_state["bridge_table_open"] = False
    assert len(app.run().dataframe) == drawn - 1


def test_labels_of_a_kept_frame_are_looked_up_beforehand():
    frame = pd.DataFrame({"a": [1], "b": [2]})
    assert not frame.columns._engine.is_mapping_populated
    assert cache._ready(frame).columns._engine.is_mapping_populated
