"""What a disk may hold after a power cut: rebuilt from the recorded calls.

Only what was asked to be durable is: a file's contents by fsync or fdatasync of that file, a name by fsync of its folder.
Everything later may survive or not. ``Disk.cut()`` is the poorest outcome (nothing later survived); with a random source
it is any other: some names, some writes, some blocks of a write. Names and contents are apart: a rename may survive
without the contents of the file that it names.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from qa.faults.calls import Call
from qa.faults.nodes import File, Folder, Naming, Size, Write
from qa.faults.shim import Kind
from qa.faults.trees import FORGOTTEN, Tree

__all__ = ["Disk", "UnseenError"]


class UnseenError(RuntimeError):
    """The log does not explain the disk: something was done that is not recorded."""


class Disk:
    """A disk with a volatile cache; calls are made on it one after the other.

    Parameters
    ----------
    root
        The folder as it is before the first call: its contents count as durable, its inodes are the log's.

    """

    def __init__(self, root: Path) -> None:
        self._nodes: dict[int, File | Folder] = {}
        self._namings = 0
        self._root = self._scan(root)

    def _scan(self, place: Path) -> Folder:
        folder = Folder()
        self._nodes[place.stat().st_ino] = folder
        for path in sorted(place.iterdir()):
            known = self._nodes.get(path.stat().st_ino)
            made = self._scan(path) if path.is_dir() else known or File(path.read_bytes())
            self._nodes[path.stat().st_ino] = folder.safe[path.name] = made
        return folder

    def apply(self, call: Call) -> None:
        """Make one call; a call that failed changed nothing, and closing makes nothing durable."""
        if call.error or call.kind in {Kind.CLOSE, Kind.RANGE}:
            return
        if call.kind in {Kind.FSYNC, Kind.FDATASYNC}:
            if call.flushed:
                self._node(call, call.ino).flush()
        elif call.kind is Kind.OPEN:
            self._open(call)
        elif call.kind in {Kind.WRITE, Kind.TRUNCATE, Kind.ALLOCATE}:
            self._change(call)
        elif call.kind in {Kind.RENAME, Kind.LINK, Kind.UNLINK, Kind.RMDIR, Kind.MKDIR}:
            self._rename(call)
        elif call.kind is not Kind.MAP or not call.name.endswith(FORGOTTEN):
            raise UnseenError(f"A call that is not modelled: {call}")

    def _open(self, call: Call) -> None:
        if call.created:
            self._nodes[call.ino] = made = File()
            if call.name:
                self._name(call, (call.folder, call.name, made))
        elif call.truncated:
            self._file(call).pending.append(Size(0))

    def _change(self, call: Call) -> None:
        file = self._file(call)
        if call.kind is Kind.WRITE:
            file.pending.append(Write(call.offset, call.data))
            if call.durable:
                file.flush()
        elif call.kind is Kind.TRUNCATE or len(file.current()) < call.offset:
            file.pending.append(Size(call.offset))

    def _rename(self, call: Call) -> None:
        changes: list[tuple[int, str, File | Folder | None]] = []
        if call.kind in {Kind.RENAME, Kind.UNLINK, Kind.RMDIR}:
            changes += [(call.folder, call.name, None)]
        if call.kind in {Kind.RENAME, Kind.LINK}:
            changes += [(call.target, call.name2, self._node(call, call.ino))]
        if call.kind is Kind.MKDIR:
            self._nodes[call.ino] = made = Folder()
            changes += [(call.folder, call.name, made)]
        self._name(call, *changes)

    def _name(self, call: Call, *changes: tuple[int, str, File | Folder | None]) -> None:
        self._namings += 1
        naming = Naming(self._namings, [(self._folder(call, folder), name, node) for folder, name, node in changes])
        for folder in {id(f): f for f, _, _ in naming.changes}.values():
            folder.pending.append(naming)

    def _node(self, call: Call, ino: int) -> File | Folder:
        if ino not in self._nodes:
            raise UnseenError(f"A file that nobody was seen to make: {call}")
        return self._nodes[ino]

    def _file(self, call: Call) -> File:
        node = self._node(call, call.ino)
        if isinstance(node, Folder):
            raise UnseenError(f"A folder is written like a file: {call}")
        return node

    def _folder(self, call: Call, ino: int) -> Folder:
        node = self._node(call, ino)
        if isinstance(node, File):
            raise UnseenError(f"A file is taken for a folder: {call}")
        return node

    def current(self) -> Tree:
        """What the running system sees."""
        return {path: node.current() if isinstance(node, File) else None for path, node in _walk(self._root, None)}

    def cut(self, draw: random.Random | None = None) -> Tree:
        """What is found after a power cut now: the poorest outcome, or with ``draw`` any."""
        survived: set[int] = set() if draw is None else self._survivors(draw)
        chance = 0.0 if draw is None else draw.choice((0.1, 0.5, 0.9))
        return {path: node.found(draw, chance) if isinstance(node, File) else None for path, node in _walk(self._root, survived)}

    def _survivors(self, draw: random.Random) -> set[int]:
        """Changes of names that were written: all up to one of them, as journals do it, or any."""
        pending = sorted({naming.number for node in self._nodes.values() if isinstance(node, Folder) for naming in node.pending})
        if draw.random() < 0.5:
            return set(pending[: draw.randint(0, len(pending))])
        return {number for number in pending if draw.random() < 0.5}


def _walk(folder: Folder, survived: set[int] | None, place: str = "") -> Iterator[tuple[str, File | Folder]]:
    """Every path below a folder, after all pending changes of names or those that survived."""
    for name, node in sorted(folder.current(survived).items()):
        if isinstance(node, Folder) or not name.endswith(FORGOTTEN):
            yield f"{place}{name}", node
        if isinstance(node, Folder):
            yield from _walk(node, survived, f"{place}{name}/")
