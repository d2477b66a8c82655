"""Watches what a subject must leave alone: its source, its batches, the global generators."""

from __future__ import annotations

import random
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.record import RawBatch, RawLeaf, digest
from conformance.run import Sharing

Array = NDArray[Any]

_MOST_HELD = 128 << 20
"""Bytes of batches that are held at once; the last two are held however large they are."""


class SourceWatch:
    """Notices changes of the arguments that a subject was given."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._watched = {
            name: (value, _copy(value))
            for argument, whole in arguments.items()
            for name, value in _parts(argument, whole)
            if _mutable(value)
        }

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Yield the caller's arrays by parameter."""
        for name, (value, _) in self._watched.items():
            if isinstance(value, np.ndarray):
                yield name, value

    def touched(self) -> dict[str, str]:
        """Return parameter -> what changed in it."""
        changes = {}
        for name, (value, before) in self._watched.items():
            change = _difference(value, before)
            if change:
                changes[name] = change
        return changes


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield an argument, or the arrays that it is made of."""
    places = dict(enumerate(value)) if isinstance(value, tuple) else value
    if isinstance(places, dict) and any(isinstance(v, np.ndarray) for v in places.values()):
        yield from ((f"{name}[{place!r}]", part) for place, part in places.items())
    else:
        yield name, value


def _mutable(value: Any) -> bool:
    return isinstance(value, (np.ndarray, list, dict)) or _is_frame(value)


def _is_frame(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "columns")


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if _is_frame(value):
        return value.copy()
    if isinstance(value, dict):
        return dict(value)
    return [
        list(v) if isinstance(v, list) else (v[0].copy(), *v[1:]) if _holds_array(v) else v
        for v in value
    ]


def _holds_array(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], np.ndarray)


def _difference(now: Any, before: Any) -> str:
    if isinstance(before, np.ndarray):
        if now.shape != before.shape:
            return f"its shape went from {before.shape} to {now.shape}"
        if np.array_equal(now, before):
            return ""
        rows = np.flatnonzero((now != before).reshape(len(now), -1).any(axis=1))
        return f"{_samples(rows)} changed"
    if _is_frame(before):
        same = list(now.columns) == list(before.columns) and now.equals(before)
        return "" if same else "its rows or columns changed"
    if isinstance(before, dict):
        return "" if now == before else "its entries changed"
    if len(now) != len(before):
        return f"its length went from {len(before)} to {len(now)}"
    moved = [k for k, (a, b) in enumerate(zip(now, before, strict=True)) if not _same(a, b)]
    return f"{_samples(moved)} changed" if moved else ""


def _same(a: Any, b: Any) -> bool:
    if _holds_array(a) and _holds_array(b):
        return len(a) == len(b) and np.array_equal(a[0], b[0]) and a[1:] == b[1:]
    if isinstance(a, list):
        return bool(a == b)
    return bool(a is b or (type(a) is type(b) and np.array_equal(a, b)))


def _samples(rows: Any) -> str:
    listed = ", ".join(str(int(r)) for r in rows[:6])
    more = f" and {len(rows) - 6} more" if len(rows) > 6 else ""
    return f"sample{'s' * (len(rows) != 1)} {listed}{more}"


class MemoryWatch:
    """Notices batches that change after they were handed out, or share memory."""

    def __init__(self, source: SourceWatch, keep: int) -> None:
        self._source = list(source.arrays())
        self._held: deque[tuple[int, str, Array, int]] = deque(maxlen=keep)
        self.findings: list[Sharing] = []
        self._told: set[tuple[str, str]] = set()

    def received(self, raw: RawBatch) -> None:
        """Look at a new batch and at those handed out before it."""
        self._recheck(raw.index, only_last=True)
        for leaf in raw.leaves:
            if leaf.foreign or leaf.array.size == 0 or leaf.array.dtype == object:
                continue
            if leaf.array.flags.writeable:
                self._look_for_sharing(raw.index, leaf)
        for leaf in raw.leaves:
            if not leaf.foreign and leaf.array.size:
                self._held.append((raw.index, leaf.path, leaf.array, _check(leaf.array)))
        while sum(array.nbytes for _, _, array, _ in self._held) > _MOST_HELD and self._older():
            self._held.popleft()

    def _older(self) -> bool:
        """Whether batches before the last two are held."""
        return self._held[0][0] < self._held[-1][0] - 1

    def _look_for_sharing(self, index: int, leaf: RawLeaf) -> None:
        """Note with what a leaf shares memory; nobody writes through one that is read-only.

        Such are columns of a pandas frame and slices of a memory map. Whether their own changes
        is seen all the same.
        """
        for name, array in self._source:
            if _share(leaf.array, array):
                self._tell(Sharing("source", index, leaf.path, name))
        for other, path, array, _ in self._held:
            if path == leaf.path and other != index and _share(array, leaf.array):
                self._tell(Sharing("batch", other, path, leaf.path, index))

    def finished(self, index: int) -> None:
        """Look at all batches that are still held once more."""
        self._recheck(index, only_last=False)

    def _recheck(self, now: int, *, only_last: bool) -> None:
        last = self._held[-1][0] if self._held else -1
        for index, path, array, before in self._held:
            if (not only_last or index == last) and _check(array) != before:
                self._tell(Sharing("changed", index, path, path, now))

    def _tell(self, finding: Sharing) -> None:
        key = (finding.kind, finding.path)
        if key not in self._told:
            self._told.add(key)
            self.findings.append(finding)


def _check(array: Array) -> int:
    """Return a checksum of an array's bytes, to see within this process whether they change."""
    if array.dtype == object or not array.ndim:
        return digest(array)
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data)


