"""How many threads to work with."""

from __future__ import annotations

import os

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
