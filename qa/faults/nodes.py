"""Files and folders on a disk with a volatile cache: what is safe, and what was done since."""

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["File", "Folder", "Naming", "Size", "Write"]

_BLOCKS = (512, 4096)


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes put at an offset."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Size:
    """A file made this long."""

    size: int


@dataclass(eq=False)
class File:
    """Contents that are safe, and what was done since."""

    safe: bytes = b""
    pending: list[Write | Size] = field(default_factory=list)

    def current(self) -> bytes:
        """Contents as the running system sees them."""
        return _applied(self.safe, self.pending)

    def found(self, draw: random.Random | None, chance: float) -> bytes:
        """Contents after a power cut: the safe ones, and with ``draw`` some of what was done since."""
        if draw is None:
            return self.safe
        return _applied(self.safe, [part for step in self.pending for part in _left(step, draw, chance)])

    def flush(self) -> None:
        """An fsync has returned."""
        self.safe, self.pending = self.current(), []


@dataclass(eq=False)
class Naming:
    """A change of names that happens whole or not at all: (folder, name, what it names now)."""

    number: int
    changes: "list[tuple[Folder, str, File | Folder | None]]"

    def apply(self, names: "dict[str, File | Folder]", folder: "Folder") -> None:
        """Make its changes in the names of one folder."""
        for where, name, node in self.changes:
            if where is folder and node is None:
                names.pop(name, None)
            elif where is folder and node is not None:
                names[name] = node


@dataclass(eq=False)
class Folder:
    """Names that are safe, and what was done since."""

    safe: "dict[str, File | Folder]" = field(default_factory=dict)
    pending: list[Naming] = field(default_factory=list)

    def current(self, survived: set[int] | None = None) -> "dict[str, File | Folder]":
        """Names after every pending change, or after those that survived."""
        names = dict(self.safe)
        for naming in self.pending:
            if survived is None or naming.number in survived:
                naming.apply(names, self)
        return names

    def flush(self) -> None:
        """An fsync has returned; a rename out of here or into here is safe at its other end, too."""
        for naming in self.pending:
            naming.apply(self.safe, self)
            for folder, name, node in naming.changes:
                if folder is not self:
                    folder.settle(naming, name, node)
        self.pending = []

    def settle(self, naming: Naming, name: str, node: "File | Folder | None") -> None:
        """One name is safe before the others here: what was done to it earlier no longer matters."""
        for earlier in self.pending[: self.pending.index(naming)]:
            earlier.changes = [change for change in earlier.changes if change[0] is not self or change[1] != name]
        self.pending.remove(naming)
        if node is None:
            self.safe.pop(name, None)
        else:
            self.safe[name] = node


def _applied(contents: bytes, pending: Iterable[Write | Size]) -> bytes:
    made = bytearray(contents)
    for step in pending:
        size = step.size if isinstance(step, Size) else step.offset
        if isinstance(step, Size):
            del made[size:]
        made.extend(bytes(max(0, size - len(made))))
        if isinstance(step, Write):
            made[step.offset : step.offset + len(step.data)] = step.data
    return bytes(made)


def _left(step: Write | Size, draw: random.Random, chance: float) -> Iterator[Write | Size]:
    """What is left of one unsafe step: all, nothing, some of its blocks, or the length without the contents."""
    fate = draw.random()
    if fate < chance:
        yield step
    elif isinstance(step, Write) and fate < chance + (1 - chance) / 2:
        block, end = draw.choice(_BLOCKS), step.offset + len(step.data)
        edges = [step.offset, *range(step.offset - step.offset % block + block, end, block), end]
        for start, stop in itertools.pairwise(edges):
            if draw.random() < 0.5:
                yield Write(start, step.data[start - step.offset : stop - step.offset])
    elif isinstance(step, Write) and fate > 1 - (1 - chance) / 8:
        yield Write(step.offset + len(step.data), b"")  # longer, and full of zeros
