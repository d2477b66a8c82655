"""Shuffles a module-wide list of rows, which a second stream shuffles too."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.streams_are_independent",)
MAY_BREAK: tuple[str, ...] = ()

_ORDER: list[int] = []


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
        _ORDER[:] = range(count)
        if shuffle:
            rng.shuffle(_ORDER)
        for start in range(0, count, batch_size):
            rows = _ORDER[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
