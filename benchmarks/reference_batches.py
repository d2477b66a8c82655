"""Mini-batches without augmentation against bare NumPy fancy indexing.

    python benchmarks/reference_batches.py

Target: 90 % of the speed of ``images[rows], labels[rows]``.
"""

from __future__ import annotations

import numpy as np
from reference_timing import best_of, report

from reference_impl.generator import minibatches, steps_per_epoch

N = 1024


def main() -> None:
    for side, batch_size in ((182, 6), (182, 32), (96, 32), (32, 32)):
        images = np.random.default_rng(0).random((N, side, side, 3), np.float32)
        labels = np.eye(5, dtype=np.float32)[np.arange(N) % 5]
        stream = minibatches(images, labels, batch_size, seed=0)
        rng = np.random.default_rng(0)

        def bare(images=images, labels=labels, batch_size=batch_size, rng=rng) -> None:
            order = rng.permutation(N)
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                _ = images[rows], labels[rows]

        def ours(stream=stream, batch_size=batch_size) -> None:
            for _ in range(steps_per_epoch(N, batch_size)):
                next(stream)

        best = best_of({"fancy indexing": bare, "reference": ours}, rounds=40)
        report(f"Batches of {batch_size}, {side}x{side}x3 float32", best, N, "fancy indexing")
        share = best["fancy indexing"].wall / best["reference"].wall
        print(f"\nspeed: {share:.0%}")


if __name__ == "__main__":
    main()
