"""Pads the last batch to full size with black images of class zero."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("batching.rows_are_real",)
MAY_BREAK: tuple[str, ...] = (
    "alignment.labels_match_images",
    "alignment.labels_match_augmented_images",
    "alignment.label_values_survive",
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
            rows = order[start : start + batch_size]
            batch = np.zeros((batch_size, *images.shape[1:]), images.dtype)
            target = np.zeros((batch_size, *labels.shape[1:]), labels.dtype)
            batch[: len(rows)] = vary(images[rows], rng) if augment else images[rows]
            target[: len(rows)] = labels[rows]
            yield batch, target
