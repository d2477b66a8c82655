"""What the reference benchmarks share: contestants measured in turn, and reported as ratios.

Seconds differ from machine to machine and from minute to minute; ratios of what ran in turn within
one process hardly do. The best round counts: noise only ever adds. On a machine that others use as
well, processor time is the fairer measure of what runs on one thread.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Best(NamedTuple):
    """The best round: seconds on the wall, and seconds of processor time of all threads."""

    wall: float
    processor: float


def best_of(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Best]:
    """Run every contestant once untimed, then in turn; return the best times of each."""
    for run in contestants.values():
        run()
    best = dict.fromkeys(contestants, Best(float("inf"), float("inf")))
    for _ in range(rounds):
        for name, run in contestants.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            best[name] = Best(min(best[name].wall, wall), min(best[name].processor, processor))
    return best


def report(title: str, best: Mapping[str, Best], n_images: int, against: str) -> None:
    """Print a Markdown table: images a second, and ratios to one of the contestants."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"\n{title} ({machine}; all figures against {against})\n")
    print("| what | images/s | ratio | images/s of processor time | ratio |")
    print("|---|---:|---:|---:|---:|")
    base = best[against]
    for name, (wall, processor) in best.items():
        print(
            f"| {name} | {n_images / wall:,.0f} | {base.wall / wall:.1f} "
            f"| {n_images / processor:,.0f} | {base.processor / processor:.1f} |"
        )
    if hasattr(os, "getloadavg"):
        print(f"\nload of the machine while measuring: {os.getloadavg()[0]:.1f}")
