"""Every mutant breaks the clauses that it lists, and none beyond its stated consequences."""

from __future__ import annotations

import pytest

from conformance import mutants
from conformance.config import Declaration, SubjectConfig
from conformance.contract import clause_ids
from conformance.training.backend import choose

from .judging import failed, judged, told


def _trains(name: str) -> bool:
    return any(clause.startswith("training.") for clause in mutants.load(name).BREAKS)


@pytest.mark.parametrize("name", mutants.names())
def test_mutant_breaks_what_it_lists_and_no_more(name: str) -> None:
    module = mutants.load(name)
    declared = Declaration(bind=getattr(module, "BIND", {}), claims=getattr(module, "CLAIMS", {}))
    listed = set(module.BREAKS)
    # what training shows of the others is a consequence: tests/training has it
    training = _trains(name)
    if training and choose().missing:
        pytest.skip(f"nothing to train with: {choose().missing}")
    other = getattr(module, "VALIDATION", "")
    report = judged(
        f"conformance.mutants.{name}:generator",
        declared,
        training=training,
        validation=SubjectConfig(other) if other else None,
    )
    broken = failed(report)
    assert listed <= broken, told(report, listed - broken)
    beyond = broken - listed - set(module.MAY_BREAK)
    assert not beyond, told(report, beyond)


def test_every_clause_is_broken_by_a_mutant() -> None:
    broken = {clause for name in mutants.names() for clause in mutants.load(name).BREAKS}
    assert set(clause_ids()) - broken == set()


def test_mutants_name_clauses_that_exist() -> None:
    known = set(clause_ids())
    for name in mutants.names():
        module = mutants.load(name)
        assert set(module.BREAKS) | set(module.MAY_BREAK) <= known, name
        assert module.BREAKS, name
