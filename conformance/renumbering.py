"""Observes a subject in two processes that differ in what must not show in its stream."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.observe import Description, Observer
from conformance.problem import Problem, Space, suited
from conformance.run import Run
from conformance.subject import Subject

if TYPE_CHECKING:
    from conformance.config import Settings, SubjectConfig
    from conformance.survey import AnyObserver

RENUMBERED = "renumbered"
"""The scenario whose processes differ in hash seed and in the order of folders and lists."""

ELSEWHERE = "elsewhere"
"""The scenario whose processes differ in their hash seed alone."""

_SEEDS = ("20011", "20021")
"""Hash seeds for the other process: the second if the first is this process' own."""


def renumbering(space: Space) -> Problem:
    """Return the problem to observe: so many classes that chance can't number them alike."""
    classes = max(_CLASSES, space.classes)
    size = space.hard_batch or 7
    return Problem(
        n=space.hard_batch * 4 or 3 * classes,
        batch_size=size,
        scenario=RENUMBERED,
        passes=1,
        classes=classes,
        form=space.form,
        dtype=space.dtypes[0],
        side=space.side,
    )


def rerun(space: Space) -> Problem:
    """Return the problem whose stream a seed must fix in every process."""
    size = space.hard_batch or 4
    return suited(
        Problem(
            n=3 * size + 2,
            batch_size=size,
            scenario=ELSEWHERE,
            passes=1,
            shuffle=space.can_shuffle,
            augment=space.can_augment,
            classes=space.classes,
            form=space.form,
        ),
        space,
    )


_CLASSES = 9


class Rearranged(Observer):
    """Lists folders in another order, and hands lists over in reverse."""

    listing = "rearranged"

    @property
    def subject(self) -> Subject:
        """The located and bound subject."""
        subject = super().subject
        subject.backwards = True
        return subject


_OTHERS = {
    RENUMBERED: f"{__name__}:{Rearranged.__name__}",
    ELSEWHERE: f"{Observer.__module__}:{Observer.__name__}",
}
"""What observes in the other process."""


def in_two_processes(
    observer: AnyObserver,
    config: SubjectConfig,
    settings: Settings,
    description: Description,
    problem: Problem,
) -> Run:
    """Observe a problem by ``observer`` and by another process; return both streams as one run."""
    from conformance.isolation.host import IsolatedObserver

    here = observer.observe(problem)
    if not here.batches:
        problem = replace(problem, classes=description.space.classes)
        here = observer.observe(problem)
    own = os.environ.get("PYTHONHASHSEED")
    other = IsolatedObserver(
        config,
        settings,
        environment={"PYTHONHASHSEED": next(s for s in _SEEDS if s != own)},
        observer=_OTHERS[problem.scenario],
    )
    try:
        other.adopt(description)
        there = other.observe(problem)
    finally:
        other.close()
    return replace(here, streams=(*here.streams[:1], *there.streams[:1]))
