"""Observes a subject from outside its process and survives whatever it does there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig, UsageError
from conformance.isolation.errors import IsolationError, SubjectError
from conformance.isolation.process import Child, Gone, Tail, exit_text
from conformance.isolation.stacks import user_files

if TYPE_CHECKING:
    from conformance.isolation.watch import Watch
    from conformance.observe import Description
    from conformance.problem import Problem
    from conformance.run import Ending, Run

_OBSERVER = "conformance.observe:Observer"
_START_LIMIT = 120.0
_FIRST_LOOK = 0.02
_LOOK_EVERY = 0.025
_MANY_TIMES = 4


class IsolatedObserver:
    """Observes one subject in a child process, as ``conformance.observe.Observer`` does in its own.

    A child that hangs, crashes, exits or outgrows its limit is killed with all that it started;
    the next problem gets a fresh one.

    Args:
        config: the subject; ``target`` must be None, since live objects can't be moved.
        settings: limits and the rest.
        environment: variables for the child besides the inherited ones.
        observer: ``module:Class`` that observes in the child.

    Attributes:
        restarts: children started so far.
        pace: seconds that the longest observation took; None before the first.
    """

    def __init__(
        self,
        config: SubjectConfig,
        settings: Settings,
        *,
        environment: Mapping[str, str] | None = None,
        observer: str = _OBSERVER,
    ) -> None:
        if config.target is not None:
            raise UsageError(
                f"{config.spec!r} is a live object and can't be observed in a process of its own; "
                "pass in_process=True, or name it as module:attr"
            )
        self._config = config
        self._settings = settings
        self._environment = dict(environment or {})
        self._observer = observer
        self._is_user = user_files(config.spec)
        self._output = Tail()
        self._child: Child | None = None
        self._ready = False
        self._told = False
        self._subjects = 0
        self._watch: Watch | None = None
        self._description: Description | None = None
        self._spent = 0.0
        self._spun: set[tuple[str, str]] = set()
        self._hurried = False
        self._begun: Problem | None = None
        self._ahead: Thread | None = None
        self._preloaded = False
        self._closing = False
        self._adopted: Description | None = None
        self.pace: float | None = None
        self.restarts = 0

    # -- what an observer offers -----------------------------------------------------------

    def start(self) -> None:
        """Start the child without waiting for it, so that its imports overlap the caller's."""
        if self._child is None:
            self.restarts += 1
            self._subjects = 1
            self._ready = self._told = self._preloaded = False
            self._child = Child(
                observer=self._observer,
                users=[self._config.root] if self._config.root else [],
                environment=self._environment,
                patience=max(0.1, self._settings.batch_timeout / 5),
                output=self._output,
            )

    def describe(self) -> Description:
        """Locate and bind the subject and take a first look at it.

        Raises:
            UsageError: the spec or a declaration is wrong.
            SubjectError: the user's module fails on import, hangs or ends the process.
            IsolationError: the kit's own fault.
        """
        reply = self._ask("describe")
        if reply[0] == "ended":
            ending: Ending = reply[1]
            raise SubjectError(ending.message, ending.traceback, ending)
        if reply[0] == "subject":
            raise SubjectError(*reply[1:])
        if reply[0] == "left":
            _, message, traceback, _line = reply
            raise SubjectError(message, traceback)
        self._description = reply[1]
        description: Description = reply[1]
        return description

    def preload(self, libraries: Sequence[str]) -> None:
        """Let the child import libraries; neither waits for it nor runs code of the user's."""
        self._begin("preload", tuple(libraries))

    def warm(self) -> None:
        """Let the child import the subject without waiting for it.

        What fails there fails again at the first problem.
        """
        self._begin("warm")

    def _begin(self, *request: Any) -> None:
        """Ask in a thread; whoever asks next waits for it."""
        before = self._ahead

        def ask() -> None:
            if before is not None:
                before.join()
            if self._closing:
                return
            self._take_over()
            # also of a child that is ended meanwhile, e.g. with the session
            with suppress(Exception):
                self._asked(*request)
            self._preloaded |= request[0] == "preload"

        self._ahead = Thread(target=ask, name="conformance", daemon=True)
        self._ahead.start()

    def _import(self) -> None:
        """Have the subject imported, which takes patience."""
        self._wait()
        if not self._told:
            with suppress(IsolationError):
                self._asked("warm")

    def _wait(self) -> None:
        if self._ahead is not None:
            self._ahead.join()
            self._ahead = None
        self._take_over()

    def _take_over(self) -> None:
        """Have the child told what was adopted since it was opened."""
        if self._adopted is not None:
            self._description, self._adopted = self._adopted, None
            self._told = False

    def adopt(self, description: Description) -> None:
        """Take over what another observer found out."""
        self._adopted = description

    def observes(self, config: SubjectConfig) -> bool:
        """Whether this is the subject that it was last turned to and told of."""
        known = self._adopted or self._description
        return self._config is config and known is not None

    @property
    def is_new(self) -> bool:
        """Whether its child has imported nothing before the subject."""
        return self._subjects <= 1 and not self._preloaded

    def turn_to(self, config: SubjectConfig, settings: Settings) -> None:
        """Observe another subject from now on, in the same child if it still lives."""
        self._wait()
        self._config, self._settings = config, settings
        self._is_user = user_files(config.spec)
        self._description = None
        self._spent = 0.0
        self._spun = set()
        self._told = False
        self.pace = None
        self._subjects += 1

    def observe(self, problem: Problem, following: Problem | None = None) -> Run:
        """Open the subject on ``problem`` and record it; its faults are endings of the run.

        Args:
            problem: the situation to record.
            following: what is asked next; the child begins it without waiting for that.

        Raises:
            UsageError: the spec or a declaration is wrong.
            IsolationError: the kit's own fault.
        """
        # what should be refused needs no patience: waiting is answer enough
        hurried = problem.scenario in ("zero", "uneven")
        if hurried:
            self._import()
        self._hurried = hurried
        began = time.monotonic()
        reply = self._ask("observe", problem, following=following)
        if not self._hurried:
            self.pace = max(self.pace or 0.0, time.monotonic() - began)
        self._hurried = False
        if reply[0] == "done":
            run: Run = reply[1]
            return run
        return self._failed(problem, reply)

    def close(self) -> None:
        """End the child and remove its files; a later request starts another."""
        self._closing = True
        while True:
            ahead = self._ahead if self._ahead and self._ahead.is_alive() else None
            child, self._child = self._child, None
            if child is not None:
                child.close(politely=self._ready and ahead is None)
            if ahead is None:
                self._ahead, self._closing = None, False
                return
            ahead.join(0.1)  # it may just have started one

    def output(self) -> str:
        """Return the tail of what the subject printed."""
        return self._output.text()

    @property
    def out_of_time(self) -> bool:
        """Whether the limit for the whole subject is used up: nothing more will be observed."""
        return self._spent >= self._settings.subject_timeout

    # -- one request -----------------------------------------------------------------------

    def _ask(self, *request: Any, following: Problem | None = None) -> tuple[Any, ...]:
        """Return the reply, or ``("ended", Ending)``."""
        self._wait()
        return self._asked(*request, following=following)

    def _asked(self, *request: Any, following: Problem | None = None) -> tuple[Any, ...]:
        if self.out_of_time:
            return ("ended", self._time_is_up(0))
        began = time.monotonic()
        try:
            return self._answer(request, following)
        except BaseException as error:
            if not isinstance(error, UsageError):
                self._drop()
            raise
        finally:
            self._spent += time.monotonic() - began

    def _answer(self, request: tuple[Any, ...], following: Problem | None) -> tuple[Any, ...]:
        begun, self._begun = self._begun, None
        if begun is not None and request != ("observe", begun):
            self._drop()  # what it works on is not asked for any more
            begun = None
        child, watch = self._prepared() if begun is None else self._working()
        described = self._description
        watch.begin(small=described is not None and not getattr(described, "closed", False))
        if begun is None:
            child.send(*request)
        if following is not None:
            child.send("observe", following)
            self._begun = following
        reply = self._attended(child, watch)
        if reply[0] == "ended":
            self._drop()
        elif reply[0] == "usage":
            raise UsageError(reply[1])
        elif reply[0] == "internal":
            raise IsolationError(
                f"observing {self._config.spec} failed inside the kit, please report it: {reply[1]}"
            )
        return reply

    def _attended(self, child: Child, watch: Watch) -> tuple[Any, ...]:
        """Wait for the reply and watch the child meanwhile."""
        began = time.monotonic()
        deadline = began + self._settings.subject_timeout - self._spent
        pause = _FIRST_LOOK
        while True:
            try:
                message = child.receive(pause)
            except Gone:
                return ("ended", watch.died(exit_text(child.status())))
            if message is not None and message[0] == "sample":
                watch.sample(*message[1:])
                continue
            if message is not None:
                return message
            pause = _LOOK_EVERY
            if ending := watch.look():
                return ("ended", ending)
            if time.monotonic() > deadline:
                return ("ended", self._time_is_up(watch.batch))
            if self._hurried and time.monotonic() - began > self._hurry():
                return ("ended", self._no_answer(watch.batch))

    def _hurry(self) -> float:
        """Return how long a subject may take to refuse: longer than it takes to do anything else."""
        limit = self._settings.batch_timeout
        usual = self.pace if self.pace is not None else limit
        return min(limit, max(limit / 4, _MANY_TIMES * usual))

    def _no_answer(self, batch: int) -> Ending:
        from conformance.run import Ending

        limit = self._hurry()
        return Ending("waiting", batch, f"no error and no batch within {limit:g} s")

    def _time_is_up(self, batch: int) -> Ending:
        from conformance.run import Ending

        limit = self._settings.subject_timeout
        return Ending("waiting", batch, f"the {limit:g} s for the whole subject are used up")

    def _failed(self, problem: Problem, reply: tuple[Any, ...]) -> Run:
        from conformance.run import Ending, Run

        claims = self._description.claims if self._description else Claims()
        if reply[0] == "ended":
            ending: Ending = reply[1]
        elif reply[0] == "subject":
            ending = reply[3] or Ending("raised", 0, reply[1], reply[2])
        else:
            _, message, traceback, line = reply
            ending = Ending("raised", 0, message, traceback, line, message.partition(":")[0])
        return Run(problem, claims, (), ending=ending)

    # -- the child -------------------------------------------------------------------------

    def _working(self) -> tuple[Child, Watch]:
        """Return the child that has begun what is asked for, even if that ended it."""
        if self._child is None or self._watch is None:
            raise IsolationError("the child process is closed")
        return self._child, self._watch

    def _prepared(self) -> tuple[Child, Watch]:
        """Return a child that listens, and its watch; starts one where there is none."""
        if self._child is not None and self._ready and self._child.gone():
            self._drop()  # something that the subject left running ended it after its last reply
        self.start()
        child = self._child
        if child is None:
            raise IsolationError("the child process is closed")
        if not self._told or self._watch is None:
            child.send("open", self._config, self._settings, self._description)
            self._watch = self._opened(child)
            self._ready = self._told = True
        return child, self._watch

    def _opened(self, child: Child) -> Watch:
        from conformance.isolation.watch import Limits, Watch

        for expected in ("done",) if self._ready else ("ready", "done"):
            try:
                message = child.receive(_START_LIMIT)
                while message is not None and message[0] == "sample":
                    message = child.receive(_START_LIMIT)  # an answer that comes too late
            except Gone:
                message = ("internal", f"{exit_text(child.status())}\n{self.output()}")
            if message is None:
                message = ("internal", f"it isn't ready after {_START_LIMIT:.0f} s")
            if message[0] == "usage":
                raise UsageError(message[1])
            if message[0] != expected:
                raise IsolationError(f"the process that observes could not start: {message[1]}")
            if expected == "ready":
                child.pid = message[1]
        limits = Limits(self._settings.batch_timeout, self._settings.memory_limit << 20)
        return Watch(child, limits, self._is_user, self._spun)

    def _drop(self) -> None:
        child, self._child = self._child, None
        self._ready = self._told = False
        self._begun = None
        if child is not None:
            child.close()
