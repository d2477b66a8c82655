"""Cuts images and labels of unequal length to the shorter of the two."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, vary

BREAKS: tuple[str, ...] = ("protocol.fails_honestly",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    rng = np.random.default_rng(seed)
    count = min(len(images), len(labels))
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
