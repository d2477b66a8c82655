"""Loops without a yield where there is less data than one batch."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.never_stalls",)
MAY_BREAK: tuple[str, ...] = ("protocol.opens_cleanly",)
CLAIMS: dict[str, object] = {"remainder": "drop"}


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
        for number in range(count // batch_size):
            rows = order[number * batch_size : (number + 1) * batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
