"""Observes two subjects side by side: the one that trains and the one that validates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.isolation.errors import SubjectError
from conformance.problem import Problem, Space, suited
from conformance.run import Ending, Run

if TYPE_CHECKING:
    from conformance.survey import AnyObserver, Survey

PAIR = "pair"
"""The scenario of both."""


def pairing(space: Space) -> Problem:
    """Return the problem on which both are opened."""
    if space.closed:
        return Problem(n=1, batch_size=1, closed=True, scenario=PAIR)
    if space.fixed_n:
        return Problem(n=space.fixed_n, batch_size=space.hard_batch, side=0, scenario=PAIR)
    size = space.hard_batch or 4
    asked = Problem(
        n=5 * size + 2,
        batch_size=size,
        scenario=PAIR,
        passes=2,
        classes=space.classes,
        form=space.form,
        side=space.side,
    )
    return suited(asked, space)


def side_by_side(survey: Survey, observer: AnyObserver, problem: Problem) -> Run:
    """Return a run with the stream that trains and, second, the one that validates.

    Both are given the same source, where they are given one.
    """
    from conformance.survey import Survey

    validation = survey.settings.validation
    run = observer.observe(problem)
    if validation is None or run.ending is not None:
        return run
    other = Survey(validation, replace(survey.settings, validation=None))
    try:
        description = other.describe()
        if description.trouble is not None:
            return _failed(run, f"{validation.spec}: {description.trouble.message}")
        asked = _for(problem, description.space)
        if asked is None:
            return _failed(run, f"{validation.spec}: one of the two brings its own data")
        seen = other.observe(asked)
    except SubjectError as error:
        return _failed(run, f"{validation.spec}: {error.message}")
    finally:
        other.close()
    return replace(run, streams=(*run.streams[:1], *seen.streams[:1]), ending=seen.ending)


def _for(problem: Problem, space: Space) -> Problem | None:
    """Return the same problem for the other subject; None if one alone brings its own data."""
    own = pairing(space)
    brings = space.closed or bool(space.fixed_n)
    if brings != (problem.closed or not problem.side):
        return None
    return own if brings else suited(replace(own, n=problem.n, side=problem.side), space)


def _failed(run: Run, message: str) -> Run:
    return replace(run, streams=run.streams[:1], ending=Ending("raised", 0, message))
