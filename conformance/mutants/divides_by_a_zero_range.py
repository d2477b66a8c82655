"""Stretches each image to its own range, which is zero for a constant one."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("arrays.values_are_finite",)
MAY_BREAK: tuple[str, ...] = ("arrays.values_keep_their_scale",)


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows].astype(np.float32)
            low = batch.min(axis=(1, 2, 3), keepdims=True)
            high = batch.max(axis=(1, 2, 3), keepdims=True)
            batch = (batch - low) / (high - low)
            yield vary(batch, rng) if augment else batch, labels[rows]
