"""Opens a log for every stream and keeps all of them."""

import os
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("resources.files_and_threads_are_released",)
MAY_BREAK: tuple[str, ...] = ()

_LOGS: list[TextIO] = []


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
    _LOGS.append(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - the fault
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
