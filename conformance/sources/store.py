"""Where the files of probes lie: written once a process, for each content a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from conformance.isolation.wire import SCRATCH_VARIABLE


@dataclass(frozen=True)
class _Print:
    """What a file was when it was written."""

    changed: int
    size: int
    digest: bytes


class Store:
    """Folders of files, each written at its first use and looked at after each opening.

    A path stands for one content for as long as the process lives: subjects may remember what
    they read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[Hashable, Path] = {}
        self._prints: dict[Path, dict[Path, _Print]] = {}
        self._count = 0

    def folder(self, key: Hashable, write: Callable[[Path], None]) -> Path:
        """Return the folder of this content; ``write(folder)`` fills it at the first use."""
        known = self._folders.get(key)
        if known is not None:
            return known
        self._count += 1
        folder = self.root / f"probe{self._count:04d}"
        folder.mkdir(parents=True)
        write(folder)
        self._folders[key] = folder
        self._prints[folder] = {file: _print(file) for file in _files(folder)}
        return folder

    def touched(self, folder: Path) -> str:
        """Return what changed in a folder since it was written, "" if nothing did.

        A changed folder is not handed out again. Files that were added are no change of the
        source, but leave with it.
        """
        before = self._prints[folder]
        now = set(_files(folder))
        changes = [_change(file, old) for file, old in before.items()]
        found = [change for change in changes if change]
        if found or now - set(before):
            self._folders = {k: f for k, f in self._folders.items() if f != folder}
        return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _files(folder: Path) -> list[Path]:
    return [Path(base, name) for base, _, names in os.walk(folder) for name in names]


def _print(file: Path) -> _Print:
    state = file.stat()
    return _Print(state.st_mtime_ns, state.st_size, blake2b(file.read_bytes()).digest())


def _change(file: Path, before: _Print) -> str:
    try:
        state = file.stat()
        if (state.st_mtime_ns, state.st_size) == (before.changed, before.size):
            return ""
        return f"{file.name} was written to" if _print(file).digest != before.digest else ""
    except OSError:
        return f"{file.name} is gone"


@lru_cache(maxsize=1)
def store() -> Store:
    """Return the store of this process; its files go when the process ends.

    In a child they lie in the folder that goes with it, however it ends.
    """
    scratch = os.environ.get(SCRATCH_VARIABLE)
    if scratch and os.path.isdir(scratch):
        return Store(Path(scratch) / "probes")
    root = tempfile.mkdtemp(prefix="kgc-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Store(Path(root))
