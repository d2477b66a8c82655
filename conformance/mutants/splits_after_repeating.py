"""Repeats its data for balance and splits afterwards: copies of one sample land on both sides."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch

BREAKS: tuple[str, ...] = ("splitting.train_and_validation_are_disjoint",)
MAY_BREAK: tuple[str, ...] = ()
VALIDATION = "conformance.mutants.splits_after_repeating:validation"

_COUNT, _SIZE = 24, 6


def _split() -> tuple[Array, Array]:
    """Return the rows that train and the rows that validate."""
    repeated = np.random.default_rng(4).permutation(np.tile(np.arange(_COUNT), 2))
    first = int(0.75 * len(repeated))
    return repeated[:first], repeated[first:]


def _batches(own: Array) -> Iterator[Batch]:
    images = np.random.default_rng(9).random((_COUNT, 12, 12, 3), np.float32)
    labels = np.arange(_COUNT) % 4
    while True:
        for start in range(0, len(own), _SIZE):
            rows = own[start : start + _SIZE]
            yield images[rows], labels[rows]


def generator() -> Iterator[Batch]:
    """Yield training batches for ever."""
    return _batches(_split()[0])


def validation() -> Iterator[Batch]:
    """Yield validation batches for ever."""
    return _batches(_split()[1])
