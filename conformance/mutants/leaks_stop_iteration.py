"""Ends its pass by an unguarded next(), whose StopIteration Python turns into a RuntimeError."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("protocol.fails_honestly",)
MAY_BREAK: tuple[str, ...] = ("protocol.can_start_again", "training.fit_accepts_it")
CLAIMS: dict[str, object] = {"endless": False}


def generator(images: Array, labels: Array, batch_size: int) -> Iterator[Batch]:
    """Yield the batches of one pass; call it again for the next."""
    check(images, labels, batch_size)
    count = len(images)
    starts = iter(range(0, count, batch_size))
    while True:
        start = next(starts)
        rows = np.arange(start, min(start + batch_size, count))
        yield images[rows], labels[rows]
