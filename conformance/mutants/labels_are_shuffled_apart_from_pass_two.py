"""Shuffles images and labels alike in pass one, each on its own from pass two."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("alignment.labels_match_images",)
MAY_BREAK: tuple[str, ...] = (
    "alignment.labels_match_augmented_images",
    "training.the_model_sees_every_sample",
    "training.it_teaches",
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
    image_order = rng.permutation(count) if shuffle else np.arange(count)
    label_order = image_order.copy()
    while True:
        for start in range(0, count, batch_size):
            rows = image_order[start : start + batch_size]
            batch = images[rows]
            target = labels[label_order[start : start + batch_size]]
            yield vary(batch, rng) if augment else batch, target
        if shuffle:
            rng.shuffle(image_order)
            rng.shuffle(label_order)
