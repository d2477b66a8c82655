"""Shuffles the rows of each batch, which always holds the same ones."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("order.shuffles_across_batches",)
MAY_BREAK: tuple[str, ...] = (
    "order.shuffles_when_asked",
    "order.reshuffles_every_epoch",
    "order.different_seed_different_stream",
)


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
        order = np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if shuffle:
                rng.shuffle(rows)
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
