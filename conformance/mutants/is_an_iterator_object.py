"""Returns an object whose own __next__ is the stream, not a generator."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("protocol.is_accepted_by_keras",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


class _Stream:
    def __init__(
        self, images: Array, labels: Array, batch_size: int, shuffle: bool, seed: int | None
    ) -> None:
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.shuffle, self.rng = shuffle, np.random.default_rng(seed)
        self.rest = self.order()

    def order(self) -> Array:
        count = len(self.images)
        return self.rng.permutation(count) if self.shuffle else np.arange(count)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        if len(self.rest) == 0:
            self.rest = self.order()
        rows, self.rest = self.rest[: self.batch_size], self.rest[self.batch_size :]
        return self.images[rows], self.labels[rows]


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Return batches that never end."""
    check(images, labels, batch_size)
    return _Stream(images, labels, batch_size, shuffle, seed)
