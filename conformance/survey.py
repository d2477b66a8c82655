"""Observing a subject: the boundary problems first, then those that Hypothesis draws."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig
from conformance.isolation.ahead import slow_imports
from conformance.isolation.errors import SubjectError
from conformance.observe import Description
from conformance.problem import Problem, Space, boundary, deepened, plain_problem, strategy
from conformance.renumbering import IN_TWO, Elsewhere, renumbering, rerun
from conformance.run import Ending, Run
from conformance.splitting import PAIR, pairing, side_by_side

_STALLS_SETTLED = 2
_STALLS_MOST = 6
_LOST = ("stalled", "waiting", "memory", "died")
_OF_TWO = (PAIR, *IN_TWO)
"""Scenarios that take more than this subject in one process."""


class AnyObserver(Protocol):
    """What observes: in this process or in a child."""

    def describe(self) -> Description:
        """Locate, bind, look."""

    def observe(self, problem: Problem, following: Problem | None = None) -> Run:
        """Open the subject on one problem; ``following`` is the one that comes next."""

    def adopt(self, description: Description) -> None:
        """Take over what another process has found out."""

    def close(self) -> None:
        """Release everything."""


class Survey:
    """Observes one subject, each problem once.

    Args:
        config, settings: the subject, and how to judge.
        observer: one that was started already, None for one that is made when it is needed.

    Attributes:
        runs: what was observed, by problem.
        forgotten: batches of runs of which no more than their endings was kept.
    """

    def __init__(
        self, config: SubjectConfig, settings: Settings, observer: AnyObserver | None = None
    ) -> None:
        self.config = config
        self.settings = settings
        self.runs: dict[Problem, Run] = {}
        self.forgotten = 0
        self._stalled: list[Problem] = []
        self._observer = observer
        self._repeater: AnyObserver | None = None
        self._elsewhere: Elsewhere | None = None
        self._introduced = False
        self._description: Description | None = None

    def close(self) -> None:
        """End the observation and forget the runs."""
        # each lists folders in its own way until it is closed: the last one first
        for held in (self._elsewhere, self._repeater, self._observer):
            if held is not None:
                held.close()
        self._observer = self._repeater = self._elsewhere = None
        self._introduced = False
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

    def begin(self) -> None:
        """Import in a second process what the subject's file imports, while the first does so."""
        libraries = slow_imports(self.config) if self._isolated() else ()
        if libraries and self._elsewhere is None:
            self._elsewhere = Elsewhere(self.config, self.settings)
            self._elsewhere.observer.preload(libraries)

    def elsewhere(self) -> Elsewhere:
        """Return the second process, which imports the subject from the first call on."""
        if self._elsewhere is None:
            self._elsewhere = Elsewhere(self.config, self.settings)
        if not self._introduced:
            self._introduced = True
            self._elsewhere.adopt(self.describe())
        return self._elsewhere

    def new_observer(self) -> AnyObserver:
        """Return an observer in a process of its own, or in this one where that was asked for."""
        if not self._isolated():
            from conformance.observe import Observer

            return Observer(self.config, self.settings)
        from conformance.isolation.host import IsolatedObserver

        return IsolatedObserver(self.config, self.settings)

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

    def observe(self, problem: Problem, following: Problem | None = None) -> Run:
        """Return the run of a problem; observes at the first call.

        Args:
            problem: what to observe.
            following: the plain problem that comes next, to be begun while this one is judged.
        """
        if problem not in self.runs:
            if self._observer is None:
                self._observer = self.new_observer()
            if problem.scenario == PAIR:
                run = side_by_side(self, self._observer, problem)
            elif problem.scenario in IN_TWO:
                run = self.elsewhere().beside(self._observer, problem)
            else:
                run = self._observer.observe(problem, following)
            self.runs[problem] = run
        return self.runs[problem]

    def again(self, problem: Problem) -> Run:
        """Return a new run of a problem, by a process that has not observed the plain problems."""
        if problem.scenario in IN_TWO:
            return self._again_in_two(problem)
        other = self._other()
        return (
            side_by_side(self, other, problem)
            if problem.scenario == PAIR
            else other.observe(problem)
        )

    def _again_in_two(self, problem: Problem) -> Run:
        """Return a new run of a problem that takes two processes, by two new ones."""
        here, there = self._knowing(), Elsewhere(self.config, self.settings)
        try:
            there.adopt(self.describe())
            return there.beside(here, problem)
        finally:
            there.close()
            here.close()

    def _other(self) -> AnyObserver:
        """Return what repeats problems."""
        if self._isolated():
            observer = self.elsewhere().observer
            observer.pace = max(observer.pace or 0.0, getattr(self._observer, "pace", None) or 0.0)
            return observer
        if self._repeater is None:
            self._repeater = self._knowing()
        return self._repeater

    def _knowing(self) -> AnyObserver:
        observer = self.new_observer()
        observer.adopt(self.describe())
        return observer

    def everything(self, space: Space, heard: Callable[[Problem, Run], bool]) -> None:
        """Observe the boundary problems, then those that Hypothesis draws.

        Args:
            space: what the subject can be given.
            heard: told each run as it comes, while the next one is observed; says whether it
                breaks a clause. Of drawn problems no others are kept, so that memory stays flat.
        """
        if self._isolated() and (space.renumbers or space.takes_seed):
            self.elsewhere()
        with ThreadPoolExecutor(1) as beside:
            # a subject in this process must not meet Hypothesis' hands on the global generators
            drawing = (
                beside.submit(drawn_problems, space, self.settings) if self._isolated() else None
            )
            first = [deepened(problem, self.settings.profile) for problem in boundary(space)]
            self._observe_all(first, heard)
            self._observe_all(self._smallest(space), heard, always=2)
            drawn = drawing.result() if drawing else drawn_problems(space, self.settings)
        self._observe_all(drawn, heard, forget=True)

    def special(self, space: Space, heard: Callable[[Problem, Run], bool]) -> None:
        """Observe what takes two processes or two subjects; last, since imports may go on."""
        self._observe_all(self._special(space), heard)

    def _smallest(self, space: Space) -> list[Problem]:
        """Return the problems that show how small one is on which a subject stalls."""
        stalled = self._stalled
        if len(stalled) < _STALLS_SETTLED or any(p.n <= 1 for p in stalled):
            return []
        return [plain_problem(space, n=n, batch_size=2) for n in range(1, 4)]

    def _special(self, space: Space) -> list[Problem]:
        """Return the problems that take another process or another subject besides."""
        asked = []
        if space.renumbers and self._isolated():
            asked.append(renumbering(space))
        if space.takes_seed and self._isolated():
            asked.append(rerun(space))
        if self.settings.validation is not None:
            asked.append(pairing(space))
        return asked

    def _observe_all(
        self,
        problems: list[Problem],
        heard: Callable[[Problem, Run], bool],
        *,
        always: int = 0,
        forget: bool = False,
    ) -> None:
        """Observe what is not settled, the first ``always`` problems in any case."""
        new = [p for p in dict.fromkeys(problems) if p not in self.runs]
        for k, problem in enumerate(new):
            if self.settled(problem) and k >= always:
                continue
            if len(self._stalled) >= _STALLS_MOST or self.out_of_time:
                return
            plain = not self._stalled and problem.scenario not in _OF_TWO
            following = new[k + 1] if plain and k + 1 < len(new) else None
            run = self.observe(problem, following)
            if run.ending is not None and run.ending.kind in _LOST:
                self._stalled.append(problem)
            breaks = heard(problem, run)
            if breaks and self._isolated():
                self.elsewhere()  # it will be asked to repeat this
            if forget and not breaks:
                self.runs[problem] = run.without_batches()
                self.forgotten += sum(len(stream.batches) for stream in run.streams)

    def settled(self, problem: Problem) -> bool:
        """Whether two stalls have shown that problems of this sort only stall."""
        enough = len(self._stalled) >= _STALLS_SETTLED
        return enough and any(_sort(p) == _sort(problem) for p in self._stalled)

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
