"""What a subject holds on to: memory over many batches; files and threads when it is dropped."""

from __future__ import annotations

import gc
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from conformance.adapters import adapt
from conformance.adapters.base import Opened
from conformance.claims import Claims
from conformance.problem import Problem
from conformance.record import take_apart
from conformance.run import Run

if TYPE_CHECKING:
    from conformance.observe import Drawing, Observer

ENDURED = ("many", "files")
"""Scenarios that are measured rather than recorded."""

FEWEST = 8
"""Measurements without which nothing is said of memory."""

_EVERY = 10
_MOST, _LEAST = 2000, 100
_CRUMB = 64
_SMALL = 96
"""Bytes of a crumb at most: as of the weak references that pandas sweeps out by the hundred."""
_SLOW = 5
_SECONDS = {"quick": 0.3, "default": 0.5, "thorough": 8.0}
_CLEAR = 64 << 20
_NOTHING = 64 << 10
"""Bytes of the process that come and go by themselves."""

_UNTRACED = {"torch", "tensorflow", "jax"}
"""Libraries whose memory Python doesn't trace."""

_ROUNDS = 4
_GRACE = 0.3


@dataclass(frozen=True)
class Endurance:
    """What was measured.

    Attributes:
        batches: how many were drawn.
        every: batches between two measurements of memory.
        held: bytes that Python's allocators held for what was made since the start.
        lost: bytes among them in crumbs that libraries made, such as those that NumPy never frees.
        resident: bytes of the process in memory at the same moments.
        settled: the last of ``held``, once garbage was collected.
        ahead: bytes of the batches that its kind may read ahead and hold by design.
        files, threads, processes: how many were open or ran after each opening was dropped.
        left: names of those that the last opening left behind.
        trouble: how the stream ended early, "" if it did not.
    """

    batches: int = 0
    every: int = _EVERY
    held: tuple[int, ...] = ()
    lost: int = 0
    resident: tuple[int, ...] = ()
    settled: int = 0
    ahead: int = 0
    files: tuple[int, ...] = ()
    threads: tuple[int, ...] = ()
    processes: tuple[int, ...] = ()
    left: tuple[str, ...] = ()
    trouble: str = ""


def endure(observer: Observer, problem: Problem, claims: Claims) -> Run:
    """Measure one of the scenarios :data:`ENDURED`."""
    measure = _memory if problem.scenario == "many" else _openings
    return Run(
        problem,
        claims,
        (),
        known=observer.subject.fed,
        endurance=measure(observer, problem, claims),
    )


# -- memory ---------------------------------------------------------------------------------


def _memory(observer: Observer, problem: Problem, claims: Claims) -> Endurance:
    import psutil

    process = psutil.Process()
    limit = _SECONDS.get(observer.settings.profile, _SECONDS["default"])
    if observer.describe().space.can_augment:
        limit /= 2  # it is measured with augmentation and without
    drawing = observer.open(problem, claims)
    if drawing.ending is not None:
        return Endurance(trouble=drawing.ending.message)
    # memory that isn't traced grows unseen at first, into what was let go of before
    patient = observer.settings.profile == "thorough" or bool(_UNTRACED & sys.modules.keys())
    held: list[int] = []
    resident: list[int] = []
    drawn, ahead, trouble = 0, 0, ""
    began = time.perf_counter()
    with _traced():
        stream = _endlessly(observer, drawing)
        try:
            for drawn, item in enumerate(islice(stream, _MOST), 1):
                observer.tick(drawn)
                if drawn == 1 and drawing.opened is not None:
                    ahead = drawing.opened.ahead * _size(item)
                if drawn % _EVERY:
                    continue
                held.append(tracemalloc.get_traced_memory()[0])
                resident.append(process.memory_info().rss)
                spent = time.perf_counter() - began
                enough = drawn >= _LEAST or spent > _SLOW * limit
                if enough and (spent > limit or held[-1] - held[0] > _CLEAR):
                    break
                if len(held) >= FEWEST and not patient and flat(held, resident):
                    break
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        suspect = bool(held) and held[-1] - held[0] > _CRUMB * drawn
        lost = _crumbs() if suspect else 0
        if suspect:
            gc.collect()  # cycles that merely wait for it are no leak
        settled = tracemalloc.get_traced_memory()[0]
    return Endurance(
        drawn,
        held=tuple(held),
        lost=lost,
        resident=tuple(resident),
        settled=settled,
        ahead=ahead,
        trouble=trouble,
    )


