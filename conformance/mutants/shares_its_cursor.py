"""Keeps its position in a module variable, which a second stream moves too."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.streams_are_independent",)
MAY_BREAK: tuple[str, ...] = ("training.validation_is_the_same_every_epoch",)

_CURSOR = {"start": 0}


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
    _CURSOR["start"] = 0
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        while _CURSOR["start"] < count:
            rows = order[_CURSOR["start"] : _CURSOR["start"] + batch_size]
            _CURSOR["start"] += batch_size
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
        _CURSOR["start"] = 0
