"""Decides, while a subject is silent, between slow, waiting, stalled and too large.

Slow is not stalled. A stall takes evidence: stacks sampled over time in one and the same frame,
processor time consumed, and nothing read or allocated meanwhile. Without it a subject is given
:data:`PATIENCE` times the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

from conformance.isolation.process import Child
from conformance.isolation.stacks import (
    Frame,
    IsUser,
    Stack,
    common_depth,
    dumped,
    innermost_user,
    shown,
    spinning,
    where,
)
from conformance.isolation.wire import BATCH, BEAT, CUT, THREAD
from conformance.run import Ending

PATIENCE = 3
"""How many limits a subject may wait that isn't shown to be busy in vain."""

IMPORT_PATIENCE = 6
"""The same before its first opening: imports of large libraries take long."""

_MIB = 1 << 20
_BUSY_SHARE = 0.2
_GROWTH_OF_WORK = 4 * _MIB
_READING_OF_WORK = 64 * 1024
_KIN_EVERY = 0.5
_LAST_WORDS = 0.15


@dataclass(frozen=True)
class Limits:
    """Limits for one subject, in seconds and bytes.

    Attributes:
        batch: for one ``next()``.
        memory: growth during one request.
    """

    batch: float
    memory: int

    @property
    def early(self) -> float:
        """Processor time after which a loop of the user's own is called a stall."""
        return self.batch / 5

    @property
    def interval(self) -> float:
        """Time between two samples."""
        return max(0.02, self.batch / 20)


@dataclass(frozen=True)
class Usage:
    """What a process has used: seconds, and bytes."""

    cpu: float
    resident: int
    read: int


@dataclass(frozen=True)
class Sample:
    """A stack, and what was used when it was taken."""

    stack: Stack
    usage: Usage