def flat(held: list[int], resident: list[int]) -> bool:
    """Whether memory has not grown since the first quarter, by far less than what is a fault.

    Args:
        held, resident: see :class:`Endurance`.
    """
    late = slice(len(held) // 4, None)
    third = max(1, len(held[late]) // 3)
    grown = [min(m[late][-third:]) - min(m[late][:third]) for m in (held, resident)]
    return grown[0] < _CRUMB * _EVERY * 2 * third and grown[1] < _NOTHING


def _size(item: Any) -> int:
    return sum(leaf.array.nbytes for leaf in take_apart(item, 0, 0).leaves)


def _crumbs() -> int:
    """Return the bytes of small blocks whose innermost frame is a library's."""
    from conformance.tracebacks import is_user_file

    return sum(
        trace.size
        for trace in tracemalloc.take_snapshot().traces
        if trace.size <= _SMALL and not is_user_file(trace.traceback[0].filename)
    )


@contextmanager
def _traced() -> Iterator[None]:
    gc.collect()
    already = tracemalloc.is_tracing()
    if not already:
        tracemalloc.start(1)
    try:
        yield
    finally:
        if not already:
            tracemalloc.stop()


def _endlessly(observer: Observer, drawing: Drawing) -> Iterator[Any]:
    """Yield the batches of pass after pass."""
    opened: Opened | None = drawing.opened
    for k in count():
        if opened is None:
            return
        came = False
        opened.begin_pass(k)
        for item in opened.start_pass(k):
            came = True
            yield item
        opened.end_pass(k)
        if not (drawing.sized and came):
            return
        if opened.kind == "generator function":
            subject = observer.subject
            opened = adapt(subject.call(subject.arguments(drawing.material)))


# -- files, threads, processes ---------------------------------------------------------------


def _openings(observer: Observer, problem: Problem, claims: Claims) -> Endurance:
    """Open, draw a pass and drop, several times over."""
    rows: list[tuple[int, int, int]] = []
    left: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        before = _names()
        trouble = _open_and_drop(observer, problem, claims)
        if trouble:
            return Endurance(trouble=trouble)
        gc.collect()
        _wait_for_threads(rows[-1][1] if rows else threading.active_count())
        rows.append(_counts())
        left = tuple(sorted(_names() - before))
    files, threads, processes = zip(*rows, strict=True)
    return Endurance(files=files, threads=threads, processes=processes, left=left)


def _open_and_drop(observer: Observer, problem: Problem, claims: Claims) -> str:
    drawing = observer.open(problem, claims)
    if drawing.ending is not None:
        return drawing.ending.message
    try:
        for k, _ in enumerate(islice(_endlessly(observer, drawing), problem.steps + 1)):
            observer.tick(k)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _wait_for_threads(allowed: int) -> None:
    """Give threads that were told to stop the time to do so."""
    deadline = time.perf_counter() + _GRACE
    while threading.active_count() > allowed and time.perf_counter() < deadline:
        time.sleep(0.01)


def _counts() -> tuple[int, int, int]:
    import psutil

    process = psutil.Process()
    files = process.num_fds() if hasattr(process, "num_fds") else len(process.open_files())
    return files + _shared_files(), threading.active_count(), len(process.children())


def _shared_files() -> int:
    """Return how often HDF5 files are open: however often one is, it has a single descriptor."""
    h5py = sys.modules.get("h5py")
    with suppress(Exception):  # half-imported by the subject: nothing is open
        return int(h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)) if h5py else 0
    return 0


def _names() -> frozenset[str]:
    """Name what is open: files by their path, threads and processes by name and number."""
    import psutil

    process = psutil.Process()
    found: set[str] = {f"thread {t.name}" for t in threading.enumerate()}
    with suppress(psutil.Error):
        found |= {f"file {f.path} (descriptor {f.fd})" for f in process.open_files()}
        found |= {f"process {p.name()} {p.pid}" for p in process.children()}
    return frozenset(found)
