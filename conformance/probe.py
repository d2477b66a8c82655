"""Synthetic images that carry their sample's identity in their pixels, and survive augmentation.

A probe image is a tiling of three levels: darkest, brightest and, over more than half of the
area, a level in between. Two codes name the sample:

* the *height* of the level in between, relative to the other two, one per channel. It survives
  every geometric change, rescaling, and standardisation;
* the *layout* of the tiles, drawn anew for each sample. It survives photometric changes.

The decoder is in :mod:`conformance.decode`; where its two readings disagree the sample is
unidentified, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CODE_LOW, CODE_HIGH = 0.22, 0.78
"""Relative heights that the code may take: clear of the darkest and the brightest level."""

_GRID = 6
"""Tiles along each side: small enough that a crop or a zoom keeps some of every level."""


@dataclass(frozen=True)
class ImageSpec:
    """What images a problem asks for.

    Attributes:
        height, width: in pixels.
        channels: 3 for RGB, 1 for gray.
        dtype: ``"uint8"`` or ``"float32"``, both in 0..255.
        look: ``"code"`` for the identity probe; ``"dim"`` for images whose maxima differ
            and are sometimes exactly 1; ``"constant"`` for images of a single level;
            ``"draws"`` for coded images that all share one layout.
    """

    height: int = 20
    width: int = 20
    channels: int = 3
    dtype: str = "uint8"
    look: str = "code"


MAX_SAMPLES = 320
"""How many samples the code can tell apart in colour; beyond, only layouts tell them apart."""

_SETS = (32, 64)
"""Numbers of samples that most problems stay within: the first words take little time to find."""

_LEVELS = 10
_GRAY = np.array([0.299, 0.587, 0.114])


def code_levels(n: int, channels: int) -> Array:
    """Return the relative height of the middle level, shape ``(n, channels)``, in 0..1."""
    if channels == 1:
        return np.linspace(CODE_LOW, CODE_HIGH, max(2, n))[:n, None]
    needed = next((k for k in _SETS if n <= k), MAX_SAMPLES)
    return _words(needed)[np.arange(n) % MAX_SAMPLES]


@cache
def _words(count: int) -> Array:
    """Return code words, shape ``(count, 3)``, each as far from all before as can be.

    Those of fewer samples are the first of those of more. Far means: in the largest difference of a
    channel, also with the channels in reverse, also after clipping or brightening (which moves a
    word along a ray), and in gray.
    """
    grid = np.linspace(CODE_LOW, CODE_HIGH, _LEVELS)
    words = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
    # channels clearly apart, so that an exchange of any two shows in every image
    words = words[np.abs(words - np.roll(words, 1, axis=1)).min(axis=1) > 0.1]
    chosen = [int(np.abs(words - [0.3, 0.5, 0.7]).sum(axis=1).argmin())]
    nearest = _apart(words, words[chosen[0]])
    for _ in range(count - 1):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, _apart(words, words[chosen[-1]]))
        nearest[chosen] = -1
    return np.asarray(words[chosen])


def _apart(words: Array, word: Array) -> Array:
    """Return how far one word is from each of many."""
    plain = np.abs(words - word).max(axis=1)
    swapped = np.abs(words - word[::-1]).max(axis=1)
    brighter = np.abs(_ray(words) - _ray(word)).max(axis=1)
    darker = np.abs(_ray(1 - words) - _ray(1 - word)).max(axis=1)
    gray = 4 * np.abs((words - word) @ _GRAY)
    return np.asarray(np.min([plain, swapped, brighter, darker, gray], axis=0))


def _ray(words: Array) -> Array:
    return np.asarray(0.7 * words / np.linalg.norm(words, axis=-1, keepdims=True))


@lru_cache(maxsize=256)
def images(n: int, spec: ImageSpec) -> Array:
    """Return the probe images of samples ``0..n-1``.

    Args:
        n: how many samples.
        spec: size, channels, dtype and look.

    Returns:
        An array of shape ``(n, height, width, channels)``, read-only: copy before handing it out.
    """
    if spec.look in ("code", "draws"):
        levels = _coded(n, spec)
    elif spec.look == "dim":
        levels = _dim(n, spec)
    else:
        levels = np.broadcast_to(
            np.linspace(0, 255, max(n, 2))[:n, None, None, None].round(),
            (n, spec.height, spec.width, spec.channels),
        )
    out = np.ascontiguousarray(levels.round() if spec.dtype == "uint8" else levels)
    out = out.astype(spec.dtype)
    out.setflags(write=False)
    return out


def _coded(n: int, spec: ImageSpec) -> Array:
    kinds = np.stack(
        [_layout(i * (spec.look != "draws"), spec.height, spec.width) for i in range(n)]
    )
    middle = code_levels(n, spec.channels) * 255
    if spec.dtype == "uint8":
        middle = middle.round()
    table = np.empty((n, 3, spec.channels))
    table[:, 0], table[:, 1], table[:, 2] = 0, middle, 255
    return np.asarray(np.take_along_axis(table, kinds.reshape(n, -1, 1), axis=1)).reshape(
        n, spec.height, spec.width, spec.channels
    )


def _layout(i: int, height: int, width: int) -> Array:
    """Return which of the three levels each pixel of sample i takes: 0 dark, 1 middle, 2 bright."""
    rng = np.random.default_rng(7919 * i + 17)
    tiles = np.ones(_GRID * _GRID, int)
    order = rng.permutation(_GRID * _GRID)
    tiles[order[:7]], tiles[order[7:14]] = 0, 2
    rows = np.arange(height) * _GRID // height
    columns = np.arange(width) * _GRID // width
    return np.asarray(tiles.reshape(_GRID, _GRID)[np.ix_(rows, columns)])


def _dim(n: int, spec: ImageSpec) -> Array:
    """Images of the same layouts with maxima of 1, 2, 40 … 255: they betray `if x.max() > 1`.

    The first third has maxima of 1, so that there is a batch of nothing brighter.
    """
    tops = np.array([255, 2, 40, 130, 1, 200, 90])[np.arange(n) % 7]
    tops[: n // 3 + 1] = 1
    return np.asarray(_coded(n, spec) / 255 * tops[:, None, None, None])


def masks(n: int, spec: ImageSpec) -> Array:
    """Return the mask of each probe image, shape ``(n, height, width, 1)``, uint8 0 or 255.

    The mask marks the brightest tiles of the image, so that whatever moves one must move the
    other.
    """
    kinds = np.stack([_layout(i, spec.height, spec.width) for i in range(n)])
    return np.asarray((kinds == 2)[..., None] * np.uint8(255))
