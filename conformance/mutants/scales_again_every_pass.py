"""Scales its copy of the images once more at the start of every pass."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("arrays.values_keep_their_scale",)
MAY_BREAK: tuple[str, ...] = (
    "augmentation.does_not_compound",
    "arrays.pixels_survive",
    "batching.rows_are_real",
    "epoch.every_sample_appears",
    "alignment.labels_match_images",
    "alignment.labels_match_augmented_images",
    "augmentation.leaves_images_alone_otherwise",
    "augmentation.does_not_compound",
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
    data = images.astype(np.float32)
    while True:
        data /= 255
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = data[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
