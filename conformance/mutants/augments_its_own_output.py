"""Keeps the augmented images and augments these in the next pass."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check

BREAKS: tuple[str, ...] = ("augmentation.does_not_compound",)
MAY_BREAK: tuple[str, ...] = (
    "batching.rows_are_real",
    "alignment.labels_match_augmented_images",
    "epoch.every_sample_appears",
    "augmentation.varies_between_epochs",
)


def _zoom(image: Array, rng: np.random.Generator) -> Array:
    height, width = image.shape[:2]
    top, bottom, left, right = rng.integers(0, 3, size=4)
    rows = np.linspace(top, height - 1 - bottom, height).round().astype(int)
    columns = np.linspace(left, width - 1 - right, width).round().astype(int)
    zoomed: Array = image[rows[:, None], columns]
    return zoomed


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
    data = images.copy()
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if augment:
                data[rows] = [_zoom(data[row], rng) for row in rows]
            yield data[rows], labels[rows]
