"""Measurements on stacks of images, each vectorised over all of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def standard(flat: Array) -> Array:
    """Centre each row and give it length 1; constant rows become zero."""
    flat = flat - flat.mean(axis=-1, keepdims=True)
    length = np.sqrt((flat * flat).sum(axis=-1, keepdims=True))
    scale = np.abs(flat).max(axis=-1, keepdims=True)
    return np.asarray(np.divide(flat, length, out=np.zeros_like(flat), where=(scale > 1e-12)))


def channels_first(images: Array) -> Array:
    """Return ``(m, h, w, c)`` images as contiguous ``(m, c, h * w)``: fast to reduce."""
    flat = images.reshape(len(images), -1, images.shape[-1])
    return np.ascontiguousarray(flat.transpose(0, 2, 1))


def by_channel(images: Array) -> Array:
    """Return ``(m, h, w, c)`` images as ``(m, c, h * w)``, each channel centred and of length 1."""
    return standard(channels_first(images))


def resized(source: Array, size: tuple[int, ...]) -> Array:
    """Return the source images at another size: box-filtered, then linear; float32."""
    out = source.astype(np.float32)
    for axis, target in ((1, size[0]), (2, size[1])):
        if out.shape[axis] != target:
            out = np.moveaxis(
                np.tensordot(_resampler(out.shape[axis], target), out, axes=(1, axis)), 0, axis
            )
    return out


def within(size: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Return a size of the same proportions whose longer side is ``most`` pixels."""
    return tuple(max(8, round(most * side / max(size))) for side in size)


def _resampler(old: int, new: int) -> Array:
    """Return a ``(new, old)`` matrix of linear interpolation, widened when shrinking."""
    centre = (np.arange(new) + 0.5) * old / new - 0.5
    reach = max(1.0, old / new)
    weight = np.maximum(0, 1 - np.abs(centre[:, None] - np.arange(old)) / reach)
    return np.asarray((weight / weight.sum(axis=1, keepdims=True)).astype(np.float32))


def turn(images: Array, k: int) -> Array:
    """Apply the k-th of the eight flips and quarter turns to ``(m, h, w, c)`` images."""
    turned = np.rot90(images, k % 4, axes=(1, 2))
    return turned[:, :, ::-1] if k >= 4 else turned


def middle_heights(images: Array) -> tuple[Array, Array]:
    """Measure the middle level of probe images relative to the darkest and the brightest.

    Args:
        images: shape ``(m, h, w, c)``.

    Returns:
        The height per channel, shape ``(m, c)``, in 0..1, and the share of pixels that lie at
        it, shape ``(m,)``: low where the image is no probe, or was changed beyond reading.
    """
    flat = np.sort(channels_first(images), axis=2)
    size = flat.shape[2]
    low, high = flat[..., size // 50], flat[..., -1 - size // 50]
    spread = np.where(high > low, high - low, 1)
    relative = (flat - low[..., None]) / spread[..., None]
    between = (relative > 0.08) & (relative < 0.92)
    count = between.sum(axis=2)
    start = (relative <= 0.08).sum(axis=2)
    index = np.clip(start + count // 2, 0, size - 1)
    height = np.take_along_axis(relative, index[..., None], axis=2)[..., 0]
    share = (np.abs(relative - height[..., None]) < 0.03).mean(axis=2).min(axis=1)
    return height, share


def explained(seen: Array, template: Array) -> Array:
    """Return the share of each row's variance that a source's three levels explain, (m, n).

    Args:
        seen: the rows, see :func:`by_channel`.
        template: source images, shape ``(n, h, w, c)``.
    """
    gray = template.mean(axis=-1).reshape(len(template), -1)
    dark = gray <= gray.min(axis=1, keepdims=True) + 1
    bright = gray >= gray.max(axis=1, keepdims=True) - 1
    kinds = np.stack([dark, bright, ~dark & ~bright]).astype(np.float32)
    counts = np.maximum(kinds.sum(axis=2), 1)
    m, channels, size = seen.shape
    sums = seen.reshape(m * channels, size) @ kinds.reshape(-1, size).T
    shares = sums.reshape(m, channels, *counts.shape) ** 2 / counts
    return np.asarray(shares.sum(axis=(1, 2)) / channels)


def motion_hash(images: Array) -> Array:
    """Return a hash of where the extreme levels of each row lie, shape ``(m,)``."""
    flat = channels_first(images)
    low, high = flat.min(axis=2, keepdims=True), flat.max(axis=2, keepdims=True)
    relative = (flat - low) / np.where(high > low, high - low, 1)
    # edges that interpolation mixed depend on the level in between, which tells samples apart
    marks = (relative < 0.03).all(axis=1) | (relative > 0.97).all(axis=1)
    return np.asarray(marks @ _weights(flat.shape[2]), np.int64)


@lru_cache(maxsize=16)
def _weights(size: int) -> Array:
    return np.random.default_rng(0).integers(1, 2**31, size)


def channel_mean(images: Array) -> Array:
    """Return the mean over the channels of ``(m, h, w, c)`` images, as ``(m, h * w)``."""
    return np.asarray(channels_first(images).mean(axis=1))


def median(values: Array) -> Any:
    """Return the median along the first axis, NaN of none or of a NaN, as NumPy's own does.

    That one imports ``numpy.ma`` first, which takes as long as reading a dozen streams.
    """
    if not len(values):
        return np.nan
    ordered = np.sort(values, axis=0)
    last = ordered[-1]
    middle = ordered[(len(ordered) - 1) // 2] / 2 + ordered[len(ordered) // 2] / 2
    return np.where(np.isnan(last), last, middle)
