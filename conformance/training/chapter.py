"""Runs the training chapter of one subject from the process that judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conformance.config import Settings, SubjectConfig
from conformance.isolation.ahead import sets_up
from conformance.isolation.errors import IsolationError
from conformance.isolation.host import IsolatedObserver
from conformance.observe import Description
from conformance.problem import Problem
from conformance.run import Run
from conformance.training import pool
from conformance.training.backend import Backend, choose
from conformance.training.problems import TRAINED, trainings
from conformance.training.record import Training

_LOST = ("stalled", "waiting", "died", "memory")
_LOST_MOST = 2
_BACKEND_MIB = 2048
_LIVE = (
    "a live object can't be handed to the process that trains: name it as module:attr to have it "
    "trained on"
)


class Chapter:
    """Trains one subject in the process that is kept for it.

    Args:
        config, settings: what to judge and how.
    """

    def __init__(self, config: SubjectConfig, settings: Settings) -> None:
        self._config = config
        # a backend takes memory of its own, which is not the subject's
        self._settings = replace(settings, memory_limit=settings.memory_limit + _BACKEND_MIB)
        self._backend: Backend | None = None
        self._description: Description | None = None
        self._fresh: IsolatedObserver | None = None

    def begin(self) -> bool:
        """Import the backend where there will be training; whether that goes on now."""
        if self._excuse({}) is not None or sets_up(self._config):
            return False
        return pool.begin(self._config, self._settings, self._chosen)

    def runs(
        self, description: Description, before: Mapping[Problem, Run]
    ) -> Iterator[tuple[Problem, Run]]:
        """Yield what training shows; a single run that says why where nothing can be shown.

        Args:
            description: what is known of the subject.
            before: the runs without Keras, which tell whether it can be trained on at all.
        """
        self._description = description
        problems = list(trainings(description.space, self._settings.profile))
        excuse = self._excuse(before)
        if excuse is not None:
            yield from _excused(problems, description, excuse)
            return
        lost = 0
        for problem in problems:
            if lost >= _LOST_MOST:
                return
            run = self._run(problem)
            lost += run.ending is not None and run.ending.kind in _LOST
            yield problem, run

    def _run(self, problem: Problem) -> Run:
        """Train on one problem; what fails inside the kit spoils no other chapter."""
        child = self._lent()
        try:
            run = child.observe(problem)
            if _failed(run) and not child.is_new:
                # some modules must be imported before the backend, which they set up
                child.close()
                run = self._lent().observe(problem)
        except IsolationError as error:
            claims = self._described.claims
            return Run(problem, claims, (), training=Training(missing=f"{error}: "))
        return run

    def again(self, problem: Problem, *, fresh: bool) -> Run:
        """Train on a problem once more.

        Args:
            problem: what to repeat.
            fresh: in a new process, which costs the import of the backend.
        """
        if not fresh:
            return self._run(problem)
        if self._fresh is None:
            self._fresh = pool.fresh(self._config, self._settings, self._chosen)
            self._fresh.adopt(self._described)
        return self._fresh.observe(problem)

    def close(self) -> None:
        """End the process in which violations were confirmed."""
        if self._fresh is not None:
            self._fresh.close()
            self._fresh = None

    def _lent(self) -> IsolatedObserver:
        return pool.lend(self._config, self._settings, self._described, self._chosen)

    @property
    def _described(self) -> Description:
        if self._description is None:
            raise RuntimeError("nothing was trained on yet")
        return self._description

    @property
    def _chosen(self) -> Backend:
        if self._backend is None:
            self._backend = choose()
        return self._backend

    def _excuse(self, before: Mapping[Problem, Run]) -> Training | None:
        """Return why there is nothing to train, None if there is something."""
        if not self._settings.training:
            return Training(waived="training is switched off")
        if self._settings.profile == "quick":
            return Training(waived="--generator-profile quick leaves the training chapter out")
        if self._config.target is not None:
            return Training(missing=_LIVE)
        if self._settings.in_process:
            return Training(missing="training takes a process of its own: leave --pdb out")
        if self._chosen.missing:
            return Training(missing=self._chosen.missing)
        if before and not any(_flows(problem, run) for problem, run in before.items()):
            return Training(waived="no stream of it goes on without Keras either, see the protocol")
        return None


def _failed(run: Run) -> bool:
    """Whether the subject could not be opened, or not be trained on."""
    raised = run.ending is not None and run.ending.kind == "raised"
    return raised or (run.training is not None and bool(run.training.error))


def _flows(problem: Problem, run: Run) -> bool:
    """Whether batches came without a stall, for more samples than a batch holds."""
    enough = problem.closed or problem.n > problem.batch_size
    lost = any(s.ending is not None and s.ending.kind in _LOST for s in run.streams)
    return enough and run.ending is None and bool(run.batches) and not lost


def _excused(
    problems: list[Problem], description: Description, training: Training
) -> Iterator[tuple[Problem, Run]]:
    """Yield a run for each scenario, so that each clause says why it wasn't judged."""
    first = {p.scenario: p for p in reversed(problems)}
    for scenario in TRAINED:
        problem = first.get(scenario)
        if problem is not None:
            yield problem, Run(problem, description.claims, (), training=training)
