"""Reads identities back from images that a subject yielded.

Three readings, from the strictest to the most lenient, each vectorised over all rows:

1. *layout*: correlation with every source image, per channel, so that any affine change of the
   values (rescaling, standardisation, mean subtraction) leaves it at 1. Also tried flipped and
   turned, in other orders of the channels, and in gray.
2. *height*: the relative height of the middle level. Survives rotation, shift, shear, zoom.
3. *likeness*: a correlation well ahead of all others. Survives noise, gamma, cut-outs.

A row that none of them names with a margin, or that two of them name differently, is
unidentified (-1). A wrong accusation is worse than an undecided clause.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.pixels import motion_hash, resized, standard, within
from conformance.templates import Decoded, Templates, nothing

Array = NDArray[Any]

ENOUGH = 48
"""Side in pixels at which photographs, and probes that were enlarged, are told apart."""

_REMEMBERED = 60_000
"""Numbers in the sources whose templates are remembered."""


def decode(
    rows: Array, source: Array, *, augmented: bool, channels: str = "", probe: bool = True
) -> Decoded:
    """Identify the sample of each row.

    Args:
        rows: what was yielded, shape ``(m, ...)``.
        source: the probe images, shape ``(n, H, W, C)``.
        augmented: whether the rows may have been augmented, so that their motion is of interest.
        channels: order of the channels if known, else found by majority.
        probe: whether the source images are probes; of others only the layout can be read.
    """
    layout, images = as_images(rows, source)
    if images is None or len(rows) == 0:
        return nothing(len(rows), source.shape[-1])
    size = images.shape[1:3]
    native = max(source.shape[1:3]) if probe else 0
    # before it is reduced: edges that are mixed anew would tell samples of one layout apart
    motion = motion_hash(images) if augmented else None
    if max(size) > max(ENOUGH, native):
        size = within(size, ENOUGH)
        images = resized(images, size)
    templates = _templates(_Source(source), size, images.shape[-1], probe)
    return templates.read(images, layout, motion=motion, order=channels)


class _Source:
    """An array that equals itself alone; read-only ones, as probes are, can be remembered by it."""

    def __init__(self, images: Array) -> None:
        self.images = images

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source) and self.images is other.images

    def __hash__(self) -> int:
        return id(self.images)


@lru_cache(maxsize=4)
def _remembered(source: _Source, size: tuple[int, ...], channels: int, probe: bool) -> Templates:
    return Templates(resized(source.images, size), channels, probe=probe)


def _templates(source: _Source, size: tuple[int, ...], channels: int, probe: bool) -> Templates:
    """Return the templates of a source; those of one that may change are made anew."""
    lasts = not source.images.flags.writeable and source.images.size <= _REMEMBERED
    make = _remembered if lasts else _remembered.__wrapped__
    return make(source, size, channels, probe)


def as_images(rows: Array, source: Array) -> tuple[str | None, Array | None]:
    """Bring rows to shape ``(m, h, w, c)``, float32; None where they can't be images."""
    _, height, width, channels = source.shape
    if not (np.issubdtype(rows.dtype, np.number) or rows.dtype == bool):
        return None, None
    with np.errstate(all="ignore"):
        rows = rows.astype(np.float32)
    shape = rows.shape[1:]
    while len(shape) > 3 and 1 in shape:
        shape = tuple(np.delete(shape, shape.index(1)))
        rows = rows.reshape(len(rows), *shape)
    if len(shape) == 3 and shape[2] in (1, 3, 4) and min(shape[:2]) >= 6:
        return "channels_last", rows[..., :3] if shape[2] == 4 else rows
    if len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) >= 6:
        return _first_or_reshaped(rows, source)
    if len(shape) == 2 and min(shape) >= 6:
        return "channels_last", rows[..., None]
    if len(shape) == 1 and shape[0] == height * width * channels:
        return "flat", _unflatten(rows, source)
    if len(shape) == 1 and shape[0] == height * width:
        return "flat", rows.reshape(-1, height, width, 1)
    return None, None


def _first_or_reshaped(rows: Array, source: Array) -> tuple[str, Array]:
    """Tell channels moved first from channels-last memory that was merely given that shape."""
    moved = rows.transpose(0, 2, 3, 1)
    own = (source.shape[-1], *source.shape[1:3])
    if rows.shape[1] == 1 or rows.shape[1:] != own or not len(rows):
        return "channels_first", moved
    same_memory = rows.reshape(-1, *source.shape[1:])
    sources = standard(source.astype(np.float32).reshape(len(source), -1))
    fits = [
        float((standard(v[:4].reshape(len(v[:4]), -1)) @ sources.T).max())
        for v in (moved, same_memory)
    ]
    return (
        ("reshaped", same_memory)
        if fits[1] > max(0.9, fits[0] + 0.2)
        else ("channels_first", moved)
    )


def _unflatten(rows: Array, source: Array) -> Array:
    """Undo a flattening of channels-last images, or of channels-first ones where that fits."""
    _, h, w, c = source.shape
    last = rows.reshape(-1, h, w, c)
    if c == 1 or not len(rows):
        return last
    first = rows.reshape(-1, c, h, w).transpose(0, 2, 3, 1)
    sources = standard(source.astype(np.float32).reshape(len(source), -1))
    fits = [np.nanmax(standard(v[:4].reshape(len(v[:4]), -1)) @ sources.T) for v in (last, first)]
    return first if fits[1] > fits[0] + 0.2 else last
