"""Judging recorded runs by clauses: one verdict a clause, and the smallest run that breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.contract import Clause, Level, NotApplicable, Undecided, Violation
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


def verdict_of(clause: Clause, runs: Mapping[Problem, Run]) -> tuple[Verdict, Broken | None]:
    """Judge all runs by one clause; return the verdict and the smallest break."""
    passed = 0
    undecided: list[Undecided] = []
    owed_not: list[NotApplicable] = []
    breaks: list[Broken] = []
    for problem, run in runs.items():
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
    base = blank(clause, passed + len(breaks))
    if breaks:
        least, *more = sorted(breaks, key=lambda b: _size(b.problem))
        least.others = tuple(b.problem for b in more)
        return replace(base, outcome="failed"), least
    if passed and passed >= len(undecided):
        return replace(base, outcome="passed"), None
    if undecided:
        first = undecided[0]
        return replace(base, outcome="undecided", reason=first.why, declare=first.declare), None
    absent = ABSENT.get(clause.scenarios[0], "no problem of its kind was observed")
    reason = str(owed_not[-1]) if owed_not else absent
    return replace(base, outcome="not_applicable", reason=reason), None


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


def broken_by(clause: Clause, run: Run) -> Violation | None:
    """Return how a run breaks a clause, None if it doesn't."""
    try:
        clause.check(run)
    except Violation as violation:
        return violation
    except (Undecided, NotApplicable):
        return None
    return None


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
