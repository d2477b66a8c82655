"""Lists the folders of probes in an order of the kit's own.

Python promises no order of ``os.listdir``, and file systems differ: what works on one machine
because its listing happens to be sorted fails on the next. So probes are listed in an order that
is arbitrary, and the same in every process that has the same salt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from hashlib import blake2b
from pathlib import Path
from typing import Any

# taken before a subject is imported, which may replace them
_chdir, _getcwd = os.chdir, os.getcwd

_listdir, _scandir = os.listdir, os.scandir


class Listing:
    """Stands in for ``os.listdir`` and ``os.scandir`` between :meth:`install` and :meth:`remove`.

    Folders outside ``root`` are listed as ever.

    Attributes:
        salt: names the order; another one for each text.
    """

    def __init__(self, root: Path, salt: str = "") -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self.salt = salt
        self._before: tuple[Any, Any] | None = None

    def install(self) -> None:
        """Begin to list folders of probes in that order."""
        if self._before is None:
            self._before = os.listdir, os.scandir

            @wraps(_listdir)
            def listdir(path: Any = ".") -> list[Any]:
                return self._names(path)

            @wraps(_scandir)
            def scandir(path: Any = ".") -> Any:
                return self._entries(path)

            os.listdir, os.scandir = listdir, scandir
            _tell_globbers()

    def remove(self) -> None:
        """List folders as before."""
        if self._before is not None:
            os.listdir, os.scandir = self._before
            self._before = None
            _tell_globbers()

    def _names(self, path: Any) -> list[Any]:
        names = _listdir(path)
        if self._is_probe(path):
            names.sort(key=lambda name: self._rank(path, name))
        return names

    def _entries(self, path: Any) -> Any:
        if not self._is_probe(path):
            return _scandir(path)
        with _scandir(path) as found:
            return _Entries(sorted(found, key=lambda entry: self._rank(path, entry.name)))

    def _is_probe(self, path: Any) -> bool:
        if path is None or isinstance(path, int):
            return False
        return os.path.join(os.path.realpath(os.fsdecode(path)), "").startswith(self._root)

    def _rank(self, folder: Any, name: Any) -> bytes:
        base = os.path.basename(os.path.realpath(os.fsdecode(folder)))
        return blake2b(f"{self.salt}/{base}/{os.fsdecode(name)}".encode()).digest()


class _Entries:
    """What ``os.scandir`` returns: an iterator and a context manager."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was not asked for."""
        self._entries = iter(())


def _tell_globbers() -> None:
    """Newer versions of ``glob`` and ``pathlib`` keep a reference to ``os.scandir``."""
    import glob

    for name in ("_GlobberBase", "_StringGlobber", "_Globber"):
        globber = getattr(glob, name, None)
        if globber is not None and "scandir" in vars(globber):
            globber.scandir = staticmethod(os.scandir)


@contextmanager
def coming_back() -> Iterator[None]:
    """Return to the current folder at the end, wherever the context has gone."""
    before = _getcwd()
    try:
        yield
    finally:
        _chdir(before)
