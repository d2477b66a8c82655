"""Yields nothing when it is called again for a data set that it has finished."""

from collections.abc import Iterator
from weakref import WeakValueDictionary

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("protocol.can_start_again",)
MAY_BREAK: tuple[str, ...] = (
    "protocol.opens_cleanly",
    "epoch.every_sample_appears",
    "epoch.epoch_length_is_stable",
    "protocol.streams_are_independent",
    "protocol.may_change_threads",
)
CLAIMS: dict[str, object] = {"endless": False}

_FINISHED: WeakValueDictionary[int, Array] = WeakValueDictionary()


def generator(images: Array, labels: Array, batch_size: int) -> Iterator[Batch]:
    """Yield the batches of one pass; call it again for the next."""
    check(images, labels, batch_size)
    count = len(images)
    if id(images) in _FINISHED:
        return
    for start in range(0, count, batch_size):
        rows = np.arange(start, min(start + batch_size, count))
        yield images[rows], labels[rows]
    _FINISHED[id(images)] = images
