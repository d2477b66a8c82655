"""Observe once, judge many times: from a subject to its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import metadata
from typing import Protocol

from conformance.claims import Claims
from conformance.config import Settings, SubjectConfig, UsageError, expiry
from conformance.contract import (
    CONTRACT_VERSION,
    Clause,
    Level,
    NotApplicable,
    Undecided,
    Violation,
    clauses,
    find_clause,
)
from conformance.isolation.errors import SubjectError
from conformance.observe import Description
from conformance.problem import EXPLORATORY, SCENARIOS, Problem, Space, boundary, strategy, suited
from conformance.renumbering import RENUMBERED, in_two_processes, renumbering
from conformance.run import Ending, Run
from conformance.training.chapter import Chapter
from conformance.training.problems import TRAINED
from conformance.verdict import Finding, SubjectReport, Verdict

_STALLS_SETTLED = 2
_STALLS_MOST = 6
_SHRINK_MOST = 60


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


@dataclass
class Broken:
    """A clause that some run breaks.

    Attributes:
        problem: the smallest known problem that breaks it.
        violation: what was seen on it.
        run: the record.
    """

    clause: Clause
    problem: Problem
    violation: Violation
    run: Run


class Judge:
    """Judges one subject; does nothing before it is asked.

    Args:
        config: the subject as its user named it.
        settings: how to judge.
    """

    def __init__(self, config: SubjectConfig, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self._observer: AnyObserver | None = None
        self._description: Description | None = None
        self._report: SubjectReport | None = None
        self._runs: dict[Problem, Run] = {}
        self._shrinking = 0
        self._training = Chapter(config, settings)

    def prepare(self) -> None:
        """Locate and bind the subject.

        Raises:
            UsageError: it can't be located or bound; the message says what to type.
        """
        for clause_id in self.config.declaration.waive:
            try:
                find_clause(clause_id)
            except KeyError as error:
                raise UsageError(f"waive: {error.args[0]}") from None
        try:
            self._describe()
        except SubjectError:
            return  # the user's own failure becomes verdicts, not a usage error

    def report(self) -> SubjectReport:
        """Observe the subject at the first call, and return what the clauses say.

        Raises:
            UsageError: see :meth:`prepare`.
        """
        if self._report is None:
            self._report = self._judge()
        return self._report

    def close(self) -> None:
        """End the observation and forget the runs."""
        if self._observer is not None:
            self._observer.close()
            self._observer = None
        self._runs.clear()

    # -- observing ----------------------------------------------------------------------

    def _isolated(self) -> bool:
        return not self.settings.in_process and self.config.target is None

    def _new_observer(self) -> AnyObserver:
        if not self._isolated():
            from conformance.observe import Observer

            return Observer(self.config, self.settings)
        from conformance.isolation.host import IsolatedObserver

        return IsolatedObserver(self.config, self.settings)

    def _describe(self) -> Description:
        if self._observer is None:
            self._observer = self._new_observer()
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

    def _observe(self, problem: Problem) -> Run:
        if problem not in self._runs:
            if self._observer is None:
                self._observer = self._new_observer()
            self._runs[problem] = self._observe_with(self._observer, problem)
        return self._runs[problem]

    def _observe_with(self, observer: AnyObserver, problem: Problem) -> Run:
        if problem.scenario != RENUMBERED:
            return observer.observe(problem)
        return in_two_processes(observer, self.config, self.settings, self._describe(), problem)

    def _survey(self, space: Space) -> None:
        """Observe the boundary problems, then those that Hypothesis draws."""
        stalled: list[Problem] = []
        for problem in boundary(space):
            self._observe_unless_settled(problem, stalled)
        if len(stalled) >= _STALLS_SETTLED and all(p.n > 1 for p in stalled):
            for n in range(1, 4):
                if len(stalled) < _STALLS_MOST:
                    self._observe_unless_settled(
                        Problem(n=n, batch_size=2, classes=space.classes), stalled, always=n <= 2
                    )
        if space.renumbers and self._isolated():
            self._observe_unless_settled(renumbering(space), stalled)
        for problem in drawn_problems(space, self.settings):
            self._observe_unless_settled(problem, stalled)

    def _observe_unless_settled(
        self, problem: Problem, stalled: list[Problem], *, always: bool = False
    ) -> None:
        """Observe, unless two stalls have shown that problems of this sort only stall."""
        settled = len(stalled) >= _STALLS_SETTLED and not always
        if settled and any(_sort(p) == _sort(problem) for p in stalled):
            return
        if len(stalled) >= _STALLS_MOST or getattr(self._observer, "out_of_time", False):
            return
        run = self._observe(problem)
        if run.ending is not None and run.ending.kind in ("stalled", "waiting", "memory", "died"):
            stalled.append(problem)

    # -- judging ------------------------------------------------------------------------

    def _judge(self) -> SubjectReport:
        try:
            description = self._describe()
        except SubjectError as error:
            return self._failed_to_load(error)
        if description.trouble is None:
            self._survey(description.space)
            if description.closed:
                description = replace(description, trouble=self._never_opened())
        else:
            self._trouble(description)
        self._runs.update(self._training.runs(description, dict(self._runs)))
        broken: list[Broken] = []
        verdicts: dict[str, Verdict] = {}
        for clause in clauses():
            verdict, worst = self._verdict_of(clause)
            verdicts[clause.id] = verdict
            if worst is not None:
                broken.append(worst)
        broken = [self._shrunk(b, description.space) for b in broken]
        self._confirm(broken, verdicts)
        return self._compose(description, broken, verdicts)

    def _trouble(self, description: Description) -> None:
        """Record a first look that no feed got through."""
        problem = Problem(n=14, batch_size=3)
        ending = description.trouble
        self._runs[problem] = Run(problem, description.claims, (), ending=ending)

    def _never_opened(self) -> Ending | None:
        """Return how a closed subject ended if no opening of it brought a batch."""
        endings = [s.ending for r in self._runs.values() for s in r.streams]
        if all(e is not None and e.kind == "raised" and e.opening for e in endings):
            return next(iter(endings), None)
        return None

    def _verdict_of(self, clause: Clause) -> tuple[Verdict, Broken | None]:
        """Judge all runs by one clause; return the verdict and the smallest break."""
        passed = 0
        undecided: list[Undecided] = []
        owed_not: list[NotApplicable] = []
        breaks: list[Broken] = []
        for problem, run in self._runs.items():
            if problem.scenario not in clause.scenarios:
                continue
            try:
                clause.check(run)
                passed += 1
            except Violation as violation:
                breaks.append(Broken(clause, problem, violation, run))
            except Undecided as unknown:
                undecided.append(unknown)
            except NotApplicable as exempt:
                owed_not.append(exempt)
        base = _blank(clause, passed + len(breaks))
        if breaks:
            return replace(base, outcome="failed"), min(breaks, key=lambda b: _size(b.problem))
        if passed and passed >= len(undecided):
            return replace(base, outcome="passed"), None
        if undecided:
            first = undecided[0]
            return replace(base, outcome="undecided", reason=first.why, declare=first.declare), None
        reason = str(owed_not[-1]) if owed_not else "no problem of its kind was observed"
        return replace(base, outcome="not_applicable", reason=reason), None

    def _shrunk(self, broken: Broken, space: Space) -> Broken:
        """Search upwards from the smallest problem for one that breaks the same clause."""
        if (
            broken.run.ending is not None
            or space.closed
            or space.fixed_n
            or self._description_failed()
        ):
            return broken
        for problem in smaller(broken.problem, space):
            if problem not in self._runs:
                if self._shrinking >= _SHRINK_MOST:
                    break
                self._shrinking += 1
            run = self._observe(problem)
            try:
                broken.clause.check(run)
            except Violation as violation:
                return Broken(broken.clause, problem, violation, run)
            except (Undecided, NotApplicable):
                continue
        return broken

    def _description_failed(self) -> bool:
        return self._description is None or self._description.trouble is not None

    def _confirm(self, broken: list[Broken], verdicts: dict[str, Verdict]) -> None:
        """Repeat each violation in a fresh process; what doesn't recur is undecided."""
        if not broken or self._description_failed():
            return
        fresh = self._new_observer()
        fresh.adopt(self._describe())
        # one import of a backend more only where nothing but training accuses
        alone = all(item.problem.scenario in TRAINED for item in broken)
        again: dict[Problem, Run] = {}
        try:
            for item in list(broken):
                if item.problem not in again:
                    again[item.problem] = (
                        self._training.again(item.problem, fresh=alone)
                        if item.problem.scenario in TRAINED
                        else self._observe_with(fresh, item.problem)
                    )
                if not _breaks(item.clause, again[item.problem]):
                    broken.remove(item)
                    verdicts[item.clause.id] = replace(
                        verdicts[item.clause.id],
                        outcome="undecided",
                        reason=f"seen once, on {item.problem.describe()} (expected "
                        f"{item.violation.expected}; observed {item.violation.observed}), "
                        "but not again in a fresh process",
                    )
        finally:
            fresh.close()

    # -- composing ----------------------------------------------------------------------

    def _compose(
        self, description: Description, broken: list[Broken], verdicts: dict[str, Verdict]
    ) -> SubjectReport:
        from conformance.diagnosis import diagnose
        from conformance.script import script_for

        causes = diagnose(broken, self._runs)
        of_clause = {c: cause.name for cause in reversed(causes) for c in cause.clauses}
        for item in broken:
            ending = item.run.ending or next((s.ending for s in item.run.streams if s.ending), None)
            finding = Finding(
                problem=item.problem.describe(),
                expected=item.violation.expected,
                observed=item.violation.observed,
                where=item.violation.where,
                script=script_for(self.config.spec, description.roles, item.problem),
                traceback=ending.traceback if ending and ending.kind != "exhausted" else "",
            )
            verdicts[item.clause.id] = replace(
                verdicts[item.clause.id],
                finding=finding,
                cause=of_clause.get(item.clause.id, ""),
            )
        notes = [*description.notes, *self._explored()]
        if description.trouble is not None:
            self._could_not_be_fed(description, verdicts)
            if description.trouble.traceback:
                notes.append(f"its first opening ended with:\n{description.trouble.traceback}")
        waived = self._waive(description.waive, verdicts, notes)
        return SubjectReport(
            spec=self.config.spec,
            kind=description.kind,
            roles=description.roles,
            claims=description.claims.rows(),
            facts=self._facts(),
            verdicts=tuple(waived.values()),
            causes=tuple(causes),
            notes=tuple(notes),
            problems=len(self._runs),
            batches=sum(len(s.batches) for r in self._runs.values() for s in r.streams),
            output=self._output(),
        )

    def _explored(self) -> list[str]:
        tried = [s for s in EXPLORATORY if any(p.scenario == s for p in self._runs)]
        words = "; ".join(SCENARIOS[s] for s in tried)
        return [f"also tried, and free to be refused: {words}"] if tried else []

    def _could_not_be_fed(self, description: Description, verdicts: dict[str, Verdict]) -> None:
        """An exception at the very first opening with inferred roles accuses nobody."""
        trouble = description.trouble
        if trouble is None or trouble.kind != "raised" or not trouble.opening:
            return
        guessed = any(origin != "declared" for _, _, origin in description.roles)
        if not (guessed or description.closed):
            return
        roles = ", ".join(f"{p} = {r}" for p, r, _ in description.roles)
        declare = (
            f"it was called with {roles or 'nothing'}; if that is not what its parameters mean, "
            "declare bind and call"
        )
        if trouble.error in ("ImportError", "ModuleNotFoundError"):
            declare = ""
        for name, verdict in verdicts.items():
            verdicts[name] = replace(
                verdict,
                outcome="undecided",
                finding=None,
                reason=f"it could not be fed: {trouble.message}"
                + (f" at {trouble.line}" if trouble.line else ""),
                declare=declare,
            )

    def _waive(
        self, waivers: Mapping[str, str], verdicts: dict[str, Verdict], notes: list[str]
    ) -> dict[str, Verdict]:
        out = dict(verdicts)
        for name, reason in {**waivers, **self.config.declaration.waive}.items():
            if name not in out:
                continue
            until = expiry(reason)
            if until is not None and until < date.today():
                notes.append(f"the waiver of {name} has expired: {reason}")
            elif out[name].outcome == "failed":
                out[name] = replace(out[name], outcome="waived", reason=reason)
            else:
                notes.append(
                    f"the waiver of {name} is not needed: it is {out[name].outcome.replace('_', ' ')}"
                )
        return out

    def _facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("contract", f"version {CONTRACT_VERSION}"),
            ("seed", str(self.settings.seed)),
            ("keras", keras_version() or "not installed"),
            ("profile", self.settings.profile),
        )

    def _output(self) -> str:
        teller: Callable[[], str] | None = getattr(self._observer, "output", None)
        return teller() if teller else ""

    def _failed_to_load(self, error: SubjectError) -> SubjectReport:
        """The user's module fails: every clause is undecided but the one that it breaks."""
        verdicts = []
        for clause in clauses():
            base = _blank(clause, 0)
            if clause.id == "protocol.opens_cleanly":
                finding = Finding(
                    "importing the subject",
                    "a module that can be imported",
                    error.message,
                    "",
                    "",
                    error.traceback,
                )
                verdicts.append(replace(base, outcome="failed", finding=finding, why="", fix=""))
            else:
                verdicts.append(replace(base, outcome="undecided", reason=error.message))
        return SubjectReport(
            self.config.spec,
            "unknown",
            (),
            (),
            self._facts(),
            tuple(verdicts),
            output=self._output(),
        )


