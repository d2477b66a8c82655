"""Which share of which sample an image is made of, where augmentation mixes samples.

Two ways of mixing are read back from the pixels alone:

* *blends*, as mixup makes them: the image is a weighted sum of source images, whose weights
  least squares recover;
* *collages*, as CutMix makes them: each pixel is that of one of two source images. Where both
  agree nobody can tell whose a pixel is, so the shares are known within bounds.

What is neither is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.decode import as_images

Array = NDArray[Any]

_RESIDUAL = 0.01
"""Share of a row's deviation that a blend may leave unexplained: rounding to bytes leaves 0.5 %."""

_LEAST = 0.02
"""How far below zero a share of a blend may come out."""

_EXPLAINED = 0.995
"""Share of the pixels of a collage that two samples must explain."""

_LEVELS = 3.0
"""How far, of 255, a pixel of a collage may be from its source."""


@dataclass(frozen=True)
class Shares:
    """Bounds of the share of each sample in each row, NaN where unknown; shape ``(m, n)``."""

    low: Array
    high: Array


def unmix(rows: Array, source: Array) -> Shares | None:
    """Return what each row is made of, None where rows are no images of the source's size.

    Args:
        rows: what was yielded in one stream, shape ``(m, ...)``.
        source: the probe images, shape ``(n, H, W, C)``.
    """
    images = as_images(rows, source)[1]
    if images is None or images.shape[1:] != source.shape[1:]:
        return None
    source = source.astype(np.float64)
    images = np.nan_to_num(images.astype(np.float64))
    low = _blended(images, source)
    high = low.copy()
    left = np.flatnonzero(np.isnan(low).any(axis=1))
    if left.size:
        # what is brightest and darkest in the stream is so in the source
        top, bottom = images.max(), images.min()
        gain = (source.max() - source.min()) / max(top - bottom, 1e-12)
        levels = (images[left] - bottom) * gain + source.min()
        reach = _LEVELS / 255 * float(np.ptp(source))
        for row, image in zip(left, levels, strict=True):
            low[row], high[row] = _collage(image, source, reach)
    return Shares(low, high)


def _blended(images: Array, source: Array) -> Array:
    """Return the weights ``(m, n)`` of rows that are weighted sums, NaN for the others."""
    flat = images.reshape(len(images), -1)
    columns = np.column_stack([source.reshape(len(source), -1).T, np.ones(flat.shape[1])])
    weights = flat @ np.linalg.pinv(columns).T
    left = flat - weights @ columns.T
    weights = weights[:, :-1]
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        share = weights / total
        fits = np.sqrt((left**2).mean(axis=1)) <= _RESIDUAL * flat.std(axis=1)
    # a single sample may hide a small piece of another
    fits &= (total[:, 0] > 0) & (share >= -_LEAST).all(axis=1) & (share < 1 - _LEAST).all(axis=1)
    return np.where(fits[:, None], share, np.nan)


def _collage(image: Array, source: Array, reach: float) -> tuple[Array, Array]:
    """Return bounds of the shares in one image of which each pixel is a source's."""
    unknown = np.full(len(source), np.nan)
    equal = (np.abs(image[None] - source) <= reach).all(axis=-1).reshape(len(source), -1)
    one = int(equal.sum(axis=1).argmax())
    # whoever explains what the first does not may be the other
    others = np.flatnonzero((equal | equal[one]).mean(axis=1) >= _EXPLAINED)
    if not len(others):
        return unknown, unknown
    low, high = np.zeros(len(source)), np.zeros(len(source))
    high[others] = equal[others].mean(axis=1)
    mine = (equal[one] & ~equal[others]).mean(axis=1)
    others = others[others != one]
    if len(others) == 1 and not equal[one].all():
        low[others] = (equal[others] & ~equal[one]).mean(axis=1)
    low[one] = mine[mine > 0].min() if (mine > 0).any() else 1.0
    high[one] = equal[one].mean()
    return low, high
