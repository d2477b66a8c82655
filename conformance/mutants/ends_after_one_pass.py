"""Ends after one pass, though nothing says that it will."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.never_ends",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it", "training.the_model_sees_every_sample")


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield the batches of a pass."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    order = rng.permutation(count) if shuffle else np.arange(count)
    for start in range(0, count, batch_size):
        rows = order[start : start + batch_size]
        batch = images[rows]
        yield vary(batch, rng) if augment else batch, labels[rows]
