"""resources: what a generator holds on to."""

from __future__ import annotations

from itertools import pairwise

from conformance.contract import MUST, SHOULD, NotApplicable, Undecided, Violation, clause
from conformance.endurance import FEWEST, Endurance
from conformance.run import Run
from conformance.wording import counted

_BYTES_A_BATCH = 256
_BYTES_IN_ALL = 32 << 10
"""Libraries, NumPy among them, lose a few bytes a call: that is nobody's concern here."""

_RESIDENT_A_BATCH = 1 << 10
_RESIDENT_IN_ALL = 16 << 20
_STEADY = 0.6


def _measured(run: Run) -> Endurance:
    found = run.endurance
    if found is None:
        why = run.ending.message if run.ending else "nothing was measured"
        raise NotApplicable(f"its stream does not go on: {why}")
    if found.trouble:
        raise NotApplicable(f"its stream does not go on: {found.trouble}")
    return found


@clause(MUST, scenarios=("many",))
def memory_is_bounded(run: Run) -> None:
    """Memory does not grow with the number of batches drawn.

    Why: what is kept for each batch ends a long training with "killed", hours in.
    Fix: keep nothing between batches but positions and orders; bound caches by the data.
    """
    found = _measured(run)
    if len(found.held) < FEWEST:
        raise NotApplicable(f"only {counted(found.batches, 'batch')} came in the time there was")
    ahead = 1.5 * found.ahead
    if _kept(found) > ahead:
        traced = _growth(found.held, found.every, found.lost / max(1, found.batches))
        in_all = sum(traced) * _window(found)
        if traced and min(traced) >= _BYTES_A_BATCH and in_all >= _BYTES_IN_ALL:
            raise _grows(found, traced[-1])
    if found.resident[-1] - found.resident[0] > max(ahead, _RESIDENT_IN_ALL) + _garbage(found):
        whole = _growth(found.resident, found.every)
        many = sum(whole) * _window(found) >= _RESIDENT_IN_ALL
        if whole and many and min(whole) >= _RESIDENT_A_BATCH:
            raise _grows(found, whole[-1])


def _kept(found: Endurance) -> int:
    """Return the bytes that were added after the first quarter and outlived a collection."""
    early = max(found.held[: len(found.held) // 4])
    return min(found.held[-1], found.settled) - early


def _garbage(found: Endurance) -> int:
    """Return the most bytes of garbage that there may have been: a process seldom shrinks again."""
    return max(0, max(found.held) - found.settled)


def _window(found: Endurance) -> float:
    return found.every * (len(found.held) * 3 // 4) / 3


def _growth(held: tuple[int, ...], every: int, spare: float = 0.0) -> tuple[float, ...]:
    """Return the bytes a batch by which memory grew twice in a row, () if it did not.

    ``spare`` bytes a batch are the fault of libraries.

    Caches fill up first: the first quarter is left out, and growth that slows down is none.
    What is collected now and then falls again: the least of each third counts.
    """
    late = held[len(held) // 4 :]
    third = len(late) // 3
    lows = [min(late[k * third : (k + 1) * third]) for k in range(3)]
    first, second = ((b - a) / (third * every) - spare for a, b in pairwise(lows))
    return (first, second) if first > 0 and second >= _STEADY * first else ()


def _grows(found: Endurance, rate: float) -> Violation:
    grown = found.held[-1] - found.held[0]
    return Violation(
        expected=f"as much memory after {counted(found.batches, 'batch')} as after a few",
        observed=f"{rate:.0f} bytes more with every batch, {max(grown, 0) / 1024:.0f} KiB in all",
        where=f"batch {found.batches}",
    )


@clause(SHOULD, scenarios=("files",))
def files_and_threads_are_released(run: Run) -> None:
    """No file, thread or process is left when a stream is dropped.

    Why: each validation, each restart leaves one more, until "too many open files".
    Fix: use ``with open(...)``; end threads in ``finally``, or when their queue's reader is gone.
    """
    found = _measured(run)
    for name, counts in (
        ("file", found.files),
        ("thread", found.threads),
        ("process", found.processes),
    ):
        # what the first opening makes once for all is no leak
        later = counts[1:]
        if len(later) >= 3 and all(a < b for a, b in pairwise(later)):
            raise Violation(
                expected=f"no {name} left when a stream is dropped",
                observed=f"one more for each opening at least: {', '.join(map(str, counts))} open "
                f"after {len(counts)} openings"
                + (f" ({'; '.join(found.left[:3])})" if found.left else ""),
            )
    if not found.files:
        raise Undecided("nothing was counted")
