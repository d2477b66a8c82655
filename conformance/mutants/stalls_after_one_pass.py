"""Loops over an iterator that the first pass has used up, so pass two never comes."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.never_stalls",)
MAY_BREAK: tuple[str, ...] = ("protocol.never_ends", "training.fit_accepts_it")


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
    order = rng.permutation(count) if shuffle else np.arange(count)
    starts = iter(range(0, count, batch_size))
    while True:
        for start in starts:
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
