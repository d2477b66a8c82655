"""Yields the labels of a batch as a Python list."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from conformance.mutants._base import Array, check, vary

BREAKS: tuple[str, ...] = ("protocol.yields_tuples",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[tuple[Array, list[Any]]]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows].tolist()
