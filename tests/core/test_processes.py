"""What one process learns of a subject reaches the others, and large batches are read in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from conformance import observe
from conformance.claims import Claims
from conformance.config import Declaration, Settings, SubjectConfig
from conformance.observe import Observer
from conformance.problem import Problem
from conformance.subject import Subject


def some_passes(images: Any, labels: Any, batch_size: int, passes: float = np.inf) -> Iterator[Any]:
    k = 0
    while k < passes:
        for i in range(0, len(images), batch_size):
            yield images[i : i + batch_size].copy(), labels[i : i + batch_size].copy()
        k += 1


CONFIG = SubjectConfig("m:some_passes", Declaration(), target=some_passes)


def test_constants_that_were_inferred_are_kept_elsewhere() -> None:
    first, other = Subject(CONFIG), Subject(CONFIG)
    other.learn(first.learned)
    assert other.binding == first.binding
    passes = next(b for b in other.binding.bounds if b.parameter == "passes")
    assert passes.constant > 1000


def test_batches_read_in_pieces_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(7, 3)
    whole = Observer(CONFIG, Settings()).record(problem, Claims()).stream
    monkeypatch.setattr(observe, "MOST_AT_ONCE", 3000)
    pieces = Observer(CONFIG, Settings()).record(problem, Claims()).stream
    assert [b.ids.tolist() for b in pieces.batches] == [b.ids.tolist() for b in whole.batches]
    assert [leaf.digests for b in pieces.batches for leaf in b.leaves] == [
        leaf.digests for b in whole.batches for leaf in b.leaves
    ]
    assert len(pieces.batches) == len(whole.batches) == 11
