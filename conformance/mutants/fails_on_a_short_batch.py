"""Gathers a full batch row by row, and so runs past the end of the data."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.opens_cleanly",)
MAY_BREAK: tuple[str, ...] = (
    "protocol.never_ends",
    "epoch.every_sample_appears",
    "epoch.epoch_length_is_stable",
    "training.fit_accepts_it",
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
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = np.array([order[start + offset] for offset in range(batch_size)])
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
