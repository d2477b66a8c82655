"""A pipeline that works in threads of its own is slow, not stalled."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.isolation.meter import Usage
from conformance.isolation.stacks import Frame
from conformance.isolation.watch import Limits, Sample, Watch

USER = Frame("mine.py", 7, "gen")
CALL = Frame("site-packages/tensorflow/python/ops/gen_dataset_ops.py", 3081, "iterator_get_next")
LOOPS = [Frame("mine.py", line, "gen") for line in (7, 8, 9)]


def _watch(stacks: list[tuple[Frame, ...]], *, locked: bool) -> Watch:
    child: Any = SimpleNamespace(pid=os.getpid(), known=set())
    watch = Watch(child, Limits(10.0, 1 << 30), lambda file: file == "mine.py", set())
    usage = Usage(**dict.fromkeys(Usage.__dataclass_fields__, 0))
    watch._samples = [Sample(stack, usage, locked) for stack in stacks]
    return watch


@pytest.mark.parametrize(
    ("stacks", "locked", "in_vain"),
    [
        ([(USER, CALL)] * 3, False, False),
        ([(USER, CALL)] * 3, True, True),
        ([(frame,) for frame in LOOPS], False, True),
    ],
    ids=["library that lets Python run", "library that locks Python out", "loop of the user's own"],
)
def test_only_what_can_go_nowhere_is_in_vain(
    stacks: list[tuple[Frame, ...]], locked: bool, in_vain: bool
) -> None:
    watch = _watch(stacks, locked=locked)
    depth = 1 if CALL in stacks[0] else 0
    assert watch._in_vain(stacks, depth) is in_vain
