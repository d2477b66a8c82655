"""Scales the arrays of its caller in place where they are float32."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("purity.source_is_untouched",)
MAY_BREAK: tuple[str, ...] = (
    "arrays.values_keep_their_scale",
    "arrays.pixels_survive",
    "protocol.streams_are_independent",
    "order.same_seed_same_stream",
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
    data = images.astype(np.float32, copy=False)
    data /= 255
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = data[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
