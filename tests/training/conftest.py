"""One process that trains, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.config import Declaration, Settings, SubjectConfig
from conformance.contract import find_clause
from conformance.isolation.host import IsolatedObserver
from conformance.problem import Problem
from conformance.rulings import Rulings
from conformance.run import Run
from conformance.training import pool
from conformance.training.backend import choose
from conformance.training.problems import trainings
from conformance.verdict import Verdict

HERE = Path(__file__).parent


def config(spec: str, **claims: Any) -> SubjectConfig:
    """Return a subject of ``subjects.py``, or any other by its whole spec."""
    whole = spec if ":" in spec else f"subjects:{spec}"
    return SubjectConfig(whole, Declaration(claims=claims).validated(spec), root=str(HERE))


class Trainer:
    """Trains on subjects, each problem once."""

    def __init__(self, child: IsolatedObserver) -> None:
        self._child = child
        self._runs: dict[Any, dict[Problem, Run]] = {}

    def runs(
        self, spec: str, scenario: str, *, limit: float = 10.0, **claims: Any
    ) -> dict[Problem, Run]:
        key = (spec, scenario, tuple(claims.items()))
        if key not in self._runs:
            self._child.turn_to(config(spec, **claims), Settings(batch_timeout=limit))
            space = self._child.describe().space
            problems = [p for p in trainings(space, "default") if p.scenario == scenario]
            self._runs[key] = {p: self._child.observe(p) for p in problems}
        return self._runs[key]

    def verdict(self, clause: str, spec: str, scenario: str, **asked: Any) -> Verdict:
        """Return what a clause says of the runs of one scenario, with its finding."""
        rulings = Rulings()
        for problem, run in self.runs(spec, scenario, **asked).items():
            rulings.judge(problem, run)
        verdict, broken = rulings.verdict(find_clause(clause))
        if broken is None:
            return verdict
        violation = broken.violation
        return replace(verdict, reason=f"{violation.observed} | {violation.where}")


@pytest.fixture(scope="session")
def trainer() -> Iterator[Trainer]:
    backend = choose()
    if backend.missing:
        pytest.skip(f"nothing to train with: {backend.missing}")
    child = pool.fresh(config("right"), Settings(), backend)
    yield Trainer(child)
    child.close()


@pytest.fixture
def backend_is() -> Callable[[str], bool]:
    return lambda name: choose().name == name
