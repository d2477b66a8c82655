"""How a subject is drawn from in each scenario: one stream, several, in turn, by index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from conformance.adapters.base import Opened
from conformance.claims import Claims
from conformance.problem import Problem
from conformance.run import Stream
from conformance.watchers import reseeding_noted

if TYPE_CHECKING:
    from conformance.observe import Observer


def streams_of(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """Open the subject as the problem's scenario wants it, and yield each stream as recorded."""
    return _SCENARIOS.get(problem.scenario, _plain)(observer, problem, claims)


def _steps(problem: Problem, claims: Claims) -> int:
    size = max(1, problem.batch_size)
    return max(1, problem.n // size if claims.remainder == "drop" else -(-problem.n // size))


def _plain(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    with reseeding_noted() as seeded:
        drawing = observer.open(problem, claims)
        drawing.draw(problem.passes, _steps(problem, claims))
    yield drawing.finished(seeded)


def _twins(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """One stream alone, then two on sources of their own, drawn alternately."""
    alone = observer.open(problem, claims)
    alone.draw(problem.passes, _steps(problem, claims), extra=0)
    yield alone.finished()
    drawings = [
        observer.open(problem, claims),
        observer.open(replace(problem, seed=problem.seed + 1), claims),
    ]
    if _is_one(*(d.opened for d in drawings)):
        return
    for drawing in drawings:
        drawing.start_pass()
    wanted = problem.passes * _steps(problem, claims)
    for _ in range(wanted):
        for drawing in drawings:
            drawing.take_on(problem.passes)
    for drawing in drawings:
        yield drawing.finished()


def _is_one(first: Opened | None, second: Opened | None) -> bool:
    """Whether both are one object with one order, such as a ``PyDataset`` made at import."""
    return first is not None and second is not None and first.indexable and first.obj is second.obj


def _threads(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """One stream in one thread; then each batch asked for by another thread."""
    alone = observer.open(problem, claims)
    alone.draw(problem.passes, _steps(problem, claims), extra=0)
    yield alone.finished()
    drawing = observer.open(problem, claims)
    if drawing.sized and not (drawing.opened is not None and drawing.opened.indexable):
        drawing.draw(1, _steps(problem, claims))  # its library has threads of its own
    else:
        drawing.start_pass()
        # two threads that live on: a thread that ended may pass its identity to the next
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
            for k in range(problem.passes * _steps(problem, claims)):
                thread = (one, other)[k % 2]
                if not thread.submit(drawing.take_on, problem.passes).result():
                    break
    yield drawing.finished()


def _seeds(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """The same seed under two global states, then another seed."""
    for seed, globally in ((3, 11), (3, 12), (4, 11)):
        asked = replace(problem, seed=seed)
        drawing = observer.open(asked, claims, globally=globally)
        drawing.draw(problem.passes, _steps(problem, claims), extra=0)
        yield drawing.finished()


_PAIR_BATCHES, _PAIR_SECONDS = 256, 5.0


def _pair(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """Two passes; of data whose passes nobody knows, what comes in a few seconds."""
    drawing = observer.open(problem, claims)
    if drawing.sized or not problem.closed:
        drawing.draw(problem.passes, _steps(problem, claims))
    else:
        drawing.start_pass()
        began = perf_counter()
        while drawing.count < _PAIR_BATCHES and perf_counter() - began < _PAIR_SECONDS:
            if not drawing.take():
                break
    yield drawing.finished()


_SHARDS = 3


def _shards(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """One stream for each shard, each long enough to come round."""
    for k in range(_SHARDS):
        asked = replace(problem, shard_index=k, shard_count=_SHARDS)
        drawing = observer.open(asked, claims)
        drawing.draw(problem.passes, _steps(problem, claims))
        yield drawing.finished()


_MOST_INDEXED = 12


def _index(observer: Observer, problem: Problem, claims: Claims) -> Iterator[Stream]:
    """All batches by index in order; then out of order and repeatedly, within the same epoch."""
    drawing = observer.open(problem, claims)
    if drawing.opened is None or not drawing.opened.indexable:
        return
    drawing.begin_by_index()
    count = min(_steps(problem, claims), _MOST_INDEXED)
    if isinstance(drawing.length, int):
        count = min(count, drawing.length)
    in_order = sum(drawing.fetch(k) for k in range(count))
    first_ended = drawing.ending
    for k in (*reversed(range(count)), 0, count // 2, count // 2):
        drawing.fetch(k)
    whole = drawing.finished()
    yield replace(whole, batches=whole.batches[:in_order], ending=first_ended)
    yield replace(whole, batches=whole.batches[in_order:])


Scenario: TypeAlias = "Callable[[Observer, Problem, Claims], Iterator[Stream]]"

_SCENARIOS: dict[str, Scenario] = {
    "twins": _twins,
    "threads": _threads,
    "seeds": _seeds,
    "shards": _shards,
    "pair": _pair,
    "index": _index,
}
