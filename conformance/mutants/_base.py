"""The correct generator that the mutants are copies of, and what the copies share."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Batch: TypeAlias = tuple[Array, Array]
REACH = 2  # pixels that an augmented image may shift, in each direction


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches of images (rows, height, width, channels) and labels for ever.

    Every pass holds each sample once, the last batch is as short as it must be. Raises
    ``ValueError`` for a batch size below 1, no data, and lengths that differ.
    """
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]


def check(images: Array, labels: Array, batch_size: int) -> None:
    """Raise ``ValueError`` where no batch of images and labels can be cut."""
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(f"{len(images)} images do not go with {len(labels)} labels")


class Move(NamedTuple):
    """One geometric variant: mirror, upside down, quarter turns, shift in pixels."""

    mirror: bool
    flip: bool
    turns: int
    down: int
    right: int


def draw(rng: np.random.Generator) -> Move:
    """Draw the variant of one image."""
    mirror, flip = rng.integers(2, size=2)
    down, right = rng.integers(-REACH, REACH + 1, size=2)
    return Move(bool(mirror), bool(flip), int(rng.integers(4)), int(down), int(right))


def moved(image: Array, move: Move) -> Array:
    """Return a moved copy of one image (height, width, channels); edges are repeated."""
    image = image[:, ::-1] if move.mirror else image
    image = image[::-1] if move.flip else image
    height, width = image.shape[:2]
    # a quarter turn would change the shape of an image that is not square
    image = np.rot90(image, move.turns if height == width else 2 * (move.turns // 2))
    rows = np.clip(np.arange(height) - move.down, 0, height - 1)
    columns = np.clip(np.arange(width) - move.right, 0, width - 1)
    shifted: Array = image[rows[:, None], columns]
    return shifted


def vary(batch: Array, rng: np.random.Generator) -> Array:
    """Return a copy of a batch in which each image is moved in its own way."""
    return np.stack([moved(image, draw(rng)) for image in batch])
