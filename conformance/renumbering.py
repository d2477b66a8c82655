"""Observes a subject in two processes that differ in what must not show in its stream."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.observe import Description, Observer
from conformance.problem import Problem, Space, suited
from conformance.run import Run

if TYPE_CHECKING:
    from conformance.config import Settings, SubjectConfig
    from conformance.survey import AnyObserver

RENUMBERED = "renumbered"
"""The scenario whose processes differ in hash seed and in the order of folders and lists."""

ELSEWHERE = "elsewhere"
"""The scenario whose processes differ in their hash seed alone."""

IN_TWO = (RENUMBERED, ELSEWHERE)
"""Scenarios that compare the streams of two processes."""

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


class Other(Observer):
    """Lists folders in another order and hands lists over in reverse, where that is asked for."""

    def observe(self, problem: Problem, following: Problem | None = None) -> Run:
        """Open the subject on ``problem`` and record it."""
        renumbered = problem.scenario == RENUMBERED
        self.list_by("rearranged" if renumbered else "")
        self.subject.backwards = renumbered
        return super().observe(problem, following)


class Elsewhere:
    """A process of another hash seed: compares streams with the first one, and repeats problems.

    Args:
        config, settings: the subject, and how to judge.

    Attributes:
        observer: what observes there.
    """

    def __init__(self, config: SubjectConfig, settings: Settings) -> None:
        from conformance.isolation.host import IsolatedObserver

        own = os.environ.get("PYTHONHASHSEED")
        self._classes = 0
        self.observer = IsolatedObserver(
            config,
            settings,
            environment={"PYTHONHASHSEED": next(s for s in _SEEDS if s != own)},
            observer=f"{__name__}:{Other.__name__}",
        )

    def adopt(self, description: Description) -> None:
        """Import the subject, while the first process goes on, and know it as that does."""
        self._classes = description.space.classes
        self.observer.adopt(description)
        self.observer.warm()

    def beside(self, observer: AnyObserver, problem: Problem) -> Run:
        """Observe a problem by ``observer`` and here; return both streams as one run."""
        here = observer.observe(problem)
        if not here.batches:
            problem = replace(problem, classes=self._classes)
            here = observer.observe(problem)
        there = self.observer.observe(problem)
        return replace(here, streams=(*here.streams[:1], *there.streams[:1]))

    def close(self) -> None:
        """End the process."""
        self.observer.close()
