"""Seeds the augmentation by the row alone, so a sample has one variant for ever."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("augmentation.varies_between_epochs",)
MAY_BREAK: tuple[str, ...] = ()


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
            if augment:
                own = [np.random.default_rng([seed or 0, int(row)]) for row in rows]
                batch = np.concatenate(
                    [vary(images[[row]], luck) for row, luck in zip(rows, own, strict=True)]
                )
            else:
                batch = images[rows]
            yield batch, labels[rows]
