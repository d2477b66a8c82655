"""Observe once, judge many times: from a subject to its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.compose import compose, failed_to_load
from conformance.config import Settings, SubjectConfig, UsageError
from conformance.contract import Violation, clauses, find_clause
from conformance.isolation.errors import SubjectError
from conformance.problem import Problem, Space
from conformance.renumbering import IN_TWO
from conformance.rulings import Broken, Rulings, said, smaller
from conformance.run import Run
from conformance.survey import AnyObserver, Survey
from conformance.training.chapter import Chapter
from conformance.training.problems import TRAINED
from conformance.verdict import SubjectReport, Verdict

_SHRINK_MOST = 60
_CONFIRMED_BY = 3
"""More problems on which a violation may recur."""


class Judge:
    """Judges one subject; does nothing before it is asked.

    Args:
        config: the subject as its user named it.
        settings: how to judge.
        observer: see :class:`~conformance.survey.Survey`.
    """

    def __init__(
        self, config: SubjectConfig, settings: Settings, observer: AnyObserver | None = None
    ) -> None:
        self.config = config
        self._survey = Survey(config, settings, observer)
        self._training = Chapter(config, settings)
        self._report: SubjectReport | None = None
        self._shrinking = 0
        self._begun = False

    def prepare(self, *, ahead: bool = False) -> None:
        """Locate and bind the subject.

        Args:
            ahead: :meth:`report` will be called: let other processes import what they will need.

        Raises:
            UsageError: it can't be located or bound; the message says what to type.
        """
        for clause_id in self.config.declaration.waive:
            try:
                find_clause(clause_id)
            except KeyError as error:
                raise UsageError(f"waive: {error.args[0]}") from None
        if ahead:
            self._begin()
        try:
            self._survey.describe()
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
        self._survey.close()

    def _begin(self) -> None:
        """Start one import ahead: more at a time would wait for each other."""
        if not self._begun and not self._training.begin():
            self._survey.begin()
        self._begun = True

    def _judge(self) -> SubjectReport:
        survey = self._survey
        self._begin()
        try:
            description = survey.describe()
        except SubjectError as error:
            return failed_to_load(survey, error)
        rulings = Rulings()
        if description.trouble is None:
            survey.everything(description.space, rulings.judge)
            if description.closed:
                description = replace(description, trouble=survey.never_opened())
        else:
            problem = Problem(n=14, batch_size=3)
            run = Run(problem, description.claims, (), ending=description.trouble)
            survey.runs[problem] = run
            rulings.judge(problem, run)
        for problem, run in self._training.runs(description, dict(survey.runs)):
            survey.runs[problem] = run
            rulings.judge(problem, run)
        if description.trouble is None:
            survey.special(description.space, rulings.judge)
        broken: list[Broken] = []
        verdicts: dict[str, Verdict] = {}
        for clause in clauses():
            verdicts[clause.id], worst = rulings.verdict(clause)
            if worst is not None:
                broken.append(worst)
        if description.trouble is None:
            broken = [self._shrunk(b, description.space) for b in broken]
            self._confirm(broken, verdicts)
        return compose(survey, description, broken, verdicts)

    def _shrunk(self, broken: Broken, space: Space) -> Broken:
        """Search upwards from the smallest problem for one that breaks the same clause."""
        if broken.run.ending is not None or space.closed or space.fixed_n:
            return broken
        for problem in smaller(broken.problem, space):
            if problem not in self._survey.runs:
                if self._survey.settled(problem):
                    continue  # it would only stall once more
                if self._shrinking >= _SHRINK_MOST:
                    break
                self._shrinking += 1
            run = self._survey.observe(problem)
            word = said(broken.clause, run)
            if isinstance(word, Violation):
                others = (broken.problem, *broken.others)
                return Broken(broken.clause, problem, word, run, others)
        return broken

    def _confirm(self, broken: list[Broken], verdicts: dict[str, Verdict]) -> None:
        """Repeat each violation in another process; what doesn't recur is undecided.

        What a race or a rare draw hid on the smallest problem may recur on another one.
        """
        if not broken:
            return
        # one import of a backend more only where nothing but training accuses
        alone = all(item.problem.scenario in TRAINED for item in broken)
        again: dict[Problem, Run] = {}

        def repeated(problem: Problem) -> Run:
            if problem not in again:
                again[problem] = (
                    self._training.again(problem, fresh=alone)
                    if problem.scenario in TRAINED
                    else self._survey.again(problem)
                )
            return again[problem]

        try:
            for item in list(broken):
                found = _recurring(item, repeated)
                if found is None and item.problem.scenario not in (*TRAINED, *IN_TWO):
                    found = self._in_a_second_stream(item)
                if found is not None:
                    broken[broken.index(item)] = found
                    continue
                broken.remove(item)
                verdicts[item.clause.id] = replace(
                    verdicts[item.clause.id],
                    outcome="undecided",
                    reason=f"seen once, on {item.problem.describe()} (expected "
                    f"{item.violation.expected}; observed {item.violation.observed}), "
                    "but not again when repeated",
                )
        finally:
            self._training.close()

    def _in_a_second_stream(self, item: Broken) -> Broken | None:
        """Return what breaks the clause in every stream but the first of a process.

        What is kept in the module or the class, such as a default argument that grows, goes from
        one stream to the next.
        """
        found = None
        for _ in range(_CONFIRMED_BY - 1):
            run = self._survey.again(item.problem)
            word = said(item.clause, run)
            if not isinstance(word, Violation):
                return None
            word.observed += " (not in the first stream of a process, but in those after it)"
            found = replace(item, violation=word, run=run)
        return found


def _recurring(item: Broken, repeated: Callable[[Problem], Run]) -> Broken | None:
    """Return what breaks the clause again, on the same problem or on one of the next."""
    if isinstance(said(item.clause, repeated(item.problem)), Violation):
        return item
    for problem in item.others[:_CONFIRMED_BY]:
        run = repeated(problem)
        word = said(item.clause, run)
        if isinstance(word, Violation):
            return replace(item, problem=problem, violation=word, run=run)
    return None
