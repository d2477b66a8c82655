"""The situations that a subject is trained in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.problem import Problem, Space, suited

TRAINED = ("fit", "validate", "teach", "workers", "forked", "spawned")
"""Scenarios that are observed in the process that trains."""

_LESSON = 36
_CLASSES = 3


def trainings(space: Space, profile: str) -> Iterator[Problem]:
    """Yield the problems of the training chapter; what may hang comes last.

    Args:
        profile: ``"default"`` or ``"thorough"``, which trains longer and on more problems.
    """
    if space.closed:
        own = Problem(n=1, batch_size=1, closed=True, passes=3)
        yield replace(own, scenario="fit")
        if not space.one_shot:
            yield replace(own, scenario="validate")
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
    yield replace(lesson, scenario="teach", classes=space.classes or _CLASSES, passes=6)
    if space.indexable:
        for name in ("workers", "forked", "spawned"):
            yield replace(busy, scenario=name, passes=2)


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
