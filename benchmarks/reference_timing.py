"""What the reference benchmarks share: contestants measured in turn, and reported as ratios.

Seconds differ from machine to machine and from minute to minute; ratios of what ran in turn within
one process hardly do. The best round counts: noise only ever adds.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping


def best_seconds(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run every contestant once untimed, then in turn; return the best time of each."""
    for run in contestants.values():
        run()
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def report(title: str, seconds: Mapping[str, float], n_images: int, against: str) -> None:
    """Print a Markdown table: images a second, and the ratio to one of the contestants."""
    print(
        f"\n{title} ({platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()})\n"
    )
    print(f"| what | images/s | x {against} |\n|---|---:|---:|")
    for name, value in seconds.items():
        print(f"| {name} | {n_images / value:,.0f} | {seconds[against] / value:.1f} |")
