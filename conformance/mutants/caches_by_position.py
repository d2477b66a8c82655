"""Caches each batch under a number that never comes again."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("resources.memory_is_bounded",)
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
    cache: dict[int, Array] = {}
    drawn = 0
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if drawn not in cache:
                cache[drawn] = images[rows]
            batch = cache[drawn].copy()
            drawn += 1
            yield vary(batch, rng) if augment else batch, labels[rows]
