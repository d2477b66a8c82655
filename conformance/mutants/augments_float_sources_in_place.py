"""Converts to float32, which copies only other types, and augments in place."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("purity.source_is_untouched", "augmentation.does_not_compound")
MAY_BREAK: tuple[str, ...] = (
    "protocol.streams_are_independent",
    "batching.rows_are_real",
    "alignment.labels_match_augmented_images",
    "epoch.every_sample_appears",
    "augmentation.varies_between_epochs",
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
    data = np.asarray(images, dtype=np.float32)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if augment:
                data[rows] = vary(data[rows], rng)
            yield data[rows], labels[rows]
