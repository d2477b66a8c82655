"""Yields the short batch at the start of a pass instead of at its end."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("batching.batches_are_full",)
MAY_BREAK: tuple[str, ...] = ("epoch.epochs_do_not_blend", "epoch.epoch_length_is_stable")


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
        for stop in range(count % batch_size or batch_size, count + 1, batch_size):
            rows = order[max(0, stop - batch_size) : stop]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
