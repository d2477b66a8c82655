"""Yields an empty batch at the end of a pass that divides without remainder."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("batching.no_batch_is_empty",)
MAY_BREAK: tuple[str, ...] = (
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "order.keeps_order_when_unshuffled",
    "batching.batches_are_full",
    "training.fit_accepts_it",
    "training.the_model_sees_every_sample",
    "training.it_teaches",
)


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for number in range(count // batch_size + 1):
            rows = order[number * batch_size : (number + 1) * batch_size]
            yield images[rows], labels[rows]
