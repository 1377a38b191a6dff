"""A place to break things in: samples, disks, victims and a checker below one temporary folder."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.faults.checker import Checker
from qa.faults.samples import Sample, make
from qa.faults.victim import Victim

__all__ = ["Bench", "bench"]


@dataclass
class Bench:
    """Samples (the last is the checker's own), and where disks are made."""

    folder: Path
    samples: list[Sample]
    checker: Checker
    made: int = 0

    def place(self, word: str) -> Path:
        """A path that nobody has used."""
        self.made += 1
        return self.folder / f"{word}{self.made}"

    @contextmanager
    def victim(self, *, log: bool = False) -> Iterator[tuple[Victim, Path]]:
        """A publishing process, and the folder that is its disk, removed in the end."""
        disk = self.place("disk")
        disk.mkdir()
        with Victim(self.place("victim"), disk, self.folder / "drafts", log=log) as victim:
            yield victim, disk
        shutil.rmtree(disk)

    def jobs(self, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """Plain publishes of these numbers."""
        return [{"number": number} for number in numbers]

    @property
    def numbers(self) -> range:
        """What victims may publish."""
        return range(len(self.samples) - 1)


@contextmanager
def bench(count: int) -> Iterator[Bench]:
    """A bench with so many samples for victims."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        (folder / "work").mkdir()
        samples = make(folder / "drafts", count + 1)
        yield Bench(folder, samples, Checker(samples, folder / "work"))
    finally:
        shutil.rmtree(folder)
