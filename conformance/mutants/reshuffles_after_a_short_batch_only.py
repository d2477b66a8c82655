"""Shuffles anew when it meets a short batch, so never where n divides by the batch size."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("order.reshuffles_every_epoch",)
MAY_BREAK: tuple[str, ...] = ("order.shuffles_across_batches",)


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
    start = 0
    while True:
        rows = order[start : start + batch_size]
        batch = images[rows]
        yield vary(batch, rng) if augment else batch, labels[rows]
        start += batch_size
        if start > count and shuffle:
            order = rng.permutation(count)
        if start >= count:
            start = 0
