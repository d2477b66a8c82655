"""Yields the row numbers as a fourth part of each batch."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, check

BREAKS: tuple[str, ...] = ("protocol.yields_tuples",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            weights = np.ones(len(rows), np.float32)
            yield images[rows], labels[rows], weights, rows
