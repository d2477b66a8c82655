"""Shuffles the images and forgets the masks."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("alignment.masks_follow_images",)
MAY_BREAK: tuple[str, ...] = ("alignment.labels_match_images",)


def generator(
    images: Array,
    masks: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, masks, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            yield images[rows], masks[start : start + batch_size].copy()
