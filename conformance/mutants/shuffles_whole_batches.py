"""Shuffles the order of the batches and of their rows, but not what they hold."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("order.shuffles_across_batches",)
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
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    whole = count - count % batch_size
    while True:
        starts = np.arange(0, whole, batch_size)
        if shuffle:
            rng.shuffle(starts)
        for start in [*starts, whole]:
            rows = np.arange(start, min(start + batch_size, count))
            if len(rows) == 0:
                continue
            if shuffle:
                rng.shuffle(rows)
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
