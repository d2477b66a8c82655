"""Judging recorded runs by clauses: one verdict a clause, and the smallest run that breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from conformance.contract import Clause, Level, NotApplicable, Undecided, Violation, clauses
from conformance.problem import ABSENT, Problem, Space, suited
from conformance.run import Run
from conformance.verdict import Verdict


@dataclass
class Broken:
    """A clause that some run breaks.

    Attributes:
        problem: the smallest known problem that breaks it.
        violation: what was seen on it.
        run: the record.
        others: more problems that break it, the smallest first.
    """

    clause: Clause
    problem: Problem
    violation: Violation
    run: Run
    others: tuple[Problem, ...] = ()


class Rulings:
    """What each clause says of each run; judged as the runs come."""

    def __init__(self) -> None:
        self._runs: dict[Problem, Run] = {}
        self._said: dict[tuple[str, Problem], Said] = {}
        self._clauses = clauses()

    def judge(self, problem: Problem, run: Run) -> bool:
        """Judge a run by every clause that is about its scenario; return whether one is broken."""
        words = {c.id: said(c, run) for c in self._clauses if problem.scenario in c.scenarios}
        self._said.update({(name, problem): word for name, word in words.items()})
        broken = any(isinstance(word, Violation) for word in words.values())
        self._runs[problem] = run if broken else run.without_batches()
        return broken

    def verdict(self, clause: Clause) -> tuple[Verdict, Broken | None]:
        """Return what a clause says of all runs, and the smallest one that breaks it."""
        found = [
            (problem, run, self._said[clause.id, problem])
            for problem, run in self._runs.items()
            if problem.scenario in clause.scenarios
        ]
        passed = sum(word is None for _, _, word in found)
        breaks = [
            Broken(clause, problem, word, run)
            for problem, run, word in found
            if isinstance(word, Violation)
        ]
        base = blank(clause, passed + len(breaks))
        if breaks:
            least, *more = sorted(breaks, key=lambda b: _size(b.problem))
            least.others = tuple(b.problem for b in more)
            return replace(base, outcome="failed"), least
        undecided = [word for *_, word in found if isinstance(word, Undecided)]
        if passed and passed >= len(undecided):
            return replace(base, outcome="passed"), None
        if undecided:
            first = undecided[0]
            return replace(base, outcome="undecided", reason=first.why, declare=first.declare), None
        exempt = [word for *_, word in found if isinstance(word, NotApplicable)]
        absent = ABSENT.get(clause.scenarios[0], "no problem of its kind was observed")
        reason = str(exempt[-1]) if exempt else absent
        return replace(base, outcome="not_applicable", reason=reason), None


Said: TypeAlias = "Violation | Undecided | NotApplicable | None"
"""What a clause says of a run; None where the run keeps it."""


def said(clause: Clause, run: Run) -> Said:
    """Return what a clause says of a run."""
    try:
        clause.check(run)
    except (Violation, Undecided, NotApplicable) as word:
        return word.with_traceback(None)
    return None


def blank(clause: Clause, runs: int) -> Verdict:
    """Return a verdict that says nothing yet."""
    return Verdict(
        clause.id,
        clause.level.value if isinstance(clause.level, Level) else str(clause.level),
        "passed",
        rule=clause.rule,
        why=clause.why,
        fix=clause.fix,
        runs=runs,
    )


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
