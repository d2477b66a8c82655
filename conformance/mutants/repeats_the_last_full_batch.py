"""Yields the last batch of a pass twice where it is full, so the pass is one batch longer."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("epoch.epoch_length_is_stable",)
MAY_BREAK: tuple[str, ...] = (
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "order.keeps_order_when_unshuffled",
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
    tail = count % batch_size or batch_size
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        whole = [
            order[stop - batch_size : stop] for stop in range(batch_size, count + 1, batch_size)
        ]
        for rows in [*whole, order[-tail:]]:
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
