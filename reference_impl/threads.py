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
    """Call ``work`` with 0 … n - 1, shared among threads of which this one is the first.

    The others live no longer than the call, so that a stream that is dropped leaves none behind.
    What ``work`` raises (or an interruption by the user) stops all of them and is raised here.
    """
    threads = max(1, min(threads, n))
    stop = threading.Event()

    def share(start: int) -> None:
        try:
            for i in range(start, n, threads):
                if stop.is_set():
                    break
                work(i)
        except BaseException:
            stop.set()
            raise

    if threads == 1:
        share(0)
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(share, start) for start in range(1, threads)]
        share(0)
        for other in others:
            other.result()
