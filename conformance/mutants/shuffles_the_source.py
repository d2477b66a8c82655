"""Shuffles the arrays of its caller in place."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("purity.source_is_untouched",)
MAY_BREAK: tuple[str, ...] = ("protocol.streams_are_independent", "order.same_seed_same_stream")


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
        if shuffle:
            order = rng.permutation(count)
            images[:], labels[:] = images[order], labels[order]
        for start in range(0, count, batch_size):
            batch = images[start : start + batch_size].copy()
            target = labels[start : start + batch_size].copy()
            yield vary(batch, rng) if augment else batch, target
