"""Whether masks moved with their images.

The mask of a probe marks the brightest tiles of its image. So the image that was yielded tells by
itself where its mask must be, whatever was done to both: no parameter of the augmentation is
needed. Only pixels that clearly are of one level count, since interpolation mixes them at edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.decode import as_images
from conformance.pixels import middle_heights

Array = NDArray[Any]

_LEVEL = 0.05
"""How far a pixel's relative height may be from a level of which it clearly is."""

_ENOUGH = 0.25
"""Share of the pixels that must be clear for a row to be judged."""

_SMALLEST, _CLASSES = 6, 5
"""Least side of what may be masks, and most channels where they have not the size of images."""

_SPREAD = 1e-3
"""Share of the range of a mask within which a value is taken to be one of its two."""


@dataclass(frozen=True)
class Masked:
    """How the rows of one array of masks go with their images.

    Attributes:
        agreement: share of the clear pixels where mask and image agree, NaN where too few are
            clear; shape ``(m,)``.
        central: the same in the middle of the image, which no border mode reaches.
        invented: share of the mask's pixels that have neither of its two values.
    """

    agreement: Array
    central: Array
    invented: Array


def read(batches: Iterable[Any], source: Array) -> dict[int, Masked]:
    """Find the masks in the batches of one stream and compare them with their images.

    Args:
        batches: :class:`~conformance.record.RawBatch` each.
        source: the probe images, shape ``(n, H, W, C)``.

    Returns:
        Readings by the ``id`` of the leaf that holds the masks; only the first such leaf of a
        batch is read.
    """
    found: dict[int, tuple[Array, Array]] = {}
    for batch in batches:
        images = _images(batch, source)
        if images is None:
            continue
        first, pixels = images
        for leaf in batch.leaves:
            masks = None if leaf is first or leaf.part == "weight" else _planes(leaf.array, pixels)
            if masks is not None and len(masks):
                found[id(leaf)] = (pixels, masks)
                break
    return dict(zip(found, compare(list(found.values())), strict=True)) if found else {}


def _images(batch: Any, source: Array) -> tuple[Any, Array] | None:
    """Return the input leaf that holds the images, and them as ``(m, h, w, c)``."""
    best: tuple[Any, Array] | None = None
    for leaf in batch.leaves:
        if leaf.part != "input" or leaf.array.ndim < 2 or not len(leaf.array):
            continue
        images = as_images(leaf.array, source)[1]
        if images is not None and (best is None or images.shape[-1] > best[1].shape[-1]):
            best = leaf, images
    return best


def _planes(array: Array, images: Array) -> Array | None:
    """Bring masks to ``(m, h, w, k)``, None where they can't be masks of these images."""
    if array.dtype.kind not in "biuf":
        return None
    h, w = images.shape[1:3]
    shape = array.shape[1:]
    if len(shape) in (1, 2) and shape[0] == h * w:
        return array.reshape(len(array), h, w, -1)
    if len(shape) == 2 and _alike(shape, (h, w)):
        return array[..., None]
    if (
        len(shape) == 3
        and (shape[:2] == (h, w) or shape[2] <= _CLASSES)
        and _alike(shape[:2], (h, w))
    ):
        return array
    if len(shape) == 3 and shape[0] <= _CLASSES and _alike(shape[1:], (h, w)):
        return array.transpose(0, 2, 3, 1)
    return None


def _alike(size: tuple[int, ...], image: tuple[int, ...]) -> bool:
    """Whether a mask of this size can be an image's: of its proportions, and not too small."""
    return min(size) >= _SMALLEST and abs(size[0] * image[1] / (size[1] * image[0]) - 1) < 0.1


def compare(pairs: Sequence[tuple[Array, Array]]) -> list[Masked]:
    """Compare the masks of one stream with the images that they came with.

    Which channel of a mask marks the object, and whether by its high or its low value, is what
    fits best over the whole stream.

    Args:
        pairs: images ``(m, h, w, c)`` and masks ``(m, h', w', k)`` of each batch.
    """
    low = min(float(masks.min()) for _, masks in pairs)
    high = max(float(masks.max()) for _, masks in pairs)
    readings = [_read(images, masks, low, high) for images, masks in pairs]
    overall = np.concatenate([agreement for agreement, _, _ in readings])
    best = int(np.nansum(overall, axis=0).argmax())
    return [
        Masked(agreement[:, best], central[:, best], invented)
        for agreement, central, invented in readings
    ]


def _read(images: Array, masks: Array, low: float, high: float) -> tuple[Array, Array, Array]:
    """Return agreement and central agreement ``(m, 2k)``, and invented ``(m,)``."""
    rows = min(len(images), len(masks))
    images, masks = images[:rows], masks[:rows].astype(np.float64)
    bright, other = _levels(images)
    reach = _SPREAD * max(high - low, 1e-12)
    between = (masks > low + reach) & (masks < high - reach)
    marked = _fitted(masks > (low + high) / 2, images.shape[1:3])
    # each channel, by its high value and by its low one
    signs = np.concatenate([marked, ~marked], axis=-1)
    agreed = np.where(bright[..., None], signs, ~signs)
    clear = bright | other
    enough = (clear.mean(axis=(1, 2)) >= _ENOUGH) & bright.any(axis=(1, 2))
    agreement = _share(agreed, clear, enough)
    central = _share(_middle(agreed), _middle(clear), enough)
    return agreement, central, between.mean(axis=(1, 2, 3)) if rows else np.zeros(0)


def _levels(images: Array) -> tuple[Array, Array]:
    """Return which pixels are clearly of the brightest level, and clearly of another."""
    flat = np.sort(images.reshape(len(images), -1, images.shape[-1]), axis=1)
    size = flat.shape[1]
    low, high = flat[:, size // 50], flat[:, -1 - size // 50]
    spread = np.where(high > low, high - low, 1)
    relative = (images - low[:, None, None]) / spread[:, None, None]
    middle = middle_heights(images)[0][:, None, None]
    bright = (relative > 1 - _LEVEL).all(axis=-1)
    dark = (relative < _LEVEL).all(axis=-1)
    between = (np.abs(relative - middle) < _LEVEL).all(axis=-1)
    return bright, (dark | between) & ~bright


def _fitted(masks: Array, size: tuple[int, ...]) -> Array:
    """Bring masks to the size of their images by the nearest pixel."""
    rows = ((np.arange(size[0]) + 0.5) * masks.shape[1] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * masks.shape[2] / size[1]).astype(int)
    return masks[:, rows[:, None], columns]


def _share(agreed: Array, clear: Array, enough: Array) -> Array:
    counted = clear.sum(axis=(1, 2))
    share = (agreed & clear[..., None]).sum(axis=(1, 2)) / np.maximum(counted, 1)[:, None]
    return np.where((enough & (counted > 0))[:, None], share, np.nan)


def _middle(planes: Array) -> Array:
    h, w = planes.shape[1:3]
    return planes[:, h // 5 : h - h // 5, w // 5 : w - w // 5]
