"""The replay itself, tried on a victim of a few lines: what SQLite and rename promise is what it finds."""

import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from qa.faults.calls import read_calls
from qa.faults.replay import Disk, UnseenError
from qa.faults.shim import Control, Fault, Kind, Mode, available, environment
from qa.faults.trees import read_tree, write_tree

pytestmark = pytest.mark.skipif(
    available() is None and os.environ.get("CI") != "true", reason="needs Linux and a C compiler: tests/ensure_tools.sh"
)
ROUNDS = 6
TOY = """
import json, os, pathlib, sqlite3, sys
from qa.faults.shim import Control
root, control, synchronous, flushes = sys.argv[1], Control(pathlib.Path(sys.argv[2])), sys.argv[3], sys.argv[4] == "yes"
os.mkdir(f"{root}/files")
if flushes:
    folder = os.open(root, os.O_RDONLY)
    os.fsync(folder)
con = sqlite3.connect(f"{root}/rows.sqlite", isolation_level=None)
con.execute("pragma journal_mode=wal")
con.execute(f"pragma synchronous={synchronous}")
con.execute("create table rows (number integer)")
for number in range(int(sys.argv[5])):
    place = f"{root}/files/{number}"
    with open(f"{place}.tmp", "wb") as stream:
        stream.write(b"x" * 5000 + str(number).encode())
        stream.flush()
        if flushes:
            os.fsync(stream.fileno())
    os.rename(f"{place}.tmp", place)
    if flushes:
        folder = os.open(f"{root}/files", os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    con.execute("insert into rows values (?)", (number,))
    print(json.dumps([number, control.count]), flush=True)
"""


def victim(folder, *, synchronous="full", flushes=True, rounds=ROUNDS):
    """Run the toy; the disk before it, its calls, and its acknowledgements with the number of calls before each."""
    root, control, log = folder / "disk", folder / "control", folder / "log"
    root.mkdir()
    before = Disk(root)
    with Control(control, fresh=True):
        command = [sys.executable, "-c", TOY, root, control, synchronous, "yes" if flushes else "no", str(rounds)]
        done = subprocess.run(command, env=environment(root, control, log=log), capture_output=True, text=True, check=True)
    return before, read_calls(log), [json.loads(line) for line in done.stdout.splitlines()]


def lost(tree, folder, acknowledged):
    """Acknowledged numbers that are not on the disk with row and file."""
    folder.mkdir()
    write_tree(tree, folder)
    rows = set()
    if (folder / "rows.sqlite").exists():
        with closing(sqlite3.connect(folder / "rows.sqlite")) as con:
            tables = {name for (name,) in con.execute("select name from sqlite_master")}
            rows = {number for (number,) in con.execute("select number from rows")} if "rows" in tables else set()
    whole = {n for n in rows if tree.get(f"files/{n}") == b"x" * 5000 + str(n).encode()}
    return set(acknowledged) - whole


def losses(folder, *, cuts_at=range(10**9), variants=2, **settings):
    """Acknowledged numbers lost in all cuts: after every call, the poorest outcome and a few others."""
    disk, calls, acknowledged = victim(folder, **settings)
    draw, names, found = random.Random(1), itertools.count(), []
    for number, call in enumerate(calls, 1):
        disk.apply(call)
        told = [n for n, at in acknowledged if at <= number]
        for chance in (None, *[draw] * variants) if number in cuts_at else ():
            found += lost(disk.cut(chance), folder / f"cut{next(names)}", told)
    return found


def test_replaying_every_call_gives_the_files_that_are_there(tmp_path):
    disk, calls, _ = victim(tmp_path)
    for call in calls:
        disk.apply(call)
    assert disk.current() == read_tree(tmp_path / "disk")
    assert {Kind.OPEN, Kind.WRITE, Kind.FSYNC, Kind.RENAME, Kind.MKDIR} <= {call.kind for call in calls}


def test_nothing_acknowledged_is_lost_where_everything_is_flushed(tmp_path):
    assert losses(tmp_path) == []


@pytest.mark.parametrize("careless", [{"synchronous": "normal"}, {"synchronous": "off"}, {"flushes": False}])
def test_what_was_not_flushed_is_lost(tmp_path, careless):
    assert losses(tmp_path, variants=0, **careless) != []


def test_a_write_that_was_not_recorded_is_noticed(tmp_path):
    disk, calls, _ = victim(tmp_path, rounds=1)
    write = next(call for call in calls if call.kind is Kind.WRITE)
    with pytest.raises(UnseenError):
        disk.apply(write)


def test_torn_writes_keep_whole_blocks(tmp_path):
    disk, calls, _ = victim(tmp_path, flushes=False, rounds=1)
    for call in calls:
        disk.apply(call)
    draw, sizes = random.Random(2), set()
    for _ in range(200):
        found = disk.cut(draw).get("files/0", b"")
        sizes.add(len(found))
        blocks = [found[at : at + 512] for at in range(0, len(found), 512)]
        assert all(block in {bytes(len(block)), (b"x" * 5000 + b"0")[at * 512 : at * 512 + len(block)]} for at, block in enumerate(blocks))
    assert {0, 5001} < sizes


def armed(folder, fault, code):
    """Output of a few lines run with a fault armed; ``root`` is theirs to use."""
    root, control = folder / "disk", folder / "control"
    root.mkdir()
    with Control(control, fresh=True) as page:
        page.arm(fault)
        command = [sys.executable, "-c", f"import os, sys\nroot = sys.argv[1]\n{code}", str(root)]
        done = subprocess.run(command, env=environment(root, control), capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_the_fault_that_is_armed_is_the_one_that_happens(tmp_path):
    assert "No space left" in armed(tmp_path, Fault(2, 28), "os.write(os.open(f'{root}/a', os.O_CREAT | os.O_WRONLY), b'x')")


def test_a_short_write_says_so(tmp_path):
    code = "file = os.open(f'{root}/a', os.O_CREAT | os.O_WRONLY)\nprint(os.write(file, b'12345678'), os.stat(file).st_size)"
    assert armed(tmp_path, Fault(2, 28, Mode.SHORT), code) == "4 4"


def test_a_full_disk_stays_full_and_still_deletes(tmp_path):
    code = (
        "file = os.open(f'{root}/a', os.O_CREAT | os.O_WRONLY)\nprint(os.write(file, b'12345678'))\n"
        "try:\n    os.write(file, b'5678')\nexcept OSError as error:\n    print(error.errno)\n"
        "os.fsync(file)\nos.unlink(f'{root}/a')\nprint(os.listdir(root))"
    )
    assert armed(tmp_path, Fault(2, 28, Mode.FILLS), code).split("\n") == ["4", "28", "[]"]


def test_a_kill_comes_before_the_call_it_is_set_on(tmp_path):
    root, control = tmp_path / "disk", tmp_path / "control"
    root.mkdir()
    code = "import pathlib, sys\nfor name in 'abc':\n    (pathlib.Path(sys.argv[1]) / name).mkdir()"
    with Control(control, fresh=True) as page:
        page.kill_at(3)
        done = subprocess.run([sys.executable, "-c", code, str(root)], env=environment(root, control), check=False)
    assert done.returncode == -9
    assert sorted(path.name for path in Path(root).iterdir()) == ["a", "b"]
