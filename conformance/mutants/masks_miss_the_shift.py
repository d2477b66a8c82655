"""Mirrors and turns a mask with its image but does not shift it."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, draw, moved

BREAKS: tuple[str, ...] = ("alignment.masks_follow_images",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    masks: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, masks, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            if not augment:
                yield images[rows], masks[rows]
                continue
            moves = [draw(rng) for _ in rows]
            batch = [moved(images[row], move) for row, move in zip(rows, moves, strict=True)]
            still = [move._replace(down=0, right=0) for move in moves]
            target = [moved(masks[row], move) for row, move in zip(rows, still, strict=True)]
            yield np.stack(batch), np.stack(target)
