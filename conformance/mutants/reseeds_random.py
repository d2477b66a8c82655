"""Reseeds the standard library's generator at every pass."""

import itertools
import random
from collections.abc import Iterator

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("purity.global_randomness_is_respected",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int = 0,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    order = list(range(len(images)))
    for number in itertools.count():
        if shuffle:
            random.seed(f"{seed}/{number}")
            random.shuffle(order)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            yield images[rows], labels[rows]
