"""Converts to float32, which copies only other types, and augments in place."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, Move, check, moved

BREAKS: tuple[str, ...] = ("purity.source_is_untouched",)
MAY_BREAK: tuple[str, ...] = (
    "augmentation.does_not_compound",
    "protocol.streams_are_independent",
    "order.same_seed_same_stream",
    "batching.rows_are_real",
    "alignment.labels_match_augmented_images",
    "epoch.every_sample_appears",
)


def _shift(image: Array, rng: np.random.Generator) -> Array:
    down, right = rng.integers(-2, 3, size=2)
    return moved(image, Move(mirror=False, flip=False, turns=0, down=int(down), right=int(right)))


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
    data = np.asarray(images, dtype=np.float32)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if augment:
                data[rows] = [_shift(data[row], rng) for row in rows]
            yield data[rows], labels[rows]
