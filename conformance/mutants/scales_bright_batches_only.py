"""Scales a batch by 1/255 only where one of its values is above one."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("arrays.values_keep_their_scale",)
MAY_BREAK: tuple[str, ...] = ("arrays.pixels_survive", "augmentation.leaves_images_alone_otherwise")


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
            batch = images[rows].astype(np.float32)
            if batch.max() > 1:
                batch /= 255
            yield vary(batch, rng) if augment else batch, labels[rows]
