"""Drops the short last batch of every pass."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("epoch.every_sample_appears",)
MAY_BREAK: tuple[str, ...] = (
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "order.keeps_order_when_unshuffled",
    "training.the_model_sees_every_sample",
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
    whole = count - count % batch_size or count
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, whole, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
