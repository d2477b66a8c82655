"""Reads what a process and those that it started use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

from conformance.isolation.process import Child

_KIN_EVERY = 0.5


@dataclass(frozen=True)
class Usage:
    """What a process has used.

    Attributes:
        cpu: processor time in seconds.
        resident: bytes in memory.
        read: bytes read from files, 0 where the system doesn't tell.
        runs: whether it runs or waits for a processor only; False where the system doesn't tell.
    """

    cpu: float
    resident: int
    read: int
    runs: bool


class Meter:
    """Meters one child."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._process = _quietly(lambda: psutil.Process(child.pid))
        self._kin: list[Any] = []
        self._looked = 0.0

    def usage(self) -> Usage | None:
        """Return what the process used; None if it is gone."""
        process = self._process
        if process is None:
            return None
        with process.oneshot():
            times, memory = _quietly(process.cpu_times), _quietly(process.memory_info)
            runs = psutil.LINUX and _quietly(process.status) == psutil.STATUS_RUNNING
        if times is None or memory is None:
            return None
        counters = _quietly(process.io_counters) if hasattr(process, "io_counters") else None
        read = getattr(counters, "read_chars", getattr(counters, "read_bytes", 0))
        return Usage(times.user + times.system, memory.rss, read, runs)

    def held(self, *, fresh: bool = True) -> int:
        """Return the bytes that the process and those it started hold for themselves.

        Args:
            fresh: also look for new processes, now and then.
        """
        now = time.monotonic()
        process = self._process
        if fresh and process is not None and now - self._looked > _KIN_EVERY:
            self._looked = now
            self._kin = _quietly(lambda: process.children(recursive=True)) or []
            self._child.known.update(self._kin)
        return sum(_private(p) for p in (process, *self._kin) if p is not None)

    def held_alone(self) -> int:
        """Return the same without what forked processes still share; slower."""
        own = _private(self._process) if self._process is not None else 0
        return own + sum(_alone(p) for p in self._kin)


def _quietly(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except psutil.Error:
        return None


def _alone(process: Any) -> int:
    """Bytes that no other process shares."""
    info = _quietly(process.memory_full_info)  # macOS may refuse
    return _private(process) if info is None else int(info.uss)


def _private(process: Any) -> int:
    """Bytes of a process without mapped files, where the system tells them apart."""
    info = _quietly(process.memory_info)
    if info is None:
        return 0
    return int(getattr(info, "private", info.rss - getattr(info, "shared", 0)))
