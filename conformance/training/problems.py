"""The situations that a subject is trained in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_all_start_methods

from conformance.problem import Problem, Space, suited

TRAINED = ("fit", "validate", "teach", "workers", "forked", "spawned")
"""Scenarios that are observed in the process that trains."""

_LESSON = 36
_CLASSES = 3
_DRAWS = 16
_LONG_PASS = 100


def trainings(space: Space, profile: str) -> Iterator[Problem]:
    """Yield the problems of the training chapter; what may hang comes last.

    Args:
        profile: ``"default"`` or ``"thorough"``, which trains longer and on more problems.
    """
    if space.closed:
        own = Problem(n=1, batch_size=1, closed=True, passes=3)
        yield replace(own, scenario="fit")
        yield replace(own, scenario="validate")
        return
    if space.fixed_n:
        yield from _fixed(space)
        return
    plain = _plain(space, n=14, size=4)
    busy = replace(plain, shuffle=space.can_shuffle, augment=space.can_augment)
    yield plain
    if busy != plain:
        yield suited(busy, space)
    if profile == "thorough":
        for n, size in ((12, 4), (3, 3), (2, 5), (5, 1), (30, 8)):
            if not space.hard_batch:
                yield _plain(space, n=n, size=size)
        yield replace(plain, passes=12)
    yield replace(plain, scenario="validate")
    lesson = _plain(space, n=_LESSON, size=6, shuffle=space.can_shuffle)
    yield replace(lesson, scenario="teach", classes=space.classes or _CLASSES, passes=4)
    if space.indexable:
        yield from _worked(space, plain, busy, profile)


def _fixed(space: Space) -> Iterator[Problem]:
    """Yield the problems of a subject whose own source is known; a long pass is trained once."""
    own = Problem(n=space.fixed_n, batch_size=space.hard_batch, side=0, scenario="fit")
    own = replace(own, passes=3 if own.steps <= _LONG_PASS else 1)
    yield own
    if own.passes > 1:
        yield replace(own, scenario="validate")


def _worked(space: Space, plain: Problem, busy: Problem, profile: str) -> Iterator[Problem]:
    """Yield what is trained on with several workers; processes get rows enough to compare draws."""
    yield replace(plain, scenario="workers", passes=2)
    if busy != plain:
        yield suited(replace(busy, scenario="workers", passes=2), space)
    size = space.hard_batch or _DRAWS
    rows = replace(busy, n=3 * size, batch_size=size, passes=2)
    forks = "fork" in get_all_start_methods()
    if forks:
        yield suited(replace(rows, scenario="forked"), space)
    if profile == "thorough" or not forks:
        # each worker of each epoch imports the backend again
        yield suited(replace(rows, scenario="spawned", passes=1), space)


def _plain(space: Space, *, n: int, size: int, shuffle: bool = False) -> Problem:
    if space.hard_batch:
        n, size = max(n, 3 * space.hard_batch + max(1, space.hard_batch // 2)), space.hard_batch
    asked = Problem(
        n=n,
        batch_size=size,
        shuffle=shuffle,
        scenario="fit",
        classes=space.classes,
        form=space.form,
        side=space.side,
    )
    return suited(asked, space)
