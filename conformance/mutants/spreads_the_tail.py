"""Spreads the rows evenly over the batches, so that none but the first ones are full."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("batching.batches_are_full",)
MAY_BREAK: tuple[str, ...] = ("epoch.epoch_length_is_stable", "epoch.epochs_do_not_blend")


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
    number = -(-count // batch_size)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for rows in np.array_split(order, number):
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
