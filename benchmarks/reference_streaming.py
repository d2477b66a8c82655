"""Memory of the streaming generator with ten times the files.

    python benchmarks/reference_streaming.py flower_photos

Each measurement is a process of its own that draws one epoch and prints its peak. Target: the peak
doesn't depend on the number of files.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from reference_impl.folder import index_folder

DRAW = """
import resource, sys
from reference_impl.folder import index_folder
from reference_impl.streaming import folder_minibatches
from reference_impl.generator import steps_per_epoch
folder = sys.argv[1]
n = len(index_folder(folder))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
stream = folder_minibatches(folder, 32, seed=0)
next(stream)
first = peak()
for _ in range(steps_per_epoch(n, 32) - 1):
    next(stream)
print(n, first, peak())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-class", type=int, default=40)
    options = parser.parse_args()
    print("| files | peak after one batch, MiB | peak after an epoch, MiB | all in memory, MiB |")
    print("|---:|---:|---:|---:|")
    for copies in (1, 10):
        with tempfile.TemporaryDirectory() as temporary:
            folder = multiplied(options.folder, Path(temporary), options.per_class, copies)
            done = subprocess.run(
                [sys.executable, "-c", DRAW, str(folder)],
                capture_output=True,
                text=True,
                check=True,
            )
        n, first, peak = map(float, done.stdout.split())
        print(f"| {n:.0f} | {first:.0f} | {peak:.0f} | {n * 182 * 182 * 3 * 4 / 2**20:.0f} |")


def multiplied(folder: Path, out: Path, per_class: int, copies: int) -> Path:
    """Link the first photographs of every class, each several times."""
    index = index_folder(folder)
    taken = dict.fromkeys(index.class_names, 0)
    for path, label in zip(index.paths, index.labels, strict=True):
        name = index.class_names[label]
        if taken[name] < per_class:
            taken[name] += 1
            (out / name).mkdir(exist_ok=True)
            for copy in range(copies):
                (out / name / f"{copy}_{path.name}").symlink_to(path.resolve())
    return out


if __name__ == "__main__":
    main()