def _blank(clause: Clause, runs: int) -> Verdict:
    return Verdict(
        clause.id,
        clause.level.value if isinstance(clause.level, Level) else str(clause.level),
        "passed",
        rule=clause.rule,
        why=clause.why,
        fix=clause.fix,
        runs=runs,
    )


def _breaks(clause: Clause, run: Run) -> bool:
    try:
        clause.check(run)
    except Violation:
        return True
    except (Undecided, NotApplicable):
        return False
    return False


def _sort(problem: Problem) -> tuple[object, ...]:
    """Return what makes two problems alike for a generator that stalls on one of them."""
    n, size = problem.n, problem.batch_size
    relation = (
        "zero" if not size else "<" if n < size else "=" if n == size else "%" if n % size else "0"
    )
    loose = "<=" if relation in "<=" else ">"
    return (loose, problem.scenario in ("zero", "uneven") and problem.scenario)


def _size(problem: Problem) -> tuple[object, ...]:
    rank = ("stream", "twins", "threads", "draws", "dim", "constant", "seeds", "long")
    scenario = rank.index(problem.scenario) if problem.scenario in rank else len(rank)
    return (scenario, problem.augment, problem.shuffle, problem.n, problem.batch_size)


def smaller(problem: Problem, space: Space) -> Iterator[Problem]:
    """Yield problems smaller than this one, the smallest first."""
    if problem.scenario not in ("stream", "twins", "threads"):
        return
    sizes = [space.hard_batch] if space.hard_batch else range(1, problem.batch_size + 1)
    switches = [(problem.shuffle, problem.augment)]
    if problem.shuffle or problem.augment:
        switches.insert(0, (False, False))
    for shuffle, augment in switches:
        for n in range(1, min(problem.n, 9) + 1):
            for size in sizes:
                small = replace(
                    problem,
                    n=n,
                    batch_size=size,
                    shuffle=shuffle,
                    augment=augment,
                    dtype="uint8",
                    seed=1,
                )
                if suited(small, space) == small and _size(small) < _size(problem):
                    yield small


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


def keras_version() -> str | None:
    """Return the installed version of Keras without importing it, None if there is none."""
    try:
        return metadata.version("keras")
    except metadata.PackageNotFoundError:
        return None
