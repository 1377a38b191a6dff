"""Quick forms of the bars on kills, power cuts and full disks; each with the control that its check must catch."""

import errno
import os
import shutil

import pytest

from qa.bar import judged
from qa.bars import bar
from qa.faults.bench import bench
from qa.faults.calls import read_calls
from qa.faults.checker import STORE
from qa.faults.shim import Kind, Mode, available

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        available() is None and os.environ.get("CI") != "true", reason="needs Linux and a C compiler: tests/ensure_tools.sh"
    ),
]


@pytest.mark.parametrize("name", ["kill", "power", "disk"])
def test_bar_holds_and_its_control_is_caught(name):
    result = judged(bar(name), full=False)
    assert result.passed, (result.found, result.faults)
    assert result.control_failed, result.control


def test_failed_commit_is_not_called_unchanged():
    with bench(2) as place, place.victim(log=True) as (victim, root):
        tried, met = root / "tried", root / "met"
        tried.mkdir()
        first = victim.run(tried / STORE, place.jobs([0]))
        shutil.copytree(tried, met)
        whole = victim.run(tried / STORE, place.jobs([1]))
        begin, end = whole.of("attempt")[0]["count"], whole.of("ack")[0]["count"]
        calls = read_calls(victim.log)[begin:end]
        commit = max(n for n, call in enumerate(calls, 1) if call.kind is Kind.FDATASYNC and call.name.endswith("-wal"))
        job = {"number": 1, "fault": [commit, errno.EIO, Mode.ONCE]}
        now = victim.run(met / STORE, [job], abandon=True)
        refused = now.of("refused")[0]
        assert "not certain" in refused["message"]
        lines = first.lines + now.lines
        assert place.checker.look(place.checker.copy_of(met), lines, {0, 1}).words() == []
        wrong = [*lines, refused | {"message": "Nothing was changed."}]
        assert place.checker.look(place.checker.copy_of(met), wrong, {0, 1}).phantoms != []
