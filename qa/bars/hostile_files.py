"""Hostile files: refused in time with a sentence, in a process of their own, while everybody else goes on.

``python -m qa.bars.hostile_files FILE`` is the control: it reads a file the way notebooks do, under a cap on memory.
"""

import gc
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil

import nrr_core as nrr
from benchmarks import generate
from nrr_core.errors import IngestError
from nrr_core.reading import prepare_apart
from qa import hostile
from qa.bar import Result

__all__ = ["NAME", "run"]

NAME = "hostile files"
ROOT = Path(__file__).resolve().parents[2]
SECONDS, MOSTLY, MEGABYTES, SLOWER = 20.0, 2.0, 50.0, 2.0
CAP = 3 << 30  # bytes of memory that the control may use
QUICK = (
    "zip bomb.xlsx", "lying zip.xlsx", "parquet bomb: long texts.parquet", "20,000 short columns.csv", "endless line.csv", "password.xlsx",
    "cut.xlsx", "cut.parquet", "duckdb.csv", "numpy.csv", "billion laughs.xlsx", "million sheets.xlsx", "nuls.csv", "10 MB cell.xlsx",
)  # fmt: skip


@dataclass
class Watch:
    """What others see meanwhile: times of one question asked again and again, and the most memory of this process."""

    question: list[float] = field(default_factory=list)
    peak: int = 0


@contextmanager
def watching(data: nrr.Dataset) -> Iterator[Watch]:
    """Ask and measure in threads of their own until the block ends."""
    watch, over = Watch(), threading.Event()
    this = psutil.Process()

    def ask() -> None:
        while not over.wait(0.01):
            started = time.perf_counter()
            nrr.retention(data, window=12, by="plan")
            watch.question.append(time.perf_counter() - started)

    def measure() -> None:
        while not over.wait(0.02):
            watch.peak = max(watch.peak, this.memory_info().rss)

    threads = [threading.Thread(target=one) for one in (ask, measure)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()


@dataclass
class Fates:
    """What became of the files: seconds of each, what was wrong, how long others waited, and memory of this process.

    ``peak`` is the most that refusing took beyond what was held before, ``kept`` what it did not give back; making the
    files is not counted.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    peak: int = 0
    kept: int = 0


def refuse(folder: Path, data: nrr.Dataset, wanted: tuple[str, ...]) -> Fates:
    """Send every file through the import's own process, watching what it does to others."""
    fates = Fates()
    for name in wanted:
        path, target = folder / "revenue.upload", folder / "dataset"
        hostile.make(name, path)
        target.mkdir()
        gc.collect()
        before = psutil.Process().memory_info().rss
        with watching(data) as watch:
            started = time.perf_counter()
            said = _sentence(path, target, name)
            fates.seconds[name] = time.perf_counter() - started
        fates.times += watch.question
        fates.peak = max(fates.peak, fates.kept + watch.peak - before)
        fates.kept += max(0, psutil.Process().memory_info().rss - before)
        if fault := _fault(name, said, [one.name for one in target.iterdir()], fates.seconds[name]):
            fates.faults.append(f"{name}: {fault}")
        shutil.rmtree(target)
        path.unlink()
    fates.faults += [f"left behind: {one.name}" for one in folder.iterdir()]
    return fates


def _sentence(path: Path, target: Path, name: str) -> str | Exception | None:
    """What a person is told: a sentence, None where the file was read, or a fault of ours."""
    clock = time.monotonic()
    try:
        prepare_apart(path, target, name=name, cancelled=lambda: time.monotonic() - clock > 2 * SECONDS)
    except IngestError as refusal:
        return str(refusal)
    except Exception as fault:  # noqa: BLE001 - a fault of any kind is what is looked for
        return fault
    return None


def _fault(name: str, said: str | Exception | None, left: list[str], seconds: float) -> str:
    """Why a file was not refused as it should; empty where it was."""
    found = ""
    if seconds > SECONDS:
        found = f"took {seconds:.1f} s"
    elif isinstance(said, Exception):
        found = f"{type(said).__name__}: {str(said)[-200:]}"
    elif said is None or name in hostile.READ:
        found = "" if (said is None) == (name in hostile.READ) else f"should have been {'refused' if said is None else 'read'}: {said}"
    elif left:
        found = f"left {left}"
    elif len(said) < 30 or said[-1] not in ".?" or "Traceback" in said or tempfile.gettempdir() in said or "revenue.upload" in said:
        found = f"is no clear sentence: {said[:200]}"
    return found


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """Every hostile file; then a bomb in a process without the import's limits."""
    folder, other = Path(tempfile.mkdtemp(prefix="qa-hostile-")), Path(tempfile.mkdtemp(prefix="qa-calm-"))
    try:
        generate.write(other / "revenue.csv", 2_000, 24)
        data = nrr.read(other / "revenue.csv")
        wanted = (*hostile.FILES, *hostile.READ) if full else QUICK
        calm = _calm(data)
        fates = refuse(folder, data, wanted)
        calm += _calm(data)
        blown = _control(other)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(other, ignore_errors=True)
    slower = statistics.median(fates.times) / statistics.median(calm)
    grown = fates.peak / 1e6
    quick = sum(seconds <= MOSTLY for seconds in fates.seconds.values())
    faults = list(fates.faults)
    faults += [f"memory grew by {grown:.0f} MB"] if grown > MEGABYTES else []
    faults += [f"others waited {slower:.2f}×"] if slower > SLOWER else []
    faults += [f"only {quick} of {len(wanted)} within {MOSTLY:g} s"] if quick <= len(wanted) / 2 else []
    return Result(
        name=NAME,
        demanded=f"{len(wanted)} files refused ≤ {SECONDS:g} s, most ≤ {MOSTLY:g} s; memory + ≤ {MEGABYTES:g} MB; others ≤ {SLOWER:g}×",
        found=f"{len(wanted) - len(fates.faults)} as they should, {quick} within {MOSTLY:g} s, slowest {_slowest(fates)}; "
        f"memory {grown:+.0f} MB; others {slower:.2f}×",
        control=f"a bomb read with pandas under {CAP >> 30} GB: {blown}",
        passed=not faults,
        control_failed=blown.startswith("out of memory"),
        faults=tuple(faults),
    )


def _calm(data: nrr.Dataset) -> list[float]:
    with watching(data) as watch:
        time.sleep(1.5)
    return watch.question


def _slowest(fates: Fates) -> str:
    name = max(fates.seconds, key=lambda one: fates.seconds[one])
    return f"{fates.seconds[name]:.1f} s ({name})"


def _control(folder: Path) -> str:
    """What happens to a process that reads the bomb without looking at it first."""
    path = folder / "bomb.parquet"
    hostile.make(hostile.PARQUET_BOMB, path)
    command = [sys.executable, "-m", "qa.bars.hostile_files", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode == 0:
        return "read"
    last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    return f"out of memory ({last[:80]})" if done.returncode < 0 or "emory" in done.stderr or "alloc" in done.stderr else last[:120]


def _unbounded(path: Path) -> int:
    """The length of a column whose cells are written out."""
    resource.setrlimit(resource.RLIMIT_AS, (CAP, CAP))
    return len("\n".join(pd.read_parquet(path, columns=["account_id"])["account_id"]))


if __name__ == "__main__":
    print(_unbounded(Path(sys.argv[1])))
