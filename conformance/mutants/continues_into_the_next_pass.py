"""Fills the last batch of a pass up with the first rows of the next one, undeclared."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("epoch.epochs_do_not_blend",)
MAY_BREAK: tuple[str, ...] = (
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
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
    order = np.arange(0)
    while True:
        while len(order) < batch_size:
            more = rng.permutation(count) if shuffle else np.arange(count)
            order = np.concatenate([order, more])
        rows, order = order[:batch_size], order[batch_size:]
        batch = images[rows]
        yield vary(batch, rng) if augment else batch, labels[rows]
