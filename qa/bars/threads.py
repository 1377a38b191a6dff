"""Threads: many users ask one dataset at once, and nobody gets a row of somebody else's answer."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import nrr_core as nrr
from benchmarks import generate
from nrr_core.engines import open_dataset
from nrr_core.reading import prepare
from qa import digest
from qa.bar import Result

__all__ = ["NAME", "run"]

NAME = "threads"
USERS = 16
FULL, QUICK = 200, 25  # questions of each user
MANY, FEW = 150, 80  # different questions
PATIENCE = 45  # seconds for the control
ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS, MONTHS = 1_500, 24
WINDOWS = (1, 2, 3, 4, 5, 7, 8, 10, 11, 12)  # more lengths than the import prepares, and than are kept in memory
_ERRORS = (Exception,)  # whatever a question raises counts as a wrong answer

Question = Callable[[nrr.Dataset], pd.DataFrame]


@dataclass(frozen=True)
class Crowd:
    """What the users saw: answers in all, those that differ or failed, and rows that belong to no such answer."""

    answers: int
    wrong: int
    foreign: int
    faults: tuple[str, ...]


def questions(data: nrr.Dataset, seed: int, count: int) -> dict[str, Question]:
    """Different questions of every kind, with different filters, as one would click them."""
    draw = random.Random(seed)
    ids = nrr.accounts(data, window=1, sort="account").account_id.tolist()
    asked: dict[str, Question] = {}
    while len(asked) < count:
        axis, other = draw.sample(data.axes, 2)
        where = {axis.name: draw.sample(axis.segments, draw.randint(1, 2))}
        window, close = draw.choice(WINDOWS), draw.choice(data.months[13:])
        text, account = f"A{draw.randint(0, 99):05d}", draw.choice(ids)
        kinds: dict[str, Question] = {
            f"retention {window} {where} {other.name}": lambda d, w=where, n=window, by=other.name: nrr.retention(
                d, window=n, where=w, by=by
            ),
            f"movements {window} {where}": lambda d, w=where, n=window: nrr.movements(d, window=n, where=w),
            f"accounts {window} {close} {where}": lambda d, w=where, n=window, c=close: nrr.accounts(
                d, window=n, close=c, where=w, limit=100
            ),
            f"accounts with {text} {close}": lambda d, t=text, c=close: nrr.accounts(d, window=3, close=c, contains=t),
            f"history {account}": lambda d, a=account: nrr.history(d, a),
        }
        name = draw.choice(list(kinds))
        asked[name] = kinds[name]
    return asked


def ask_together(data: nrr.Dataset, asked: dict[str, Question], alone: dict[str, pd.DataFrame], *, each: int) -> Crowd:
    """Every user asks ``each`` questions in an order of their own, all at once; answers are compared with those given alone."""
    gate = threading.Barrier(USERS)

    def user(number: int) -> list[tuple[int, str]]:
        draw = random.Random(number)
        names = draw.choices(list(asked), k=each)
        gate.wait()
        return [told for name in names if (told := _compared(name, asked[name], data, alone[name]))]

    with ThreadPoolExecutor(USERS) as pool:
        told = [one for faults in pool.map(user, range(USERS)) for one in faults]
    return Crowd(USERS * each, len(told), sum(rows for rows, _ in told), tuple(text for _, text in told))


def _compared(name: str, question: Question, data: nrr.Dataset, alone: pd.DataFrame) -> tuple[int, str] | None:
    """Rows that do not belong to the answer, and what is wrong; None where it is the same as alone."""
    try:
        found = question(data)
    except _ERRORS as error:
        return 0, f"{name}: {type(error).__name__}: {str(error)[:160]}"
    if found.equals(alone) and found.attrs == alone.attrs:
        return None
    foreign = len(set(digest.rows(found)) - set(digest.rows(alone)))
    return foreign, f"{name}: {foreign} foreign rows of {len(found)}, {len(alone)} expected"


class OneConnection:
    """A connection whose cursors are itself: the protection of the engine, taken away. A call that finds it busy is made again."""

    def __init__(self, con: Any) -> None:
        self._con = con

    @contextmanager
    def cursor(self) -> Iterator["OneConnection"]:
        """The one connection, whoever asks."""
        yield self

    def __getattr__(self, name: str) -> Any:
        def patient(*arguments: Any) -> Any:
            while True:
                try:
                    found = getattr(self._con, name)(*arguments)
                except duckdb.OperationalError as busy:
                    if "busy" not in str(busy):
                        raise
                    time.sleep(0.0005)
                else:
                    return self if name == "execute" else found

        return patient


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """16 users at once through the library; then the same with one connection for all of them."""
    each = FULL if full else QUICK
    folder = Path(tempfile.mkdtemp(prefix="qa-threads-"))
    try:
        quiet, busy = (_dataset(folder, name) for name in ("quiet", "busy"))
        asked = questions(quiet, seed=1, count=MANY if full else FEW)
        alone = {name: question(quiet) for name, question in asked.items()}
        found = ask_together(busy, asked, alone, each=each)
        wrong, told = _control(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Result(
        name=NAME,
        demanded=f"{USERS} users × {each} queries, 0 foreign rows",
        found=f"{found.wrong} of {found.answers:,} answers wrong, {found.foreign} foreign rows",
        control=f"one connection for all: {told}",
        passed=found.wrong == 0,
        control_failed=wrong,
        faults=found.faults,
    )


def _control(folder: Path) -> tuple[bool, str]:
    """Whether the control failed, and how, in a process of its own: threads on one connection may wait for each other for ever."""
    command = [sys.executable, "-m", "qa.bars.threads", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return True, f"it did not end within {PATIENCE} s"
    crowd = Crowd(**json.loads(done.stdout.splitlines()[-1]))
    return crowd.wrong > 0, f"{crowd.wrong:,} of {crowd.answers:,} answers wrong, {crowd.foreign:,} foreign rows"


def _share(folder: Path) -> Crowd:
    """The same questions with one connection for all users."""
    quiet, shared = (_dataset(folder, name) for name in ("alone", "shared"))
    asked = questions(quiet, seed=1, count=FEW)
    alone = {name: question(quiet) for name, question in asked.items()}
    for question in asked.values():
        question(shared)  # alone first, so that the control has sound roll-ups in memory and fails by its connection only
    shared.engine._con = OneConnection(shared.engine._con)  # type: ignore[attr-defined]  # noqa: SLF001 - the control has no cursors
    return ask_together(shared, asked, alone, each=QUICK)


def _dataset(folder: Path, name: str) -> nrr.Dataset:
    """The same dataset once more, with nothing in memory yet."""
    first = folder / "first"
    if not first.exists():
        generate.write(folder / "revenue.csv", ACCOUNTS, MONTHS)
        first.mkdir()
        prepare(folder / "revenue.csv", first)
    shutil.copytree(first, folder / name)
    return open_dataset(folder / name)


if __name__ == "__main__":
    print(json.dumps(asdict(_share(Path(sys.argv[1])))))
    sys.stdout.flush()
    os._exit(0)  # threads that wait for each other must not hold up the end
