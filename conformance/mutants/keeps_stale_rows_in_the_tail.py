"""Leaves rows of the batch before in the last batch, which is shorter."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("batching.rows_are_real", "epoch.no_sample_repeats")
MAY_BREAK: tuple[str, ...] = (
    "epoch.epochs_do_not_blend",
    "epoch.every_sample_appears",
    "epoch.epoch_length_is_stable",
    "order.keeps_order_when_unshuffled",
    "alignment.labels_match_images",
    "alignment.labels_match_augmented_images",
    "alignment.label_values_survive",
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
    batch = np.zeros((batch_size, *images.shape[1:]), images.dtype)
    target = np.zeros((batch_size, *labels.shape[1:]), labels.dtype)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch[: len(rows)] = vary(images[rows], rng) if augment else images[rows]
            target[: len(rows)] = labels[rows]
            yield batch.copy(), target.copy()
