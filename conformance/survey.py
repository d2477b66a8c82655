"""Observing a subject: the boundary problems first, then those that Hypothesis draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig
from conformance.isolation.errors import SubjectError
from conformance.observe import Description
from conformance.problem import Problem, Space, boundary, deepened, plain_problem, strategy
from conformance.renumbering import ELSEWHERE, RENUMBERED, in_two_processes, renumbering, rerun
from conformance.run import Ending, Run
from conformance.splitting import PAIR, pairing, side_by_side

_STALLS_SETTLED = 2
_STALLS_MOST = 6


class AnyObserver(Protocol):
    """What observes: in this process or in a child."""

    def describe(self) -> Description:
        """Locate, bind, look."""

    def observe(self, problem: Problem) -> Run:
        """Open the subject on one problem."""

    def adopt(self, description: Description) -> None:
        """Take over what another process has found out."""

    def close(self) -> None:
        """Release everything."""


class Survey:
    """Observes one subject, each problem once.

    Attributes:
        runs: what was observed, by problem.
    """

    def __init__(self, config: SubjectConfig, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self.runs: dict[Problem, Run] = {}
        self._stalled: list[Problem] = []
        self._observer: AnyObserver | None = None
        self._description: Description | None = None

    def close(self) -> None:
        """End the observation and forget the runs."""
        if self._observer is not None:
            self._observer.close()
            self._observer = None
        self.runs.clear()
        self._stalled.clear()

    @property
    def out_of_time(self) -> bool:
        """Whether the subject's time was up before all problems were observed."""
        return bool(getattr(self._observer, "out_of_time", False))

    def output(self) -> str:
        """Return the end of what the subject printed."""
        teller: Callable[[], str] | None = getattr(self._observer, "output", None)
        return teller() if teller else ""

    def _isolated(self) -> bool:
        return not self.settings.in_process and self.config.target is None

    def new_observer(self) -> AnyObserver:
        """Return an observer in a process of its own, or in this one where that was asked for."""
        if not self._isolated():
            from conformance.observe import Observer

            return Observer(self.config, self.settings)
        from conformance.isolation.host import IsolatedObserver

        observer = IsolatedObserver(self.config, self.settings)
        observer.pace = getattr(self._observer, "pace", None)
        return observer

    def describe(self) -> Description:
        """Return what is known of the subject; looks at the first call."""
        if self._observer is None:
            self._observer = self.new_observer()
        if self._description is None:
            try:
                self._description = self._observer.describe()
            except SubjectError as error:
                if error.ending is None:
                    raise
                # it hung or died at the first look: that is a verdict, and the look's default
                self._description = Description(
                    "unknown", (), Claims(), Space(), trouble=error.ending, closed=False
                )
        return self._description

    def observe(self, problem: Problem) -> Run:
        """Return the run of a problem; observes at the first call."""
        if problem not in self.runs:
            if self._observer is None:
                self._observer = self.new_observer()
            self.runs[problem] = self.observe_with(self._observer, problem)
        return self.runs[problem]

    def observe_with(self, observer: AnyObserver, problem: Problem) -> Run:
        """Return a new run of a problem."""
        if problem.scenario == PAIR:
            return side_by_side(self, observer, problem)
        if problem.scenario not in (RENUMBERED, ELSEWHERE):
            return observer.observe(problem)
        return in_two_processes(observer, self.config, self.settings, self.describe(), problem)

    def everything(self, space: Space) -> None:
        """Observe the boundary problems, then those that Hypothesis draws."""
        stalled = self._stalled
        for problem in boundary(space):
            self._observe_unless_settled(deepened(problem, self.settings.profile))
        if len(stalled) >= _STALLS_SETTLED and all(p.n > 1 for p in stalled):
            for n in range(1, 4):
                if len(stalled) < _STALLS_MOST:
                    small = plain_problem(space, n=n, batch_size=2)
                    self._observe_unless_settled(small, always=n <= 2)
        if space.renumbers and self._isolated():
            self._observe_unless_settled(renumbering(space))
        if space.takes_seed and self._isolated():
            self._observe_unless_settled(rerun(space))
        if self.settings.validation is not None:
            self._observe_unless_settled(pairing(space))
        for problem in drawn_problems(space, self.settings):
            self._observe_unless_settled(problem)

    def settled(self, problem: Problem) -> bool:
        """Whether two stalls have shown that problems of this sort only stall."""
        enough = len(self._stalled) >= _STALLS_SETTLED
        return enough and any(_sort(p) == _sort(problem) for p in self._stalled)

    def _observe_unless_settled(self, problem: Problem, *, always: bool = False) -> None:
        if self.settled(problem) and not always:
            return
        if len(self._stalled) >= _STALLS_MOST or self.out_of_time:
            return
        run = self.observe(problem)
        if run.ending is not None and run.ending.kind in ("stalled", "waiting", "memory", "died"):
            self._stalled.append(problem)

    def never_opened(self) -> Ending | None:
        """Return how a closed subject ended if no opening of it brought a batch."""
        endings = [s.ending for r in self.runs.values() for s in r.streams]
        if all(e is not None and e.kind == "raised" and e.opening for e in endings):
            return next(iter(endings), None)
        return None


def _sort(problem: Problem) -> tuple[object, ...]:
    """Return what makes two problems alike for a generator that stalls on one of them."""
    n, size = problem.n, problem.batch_size
    relation = (
        "zero" if not size else "<" if n < size else "=" if n == size else "%" if n % size else "0"
    )
    loose = "<=" if relation in "<=" else ">"
    return (loose, problem.scenario in ("zero", "uneven") and problem.scenario)


def drawn_problems(space: Space, settings: Settings) -> list[Problem]:
    """Return the problems that Hypothesis draws, the same for the same seed."""
    if space.closed or space.fixed_n or settings.examples < 1:
        return []
    import hypothesis
    from hypothesis import HealthCheck, Phase

    drawn: list[Problem] = []

    @hypothesis.settings(
        max_examples=space.examples(settings.examples),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.seed(settings.seed)
    @hypothesis.given(strategy(space))
    def draw(problem: Problem) -> None:
        drawn.append(problem)

    draw()
    return list(dict.fromkeys(drawn))
