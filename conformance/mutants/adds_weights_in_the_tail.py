"""Adds sample weights as a third part to the short last batch only."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("protocol.keeps_its_structure",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[Batch | tuple[Array, Array, Array]]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            if len(rows) < batch_size < count:
                yield batch, labels[rows], np.ones(len(rows), np.float32)
            else:
                yield batch, labels[rows]
