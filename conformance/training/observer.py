"""Trains on a subject, in a process of its own, and records what arrived.

Named to :class:`~conformance.isolation.host.IsolatedObserver` as the observer of a child whose
environment names the backend. Keras comes ahead of the user's module where that was not seen to set
up the backend itself, else with the first problem.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.adapters import adapt
from conformance.adapters.base import Opened
from conformance.claims import Claims
from conformance.observe import Drawing, Observer
from conformance.problem import Problem
from conformance.run import Run, Stream
from conformance.training.problems import TRAINED
from conformance.training.record import Lesson, Training
from conformance.training.remarks import ANEW

if TYPE_CHECKING:
    from conformance.training.recorder import Arrivals, Driver

_CLOSED_STEPS = 8
_GENERATING = ("generator function", "iterable")
_METHODS = {"forked": "fork", "spawned": "spawn"}
WORKERS = 2

_REPLAYED = (
    "it is one generator object, and Keras can't start that again: as validation_data it goes on "
    "where it stopped and its first two batches come again each time. A PyDataset, a "
    "tf.data.Dataset or a function that is called anew for each validation can be the same"
)


class TrainingObserver(Observer):
    """Observes a subject under ``model.fit``; everything else as its base does."""

    _driver: Driver | None = None

    def record(self, problem: Problem, claims: Claims) -> Run:
        """Train on ``problem`` if its scenario is one of training."""
        if problem.scenario not in TRAINED:
            return super().record(problem, claims)
        streams, training = self._trained(problem, claims)
        gc.collect()
        return replace(self.run_of(problem, claims, streams), training=training)

    def _trained(self, problem: Problem, claims: Claims) -> tuple[tuple[Stream, ...], Training]:
        subject = self.subject  # located before Keras is imported, unless that came ahead
        if problem.scenario == "validate" and subject.one_shot:
            return (), Training(waived=_REPLAYED)
        return _Trial(self, problem, claims).run()

    @property
    def driver(self) -> Driver:
        """What trains; made at the first use, since it imports Keras."""
        if TrainingObserver._driver is None:
            from conformance.training.recorder import Driver

            TrainingObserver._driver = Driver(self.tick)
        return TrainingObserver._driver


class _Trial:
    """One problem under training."""

    def __init__(self, observer: TrainingObserver, problem: Problem, claims: Claims) -> None:
        self._observer = observer
        self._problem = problem
        self._claims = claims
        self._driver = observer.driver
        self._arrivals: Arrivals = self._driver.fresh()
        self._way = ""
        self._steps = 0

    def run(self) -> tuple[tuple[Stream, ...], Training]:
        """Do what the scenario asks for."""
        work = {"fit": self._fit, "validate": self._validate, "teach": self._teach}
        return work.get(self._problem.scenario, self._work)()

    # -- scenarios -----------------------------------------------------------------------

    def _fit(self) -> tuple[tuple[Stream, ...], Training]:
        drawing = self._opened()
        self._train(drawing)
        return (self._stream(drawing),), self._training()

    def _validate(self) -> tuple[tuple[Stream, ...], Training]:
        drawing, other = self._opened(), self._opened()
        if not self._generates(drawing):
            self._way = "as validation_data of model.fit"
            asked: dict[str, Any] = {} if other.sized else {"validation_steps": self._pass(other)}
            if other.opened is not None:
                asked["validation_data"] = other.opened.obj
            self._train(drawing, **asked)
        else:
            self._way = ANEW
            self._train(drawing, after=self._evaluate)
        return (self._stream(other, "test"),), self._training()

    def _teach(self) -> tuple[tuple[Stream, ...], Training]:
        from conformance.training.lesson import teach

        drawing = self._opened()
        self._train(drawing)
        if self._arrivals.error:
            return (), self._training(Lesson(trouble=f"training failed: {self._arrivals.error}"))
        material = drawing.material
        rows = self._arrivals.batches["train"]
        lesson = teach(rows, material.images, material.labels, self._driver.beat)
        return (), self._training(lesson)

    def _work(self) -> tuple[tuple[Stream, ...], Training]:
        """Train with one worker, then with several."""
        alone = self._opened()
        waived = self._waives_workers(alone)
        if waived:
            return (), Training(waived=waived)
        own: Any = alone.opened.obj if alone.opened else None
        own.workers, own.use_multiprocessing = 1, False
        self._train(alone)
        first = self._stream(alone)
        if self._arrivals.error:
            return (first,), self._training()
        self._arrivals = self._driver.fresh()
        method = _METHODS.get(self._problem.scenario)
        self._way = f"{WORKERS} workers, " + (
            f"processes made by {method}" if method else "threads"
        )
        drawing = self._opened()
        obj: Any = drawing.opened.obj if drawing.opened else None
        with _started_by(method):
            obj.workers, obj.use_multiprocessing = WORKERS, method is not None
            self._train(drawing)
        return (first, self._stream(drawing)), self._training()

    def _waives_workers(self, drawing: Drawing) -> str:
        if drawing.opened is None or not drawing.opened.kind.startswith("PyDataset"):
            return "workers are an option of PyDataset alone"
        obj = drawing.opened.obj
        parameters = inspect.signature(type(obj).__init__).parameters.values()
        method = _METHODS.get(self._problem.scenario)
        free = any(p.kind is p.VAR_KEYWORD or p.name == "workers" for p in parameters)
        own = getattr(obj, "workers", 1) > 1
        if own and not free and bool(method) != bool(obj.use_multiprocessing):
            return f"{type(obj).__name__} chooses its workers itself, and no such ones"
        if not own and not free:
            return (
                f"the constructor of {type(obj).__name__} takes no workers: add **kwargs and pass "
                "them to super().__init__(**kwargs)"
            )
        if method and method not in multiprocessing.get_all_start_methods():
            return f"this system has no {method}"
        return ""

    # -- training ------------------------------------------------------------------------

    def _opened(self) -> Drawing:
        """Open the subject; where that fails, training has failed."""
        drawing = self._observer.open(self._problem, self._claims)
        ending = drawing.ending
        if ending is not None and not self._arrivals.error:
            self._arrivals.error = ending.message
            self._arrivals.line, self._arrivals.traceback = ending.line, ending.traceback
        return drawing

    def _generates(self, drawing: Drawing) -> bool:
        """Whether Keras is handed a generator: the subject's own, or what iterating it gives."""
        opened = drawing.opened
        return opened is not None and opened.kind in _GENERATING and not opened.refusal

    def _pass(self, drawing: Drawing) -> int:
        """Return the batches of a pass, as ``steps_per_epoch`` would have it."""
        if self._problem.closed:
            return _CLOSED_STEPS
        n, size = self._problem.n, max(1, self._problem.batch_size)
        return max(1, n // size if self._claims.remainder == "drop" else -(-n // size))

    def _train(
        self, drawing: Drawing, *, after: Callable[[], None] = lambda: None, **asked: Any
    ) -> None:
        """Train for the passes of the problem on what was opened."""
        if drawing.opened is None or self._arrivals.error:
            return
        passes = self._problem.passes
        if not drawing.sized:
            self._steps = self._pass(drawing)
            asked["steps_per_epoch"] = self._steps
        if not self._generates(drawing):
            self._driver.fit(drawing.opened.obj, epochs=passes, after=after, **asked)
            return
        if not drawing.sized:
            stream = self._driver.counted(_pass_of(drawing.opened, 0))
            self._driver.fit(stream, epochs=passes, after=after, **asked)
            return
        for epoch in range(passes):
            stream = self._driver.counted(self._anew(drawing, epoch))
            self._driver.fit(stream, initial_epoch=epoch, epochs=epoch + 1, after=after, **asked)
            if self._arrivals.error:
                return

    def _anew(self, drawing: Drawing, epoch: int) -> Iterator[Any]:
        """Return the generator of an epoch: one that is one pass is called again for the next."""
        opened, subject = drawing.opened, self._observer.subject
        if epoch and (opened is None or opened.kind == "generator function"):
            opened = adapt(subject.call(subject.arguments(drawing.material)))
        return iter(()) if opened is None else _pass_of(opened, epoch)

    def _evaluate(self) -> None:
        """Call the subject anew and evaluate on one pass of it."""
        drawing = self._opened()
        if drawing.opened is None:
            return
        steps = None if drawing.sized else self._pass(drawing)
        self._driver.evaluate(self._driver.counted(_pass_of(drawing.opened, 0)), steps=steps)

    # -- what came of it -----------------------------------------------------------------

    def _stream(self, drawing: Drawing, step: str = "train") -> Stream:
        opened = drawing.opened
        batches = drawing.decoded(self._arrivals.batches[step])
        stream = Stream(
            batches,
            sized=True,
            kind=opened.kind if opened else "",
            certain=opened.certain if opened else True,
            indexable=opened.indexable if opened else False,
        )
        if opened is not None:
            with suppress(Exception):
                opened.close()
        return stream

    def _training(self, lesson: Lesson | None = None) -> Training:
        arrivals = self._arrivals
        return Training(
            backend=_backend(),
            epochs=self._problem.passes,
            steps=self._steps,
            error=arrivals.error,
            error_line=arrivals.line,
            traceback=arrivals.traceback,
            warnings=tuple(arrivals.warnings),
            pulled=arrivals.pulled,
            ran_out=arrivals.ran_out,
            way=self._way,
            lesson=lesson,
        )


def _pass_of(opened: Opened, index: int) -> Iterator[Any]:
    generator: Iterator[Any] = opened.start_pass(index)
    return generator


@contextmanager
def _started_by(method: str | None) -> Iterator[None]:
    """Let worker processes be made by this method while the context lasts."""
    before = multiprocessing.get_start_method(allow_none=True)
    if method is None or method == before:
        yield
        return
    multiprocessing.set_start_method(method, force=True)
    _forget_shared()
    try:
        yield
    finally:
        multiprocessing.set_start_method(before, force=True)
        _forget_shared()


def _forget_shared() -> None:
    """Make Keras create its queue and its counter anew: one method can't use the other's."""
    with suppress(ImportError):
        module = importlib.import_module("keras.src.trainers.data_adapters.py_dataset_adapter")
        for name in ("_WORKER_ID_QUEUE", "_SEQUENCE_COUNTER"):
            if hasattr(module, name):
                setattr(module, name, None)


def _backend() -> str:
    from conformance.training.backend import choose

    return choose().text
