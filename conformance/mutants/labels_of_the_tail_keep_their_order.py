"""Takes the labels of the short last batch from the end of the source, shuffled or not."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("alignment.labels_match_images",)
MAY_BREAK: tuple[str, ...] = (
    "alignment.labels_match_augmented_images",
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
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            target = labels[rows] if len(rows) == batch_size else labels[-len(rows) :].copy()
            yield vary(batch, rng) if augment else batch, target
