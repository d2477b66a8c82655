"""Computes augmented images and yields the others."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("augmentation.augments_when_asked",)
MAY_BREAK: tuple[str, ...] = (
    "augmentation.varies_between_epochs",
    "augmentation.varies_within_a_batch",
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
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            if augment:
                vary(batch, rng)
            yield batch, labels[rows]
