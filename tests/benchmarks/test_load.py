"""The load benchmark sees what it is to see: wrong numbers, growth, sessions that are not given back."""

import asyncio
import random
import shutil
import time

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import load, soak
from benchmarks.answers import PAGES, Answers
from benchmarks.served import SAMPLE, dataset_in, served
from benchmarks.visitors import Run


@pytest.fixture(scope="module")
def answers():
    return Answers(dataset_in(SAMPLE))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The sample data with one account's amount of every month changed."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(SAMPLE / "accounts.csv", folder)
    head, first, *rest = (SAMPLE / "revenue.csv").read_text(encoding="utf-8").splitlines()
    place = head.split(",").index(next(name for name in head.split(",") if name.startswith("mrr")))
    account = first.split(",")[0]
    lines = [line.split(",") for line in (first, *rest)]
    for line in lines:
        if line[0] == account and line[place]:
            line[place] = str(float(line[place]) + 1_000_000)
    (folder / "revenue.csv").write_text("\n".join([head, *(",".join(line) for line in lines)]) + "\n", encoding="utf-8")
    return folder


def asked_of(folder, answers):
    with served(data=folder) as (base, server):
        return asyncio.run(load.level(base, answers, 4, pages=list(PAGES), seconds=6, think=0.5, server=server))


@pytest.mark.slow
def test_right_numbers_are_right_and_wrong_ones_are_seen(answers, other):
    found = asked_of(SAMPLE, answers)
    assert (found["wrong"], found["errors"], found["examples"]) == (0, 0, [])
    assert found["checked"] >= 8
    assert found["server_cpu_ms_per_rerun"] > 0
    assert found["mb_peak"] >= found["mb_start"] > 0
    changed = asked_of(other, answers)
    assert changed["errors"] == 0
    assert changed["wrong"] > 0


async def joined(base, session="none"):
    """Connect as a browser that had this session before; the session that the server gives, and leave."""
    protocols = ["streamlit", "token", session]
    async with websockets.connect(load.stream(base), subprotocols=protocols, max_size=64 << 20) as socket:
        message = BackMsg()
        message.rerun_script.query_string = ""
        await socket.send(message.SerializeToString())
        given = ""
        async for raw in socket:
            found = ForwardMsg.FromString(raw)
            if found.WhichOneof("type") == "new_session":
                given = found.new_session.initialize.session_id
            elif found.WhichOneof("type") == "script_finished":
                return given
    raise AssertionError("the server closed the connection")


@pytest.mark.slow
def test_a_session_whose_visitor_left_is_given_up_after_a_while():
    with served(options=("--server.disconnectedSessionTTL=3",)) as (base, _):
        first = asyncio.run(joined(base))
        assert asyncio.run(joined(base, first)) == first  # the control: come back in time and it is there
        time.sleep(4)
        assert asyncio.run(joined(base, first)) != first


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_draws_nothing_is_wrong(answers, page):
    assert answers.fault(page, answers.first(), Run())


def test_another_question_differs_in_one_thing(answers):
    draw, asked = random.Random(1), answers.first()
    for _ in range(50):
        new = answers.other(asked, draw)
        assert sum(getattr(new, name) != getattr(asked, name) for name in ("length", "close", "unit", "segment")) == 1
        asked = new


def memory(slope):
    """Two hours of memory with some noise, growing by so many MB an hour."""
    draw = random.Random(1)
    return [(5.0 * k, 400 + slope * 5 * k / 3600 + draw.gauss(0, 2)) for k in range(1440)]


def test_memory_that_grows_is_seen():
    flat, growing = soak.verdict(memory(0), most=30), soak.verdict(memory(100), most=30)
    assert (flat["grown"], growing["grown"]) == (False, True)
    assert growing["mb_per_hour"] == pytest.approx(100, abs=2)


def test_a_soak_too_short_to_judge_says_so():
    assert soak.verdict(memory(100)[:9], most=30)["grown"] is None


def test_a_soak_without_a_length_is_refused():
    with pytest.raises(SystemExit):
        soak.main([])


@pytest.mark.parametrize("asked", [["--sessions", "0"], ["--pages", "nowhere"]])
def test_a_load_that_makes_no_sense_is_refused(asked, capsys):
    with pytest.raises(SystemExit):
        load.main(asked)
    assert "usage" in capsys.readouterr().err


def test_only_this_machine_is_put_under_load():
    with pytest.raises(SystemExit, match="on this machine"), served("http://example.com"):
        pass
