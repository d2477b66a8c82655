"""Decides, while a subject is silent, between slow, waiting, stalled and too large.

Slow is not stalled. A stall takes evidence: stacks sampled over time in one and the same frame,
processor time consumed, and nothing read or allocated meanwhile. Without it a subject is given
:data:`PATIENCE` times the limit.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from conformance.isolation.meter import Meter, Usage
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
_STARVED = 5
_GROWTH_OF_WORK = _MIB
_READING_OF_WORK = 64 * 1024
_LEVELS = 3
_ENOUGH = 3
_LAST_WORDS = 0.15
_SEEN_TO_SPIN = 4
"""How many times sooner a function is told to stall that did so before."""


@dataclass(frozen=True)
class Limits:
    """Limits for one subject, in seconds and bytes.

    Attributes:
        batch: for one ``next()``.
        memory: growth during one request.
    """

    batch: float
    memory: int

    def early(self, *, small: bool) -> float:
        """Return the processor time after which a loop of the user's own is called a stall.

        Args:
            small: whether it works on a few samples of the kit's, not on data of its own.
        """
        return self.batch / 5 if small else self.batch / 2

    @property
    def interval(self) -> float:
        """Time between two samples."""
        return max(0.02, self.batch / 20)


@dataclass(frozen=True)
class Sample:
    """A stack, and what was used when it was taken.

    Attributes:
        locked: whether it had to be taken from outside, since C code held the interpreter's lock.
    """

    stack: Stack
    usage: Usage
    locked: bool = False


class Watch:
    """Watches one child during its requests.

    Args:
        child, limits, is_user: whom, how strictly, and whose code is the user's.
        spun: functions of the subject that stalled, kept from child to child.
    """

    def __init__(
        self, child: Child, limits: Limits, is_user: IsUser, spun: set[tuple[str, str]]
    ) -> None:
        self._spun = spun
        self._child = child
        self._limits = limits
        self._is_user = is_user
        self._meter = Meter(child)
        self._opened = False
        self._asked = 0
        self._answered = 0

    def begin(self, *, small: bool) -> None:
        """A request is about to be sent; ``small`` if it is known to be about a few samples."""
        self._early = self._limits.early(small=small)
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
        self._looks = self._runnable = 0
        self._levels: deque[int] = deque(maxlen=_LEVELS)
        self._level_seen = self._read_seen = 0
        self._worked = float("-inf")
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

    def _add(self, stack: Stack, *, locked: bool = False) -> None:
        usage = self._meter.usage()
        if stack and usage is not None:
            self._samples.append(Sample(stack, usage, locked))

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
        self._note_work(usage)
        self._looks += 1
        self._runnable += usage.runs
        self._question(now)
        return self._judged(now - self._since, usage)

    # -- evidence ------------------------------------------------------------------------

    def _question(self, now: float) -> None:
        """Ask for a stack; where C code holds the interpreter's lock faulthandler writes it."""
        if now - self._sampled < self._limits.interval / (_SEEN_TO_SPIN if self._spun else 1):
            return
        self._sampled = now
        if self._asked == self._answered:
            self._asked += 1
            self._child.send("sample", self._asked)
        elif (size := self._child.stacks_size()) > self._dumped:
            text = self._child.stacks()[self._dumped :]
            self._dumped = size
            for stack in dumped(text, self._child.cells[THREAD])[-1:]:
                self._add(stack, locked=True)

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

    def _note_work(self, usage: Usage) -> None:
        """Note when it last read or allocated, as one that loads data does.

        Of several looks the lowest level counts: what is allocated and freed over and over, in a
        loop that goes nowhere, is no work.
        """
        self._levels.append(usage.resident)
        level = min(self._levels) if len(self._levels) == _LEVELS else 0
        self._level_seen = self._level_seen or level
        self._read_seen = self._read_seen or usage.read
        grew = level - self._level_seen > _GROWTH_OF_WORK
        read = usage.read - self._read_seen > _READING_OF_WORK
        if grew or read:
            self._worked = usage.cpu
            self._level_seen, self._read_seen = level, usage.read

    def _judged(self, idle: float, usage: Usage) -> Ending | None:
        burnt = usage.cpu - (self._cpu or 0.0)
        limit = self._limits.batch
        recent = usage.cpu - limit / 4
        while len(self._samples) > _ENOUGH and self._samples[1].usage.cpu <= recent:
            del self._samples[0]  # what it did before it began to spin, if it does
        if len(self._samples) >= _ENOUGH and self._worked <= recent:
            stacks = [s.stack for s in self._samples]
            depth = common_depth(stacks)
            seen = usage.cpu - self._samples[0].usage.cpu
            own_loop = self._child.cells[BATCH] >= 0 and self._all_users(stacks, depth)
            early = self._early / (_SEEN_TO_SPIN if self._spins_again(stacks, depth) else 1)
            if own_loop and burnt >= early and seen >= early / 2:
                return self._stalled(stacks, burnt)
            # processor time, not the clock: on a loaded machine seconds may pass without work
            enough = idle >= limit and burnt >= limit / 2 and seen >= limit / 4
            if enough and self._in_vain(stacks, depth):
                return self._stalled(stacks, burnt)
        bound = limit * (PATIENCE if self._opened else IMPORT_PATIENCE)
        busy = self._busy(idle, burnt)
        # where processors are short, what works is given the time that it could have had
        over = max(burnt, idle / _STARVED) if busy else idle
        return self._waiting(idle, busy) if over >= bound else None

    def _busy(self, idle: float, burnt: float) -> bool:
        """Whether it computes, or would if the processors had time for it."""
        return burnt >= _BUSY_SHARE * idle or self._runnable > self._looks / 2

    def _spins_again(self, stacks: list[Stack], depth: int) -> bool:
        return depth >= 0 and _place(stacks[0][depth]) in self._spun

    def _all_users(self, stacks: list[Stack], depth: int) -> bool:
        """Whether every sample was taken in one function of the user's, or below in their code."""
        return depth >= 0 and all(self._is_user(f.file) for s in stacks for f in s[depth:])

    def _in_vain(self, stacks: list[Stack], depth: int) -> bool:
        """Whether all samples share a function of the user's, or one call that locks Python out.

        Another call into a library may last: a pipeline of tf.data works in threads of its own,
        behind one and the same Python frame. It is given the longer limit.
        """
        if depth < 0:
            return False
        locked = any(s.locked for s in self._samples)
        return self._is_user(stacks[0][depth].file) or (locked and len(set(stacks)) == 1)

    # -- endings -------------------------------------------------------------------------

    def _stalled(self, stacks: list[Stack], burnt: float) -> Ending:
        stack = stacks[-1]
        if (depth := common_depth(stacks)) >= 0:
            self._spun.add(_place(stack[depth]))
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


def _place(frame: Frame) -> tuple[str, str]:
    return frame.file, frame.function
