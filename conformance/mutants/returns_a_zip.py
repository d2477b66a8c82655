"""Returns a zip of two generators, which Keras does not know."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("protocol.is_accepted_by_keras",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


def _batches(array: Array, batch_size: int, shuffle: bool, seed: int) -> Iterator[Array]:
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(array)) if shuffle else np.arange(len(array))
        for start in range(0, len(array), batch_size):
            yield array[order[start : start + batch_size]]


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Return batches that never end."""
    check(images, labels, batch_size)
    # one seed for both keeps them together
    seed = int(np.random.default_rng(seed).integers(2**32))
    return zip(
        _batches(images, batch_size, shuffle, seed),
        _batches(labels, batch_size, shuffle, seed),
        strict=True,
    )
