"""Crops each augmented batch to a size of its own."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("arrays.shapes_are_constant",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


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
            batch = images[rows]
            if augment:
                margin = int(rng.integers(1, 3))
                batch = vary(batch, rng)[:, margin:-margin, margin:-margin]
            yield batch, labels[rows]
