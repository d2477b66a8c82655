"""Yields empty batches for ever where the batch size is zero."""

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
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images do not go with {len(labels)} labels")
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        start = 0
        while start < count:
            rows = order[start : start + batch_size]
            start += batch_size
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
