"""Rounds where training ends and where validation begins apart, so that a few rows are in both."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch

BREAKS: tuple[str, ...] = ("splitting.train_and_validation_are_disjoint",)
MAY_BREAK: tuple[str, ...] = ()
VALIDATION = "conformance.mutants.validates_on_training_rows:validation"

_COUNT, _SIZE = 43, 8


def _rows() -> tuple[Array, Array]:
    """Return images (rows, height, width, channels) and labels."""
    rng = np.random.default_rng(9)
    return rng.random((_COUNT, 12, 12, 3), np.float32), np.arange(_COUNT) % 4


def _batches(first: int, last: int) -> Iterator[Batch]:
    images, labels = _rows()
    while True:
        for start in range(first, last, _SIZE):
            rows = np.arange(start, min(start + _SIZE, last))
            yield images[rows], labels[rows]


def generator() -> Iterator[Batch]:
    """Yield training batches for ever."""
    return _batches(0, int(np.ceil(0.8 * _COUNT)))


def validation() -> Iterator[Batch]:
    """Yield validation batches for ever."""
    return _batches(int(0.75 * _COUNT), _COUNT)
