"""Yields the two inputs of a sample as a list instead of a tuple or a dict."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, check

BREAKS: tuple[str, ...] = ("protocol.yields_tuples",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


def generator(
    images: Array,
    table: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[tuple[list[Array], Array]]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    if len(table) != len(images):
        raise ValueError(f"{len(table)} rows of the table do not go with {len(images)} images")
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            yield [images[rows], table[rows]], labels[rows]
