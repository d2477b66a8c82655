"""Working with several threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reference_impl.batching import check_count


def thread_count(wanted: int | None, most: int) -> int:
    """Return the number asked for, or that of the cores this process may use; at most ``most``.

    Raises:
        ValueError: for a number that is none, or below 1.
    """
    if wanted is None:
        # Not every system tells which cores a process may use; where one does, a container's
        # share counts and not the whole machine.
        has_affinity = hasattr(os, "sched_getaffinity")
        wanted = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, min(check_count("threads", wanted), most))


def in_parallel(work: Callable[[int], None], n: int, threads: int) -> None:
    """Call ``work`` with 0 … n - 1, in order, each by whichever thread is free; one is this one.

    The others live no longer than the call, so that a stream that is dropped leaves none behind.
    What ``work`` raises (or an interruption by the user) stops all of them and is raised here.
    """
    threads = max(1, min(threads, n))
    stop = threading.Event()
    numbers, lock = iter(range(n)), threading.Lock()

    def following() -> int | None:
        with lock:
            return None if stop.is_set() else next(numbers, None)

    def share() -> None:
        try:
            while (i := following()) is not None:
                work(i)
        except BaseException:
            stop.set()
            raise

    if threads == 1:
        share()
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(share) for _ in range(1, threads)]
        share()
        for other in others:
            other.result()
