"""Fills four buffers in turn, so a batch changes when the fourth one after it is drawn."""

import itertools
from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("purity.batches_own_their_memory",)
MAY_BREAK: tuple[str, ...] = (
    "training.the_model_sees_every_sample",
    "training.validation_is_the_same_every_epoch",
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
    ring = itertools.cycle(np.empty((4, batch_size, *images.shape[1:]), images.dtype))
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = next(ring)[: len(rows)]
            batch[:] = vary(images[rows], rng) if augment else images[rows]
            yield batch, labels[rows]
