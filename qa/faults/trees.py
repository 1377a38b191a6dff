"""A folder's files as plain values, and back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["FORGOTTEN", "Tree", "read_tree", "write_tree"]

Tree: TypeAlias = Mapping[str, bytes | None]  # path → contents; None is a folder
FORGOTTEN: Final = "-shm"  # SQLite's index of its log lives in memory only and is rebuilt


def read_tree(root: Path) -> Tree:
    """Every file and folder below a folder."""
    paths = (path for path in sorted(root.rglob("*")) if not path.name.endswith(FORGOTTEN))
    return {path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes() for path in paths}


def write_tree(tree: Tree, root: Path) -> None:
    """Make the files and folders below an empty folder."""
    for path, contents in sorted(tree.items()):
        if contents is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(contents)