def _share(a: Array, b: Array) -> bool:
    apart = a is not b and a.flags.owndata and b.flags.owndata
    if apart or not np.may_share_memory(a, b):
        return False
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))  # type: ignore[arg-type]
    except Exception:  # too hard to tell: not a finding
        return False


_SEEDERS: tuple[tuple[str, str], ...] = (("numpy.random", "seed"), ("random", "seed"))
_ORIGINAL: dict[str, Callable[..., Any]] = {"numpy.random": np.random.seed, "random": random.seed}


_KERAS_STATE = "keras.src.backend.common.global_state"


def seed_everything(seed: int) -> None:
    """Seed every process-wide generator that is loaded, with the functions as they were.

    But not TensorFlow's: under a global seed, a random operation in ``Dataset.map`` draws the same
    numbers in every pass, which its author would be blamed for. So ``keras.utils.set_random_seed``,
    which sets it, is not used either, but what it does to Keras' own generator.
    """
    _ORIGINAL["random"](seed)
    _ORIGINAL["numpy.random"](seed)
    with suppress(Exception):  # half-imported by the subject: nothing to seed
        if torch := sys.modules.get("torch"):
            torch.manual_seed(seed)
    with suppress(Exception):
        if keras := sys.modules.get(_KERAS_STATE):
            keras.set_global_attribute("global_random_seed", seed)
            keras.set_global_attribute("global_seed_generator", None)


@contextmanager
def reseeding_noted() -> Iterator[dict[str, str]]:
    """Note who seeds ``random`` or ``numpy.random`` while the context lasts.

    Yields:
        generator -> ``"the subject"`` or the name of the library that did it.
    """
    found: dict[str, str] = {}
    undo: list[tuple[Any, str, Any, Any]] = []
    for module_name, attribute in _SEEDERS:
        module = sys.modules[module_name]
        present = getattr(module, attribute)

        def noted(*args: Any, _name: str = module_name, _do: Any = present, **kwargs: Any) -> Any:
            found.setdefault(_name, _culprit())
            return _do(*args, **kwargs)

        setattr(module, attribute, noted)
        undo.append((module, attribute, present, noted))
    try:
        yield found
    finally:
        for module, attribute, present, noted in undo:
            if getattr(module, attribute) is noted:
                setattr(module, attribute, present)


_SEEDING_TOOLS = ("set_random_seed", "seed_everything", "seed_all")


def _culprit() -> str:
    """Name who called: a library, unless it was asked for just that."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_name in _SEEDING_TOOLS:
        frame = frame.f_back
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    file = frame.f_code.co_filename
    return name if "site-packages" in file or "dist-packages" in file else "the subject"
