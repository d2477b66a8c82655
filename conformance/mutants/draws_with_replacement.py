"""Draws the rows of each shuffled batch with replacement."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("epoch.every_sample_appears", "epoch.no_sample_repeats")
MAY_BREAK: tuple[str, ...] = (
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "training.the_model_sees_every_sample",
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
        for start in range(0, count, batch_size):
            rows = np.arange(start, min(start + batch_size, count))
            if shuffle:
                rows = rng.integers(count, size=len(rows))
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
