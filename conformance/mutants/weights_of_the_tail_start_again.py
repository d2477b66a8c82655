"""Takes the weights of the short last batch from the start of the pass."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, check

BREAKS: tuple[str, ...] = ("alignment.weights_match_images",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    labels: Array,
    weights: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    if len(weights) != len(images):
        raise ValueError(f"{len(weights)} weights do not go with {len(images)} images")
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            weight = weights[rows] if len(rows) == batch_size else weights[order[: len(rows)]]
            yield images[rows], labels[rows], weight
