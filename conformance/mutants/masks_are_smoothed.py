"""Interpolates the masks with their images, which invents values between the classes."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, draw, moved

BREAKS: tuple[str, ...] = ("alignment.masks_follow_images",)
MAY_BREAK: tuple[str, ...] = ()


def _smooth(mask: Array) -> Array:
    """Average each pixel of a mask (height, width, 1) with its neighbours above and below."""
    padded = np.pad(mask, ((1, 1), (0, 0), (0, 0)), mode="edge").astype(np.float32)
    mean = padded[:-2] / 4 + padded[1:-1] / 2 + padded[2:] / 4
    smooth: Array = mean.astype(mask.dtype)
    return smooth


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
            target = [moved(masks[row], move) for row, move in zip(rows, moves, strict=True)]
            yield np.stack(batch), np.stack([_smooth(mask) for mask in target])
