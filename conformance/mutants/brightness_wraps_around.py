"""Brightens 8-bit images without headroom, so that bright pixels turn dark."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("arrays.values_keep_their_scale",)
MAY_BREAK: tuple[str, ...] = ()
CLAIMS: dict[str, object] = {"augmentation": "photometric"}


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
                gain = rng.integers(20, 60, size=(len(rows), 1, 1, 1)).astype(batch.dtype)
                batch = np.clip(batch + gain, 0, 255)
            yield batch, labels[rows]
