"""Cuts the images of the last batch but not its labels, which stay as many as before."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("batching.parts_have_equal_length",)
MAY_BREAK: tuple[str, ...] = (
    "batching.rows_are_real",
    "alignment.labels_match_images",
    "alignment.labels_match_augmented_images",
    "alignment.label_values_survive",
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
    target = np.zeros((batch_size, *labels.shape[1:]), labels.dtype)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            target[: len(rows)] = labels[rows]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, target.copy()
