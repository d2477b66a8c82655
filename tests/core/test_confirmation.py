"""A violation counts if it recurs when it is repeated: on its own problem, or on another one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from conformance.config import Settings, SubjectConfig
from conformance.judge import Judge
from conformance.verdict import Verdict

Array = np.ndarray


def _verdict(target: Any, clause: str) -> Verdict:
    judge = Judge(SubjectConfig("subject", target=target), Settings(in_process=True, examples=0))
    report = judge.report()
    judge.close()
    return next(v for v in report.verdicts if v.clause == clause)


def _wrong_while(is_wrong: Any) -> Any:
    """Return a generator that swaps two labels, or shifts the only one, while it is told to."""

    def gen(x: Array, y: Array, batch_size: int) -> Iterator[Any]:
        if batch_size < 1 or len(x) != len(y):
            raise ValueError("bad arguments")
        wrong = is_wrong(len(x))
        while True:
            for k in range(0, len(x), batch_size):
                labels = y[k : k + batch_size].copy()
                yield x[k : k + batch_size].copy(), labels[::-1] if wrong else labels

    return gen


def test_fault_that_hides_on_the_smallest_problem_is_confirmed_on_another() -> None:
    seen: set[int] = set()

    def is_wrong(n: int) -> bool:
        first_time = n not in seen
        seen.add(n)
        return n > 5 or (n > 1 and first_time)

    verdict = _verdict(_wrong_while(is_wrong), "alignment.labels_match_images")
    assert verdict.outcome == "failed"
    assert verdict.finding is not None
    assert "n=2 " not in verdict.finding.problem


def test_folders_are_listed_as_before_afterwards() -> None:
    before = os.listdir, os.scandir
    assert (
        _verdict(_wrong_while(lambda n: n > 1), "alignment.labels_match_images").outcome == "failed"
    )
    assert (os.listdir, os.scandir) == before


def test_fault_that_never_recurs_is_undecided() -> None:
    seen: set[int] = set()

    def is_wrong(n: int) -> bool:
        first_time = n == 5 and n not in seen
        seen.add(n)
        return first_time

    verdict = _verdict(_wrong_while(is_wrong), "alignment.labels_match_images")
    assert verdict.outcome == "undecided"
    assert "not again when repeated" in verdict.reason
