"""Shuffles the second input of a sample on its own."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, check

BREAKS: tuple[str, ...] = ("alignment.inputs_match_each_other",)
MAY_BREAK: tuple[str, ...] = ("alignment.labels_match_images", "order.keeps_order_when_unshuffled")
CLAIMS: dict[str, object] = {"structure": "multi-input"}
BIND: dict[str, str] = {"left": "images", "right": "images"}


def generator(
    left: Array,
    right: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[tuple[tuple[Array, Array], Array]]:
    """Yield batches for ever."""
    check(left, labels, batch_size)
    check(right, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(left)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        other = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            yield (left[rows], right[other[start : start + batch_size]]), labels[rows]