class Meter:
    """Reads what a process and those it started use."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._process = _quietly(lambda: psutil.Process(child.pid))
        self._kin: list[Any] = []
        self._looked = 0.0

    def usage(self) -> Usage | None:
        """Return what the process used; None if it is gone."""
        if self._process is None:
            return None
        times = _quietly(self._process.cpu_times)
        memory = _quietly(self._process.memory_info)
        if times is None or memory is None:
            return None
        counters = (
            _quietly(self._process.io_counters) if hasattr(psutil.Process, "io_counters") else None
        )
        read = getattr(counters, "read_chars", getattr(counters, "read_bytes", 0))
        return Usage(times.user + times.system, memory.rss, read)

    def held(self, *, fresh: bool = True) -> int:
        """Return the bytes that the process and those it started hold for themselves.

        Args:
            fresh: also look for new processes, now and then.
        """
        now = time.monotonic()
        if fresh and self._process is not None and now - self._looked > _KIN_EVERY:
            self._looked = now
            process = self._process
            self._kin = _quietly(lambda: process.children(recursive=True)) or []
            self._child.known.update(self._kin)
        return sum(_private(p) for p in (self._process, *self._kin) if p is not None)

    def held_alone(self) -> int:
        """The same without what forked processes still share; slower."""
        alone = [_quietly(p.memory_full_info) for p in self._kin]
        own = _private(self._process) if self._process is not None else 0
        return own + sum(getattr(a, "uss", 0) for a in alone)


def _quietly(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except psutil.Error:
        return None


def _private(process: Any) -> int:
    """Bytes of a process without mapped files, where the system tells them apart."""
    info = _quietly(process.memory_info)
    if info is None:
        return 0
    return int(getattr(info, "private", info.rss - getattr(info, "shared", 0)))


class Watch:
    """Watches one child during its requests."""

    def __init__(self, child: Child, limits: Limits, is_user: IsUser) -> None:
        self._child = child
        self._limits = limits
        self._is_user = is_user
        self._meter = Meter(child)
        self._opened = False
        self._asked = 0
        self._answered = 0

    def begin(self) -> None:
        """A request is about to be sent."""
        self._opened |= self._child.cells[BATCH] >= 0
        self._level = self._meter.held(fresh=False)
        self._over = 0.0
        self._dumped = self._child.stacks_size()
        self._restart(time.monotonic())

    def _restart(self, now: float) -> None:
        """Something came: forget what was seen before."""
        self._beat = self._child.cells[BEAT]
        self._since = now
        self._sampled = now
        self._cpu: float | None = None
        self._samples: list[Sample] = []

    @property
    def batch(self) -> int:
        """Index of the batch that is awaited, 0 before the first."""
        return max(0, self._child.cells[BATCH])

    def sample(self, number: int, beat: int, stack: tuple[tuple[str, int, str], ...]) -> None:
        """Take an answer to a question for the stack."""
        self._answered = number
        if beat == self._beat:
            self._add(tuple(Frame(*frame) for frame in stack))

    def _add(self, stack: Stack) -> None:
        usage = self._meter.usage()
        if stack and usage is not None:
            self._samples.append(Sample(stack, usage))

    def look(self) -> Ending | None:
        """Return how it ended, if it has to be ended."""
        now = time.monotonic()
        usage = self._meter.usage()
        if usage is None:
            return None  # gone: the pipe will tell
        grown = self._outgrown(now)
        if grown > self._limits.memory and self._told(now):
            return self._too_large(grown)
        if self._child.cells[BEAT] != self._beat:
            self._opened |= self._child.cells[BATCH] >= 0
            self._restart(now)
        if self._cpu is None:
            self._cpu = usage.cpu
        self._question(now)
        return self._judged(now - self._since, usage)

    # -- evidence ------------------------------------------------------------------------

    def _question(self, now: float) -> None:
        """Ask for a stack; where C code holds the interpreter's lock faulthandler writes it."""
        if now - self._sampled < self._limits.interval:
            return
        self._sampled = now
        if self._asked == self._answered:
            self._asked += 1
            self._child.send("sample", self._asked)
        elif (size := self._child.stacks_size()) > self._dumped:
            text = self._child.stacks()[self._dumped :]
            self._dumped = size
            for stack in dumped(text, self._child.cells[THREAD])[-1:]:
                self._add(stack)

    def _outgrown(self, now: float) -> int:
        """Return the growth in bytes; ask for a stack in time if it comes near the limit."""
        growth = self._meter.held() - self._level
        if growth > self._limits.memory / 2 and not self._samples:
            self._sampled = min(self._sampled, now - self._limits.interval)
        if growth > self._limits.memory:
            growth = self._meter.held_alone() - self._level
        return growth

    def _told(self, now: float) -> bool:
        """Whether it is known where memory is taken, or was waited for long enough."""
        self._over = self._over or now
        return bool(self._samples) or now - self._over > _LAST_WORDS

    def _working(self, usage: Usage) -> bool:
        """Whether it read or allocated since the first sample, as one that loads data does."""
        first = self._samples[0].usage
        return (
            usage.resident - first.resident > _GROWTH_OF_WORK
            or usage.read - first.read > _READING_OF_WORK
        )

    def _judged(self, idle: float, usage: Usage) -> Ending | None:
        burnt = usage.cpu - (self._cpu or 0.0)
        busy = burnt >= _BUSY_SHARE * idle
        if len(self._samples) >= 3 and busy and not self._working(usage):
            stacks = [s.stack for s in self._samples]
            depth = common_depth(stacks)
            own_loop = self._child.cells[BATCH] >= 0 and self._all_users(stacks, depth)
            if own_loop and burnt >= self._limits.early:
                return self._stalled(stacks, burnt)
            if idle >= self._limits.batch and self._in_vain(stacks, depth):
                return self._stalled(stacks, burnt)
        bound = self._limits.batch * (PATIENCE if self._opened else IMPORT_PATIENCE)
        # what works on a machine that is short of processors gets its share of time all the same
        over = max(burnt, idle / 2) if busy else idle
        return self._waiting(idle, busy) if over >= bound else None

    def _all_users(self, stacks: list[Stack], depth: int) -> bool:
        """Whether every sample was taken in one function of the user's, or below in their code."""
        return depth >= 0 and all(self._is_user(f.file) for s in stacks for f in s[depth:])

    def _in_vain(self, stacks: list[Stack], depth: int) -> bool:
        """Whether all samples share a function of the user's, or one call into a library."""
        if depth < 0:
            return False
        return self._is_user(stacks[0][depth].file) or len(set(stacks)) == 1

    # -- endings -------------------------------------------------------------------------

    def _stalled(self, stacks: list[Stack], burnt: float) -> Ending:
        stack = stacks[-1]
        user, loop = spinning(stacks, self._is_user)
        spot = (
            f"{loop.function}, in the loop {loop.text!r}" if loop else where(stack, self._is_user)
        )
        line = user.text if user else ""
        return Ending(
            "stalled",
            self.batch,
            f"busy for {burnt:.1f} s of processor time without a yield: {spot}",
            shown(stack, self._is_user),
            line,
        )

    def _waiting(self, idle: float, busy: bool) -> Ending:
        stack = self._samples[-1].stack if self._samples else ()
        user = innermost_user(stack, self._is_user)
        doing = "still busy" if busy else "waiting"
        spot = where(stack, self._is_user)
        return Ending(
            "waiting",
            self.batch,
            f"nothing came for {idle:.0f} s: {doing}{f' in {spot}' if spot else ''}",
            shown(stack, self._is_user),
            user.text if user else "",
        )

    def _too_large(self, grown: int) -> Ending:
        stack = self._samples[-1].stack if self._samples else ()
        user = innermost_user(stack, self._is_user)
        return Ending(
            "memory",
            self.batch,
            f"grew by {grown // _MIB} MiB, beyond the limit of {self._limits.memory // _MIB} MiB",
            shown(stack, self._is_user),
            user.text if user else "",
        )

    def interrupted(self, kind: Any, message: str) -> Ending:
        """Return the ending of a request that is cut off for another reason."""
        return Ending(kind, self.batch, message)

    def died(self, reason: str) -> Ending:
        """Return the ending of a process that is gone, with the stack that it left."""
        if self._child.cells[CUT]:
            reason = "it closed file descriptors that aren't its own, the pipes to the kit too"
        text = self._child.stacks()[self._dumped :]
        stack = next(reversed(dumped(text, 0)), ())
        user = innermost_user(stack, self._is_user)
        return Ending(
            "died",
            self.batch,
            f"{reason}{f' ({user.place})' if user else ''}",
            shown(stack, self._is_user),
            user.text if user else "",
        )
