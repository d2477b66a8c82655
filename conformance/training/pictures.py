"""Images of classes that a small network tells apart: by colour, and by texture where gray."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.probe import ImageSpec

Array = NDArray[Any]

_COLOURS = np.array(
    [
        (220, 40, 40),
        (40, 60, 220),
        (60, 200, 60),
        (220, 210, 60),
        (200, 60, 200),
        (60, 200, 210),
        (240, 140, 50),
        (150, 150, 150),
        (60, 60, 60),
        (235, 235, 235),
    ],
    float,
)
"""One for each class, the first ones furthest apart; more classes take them again."""

_PERIODS = (0, 2, 5)
"""Pixels after which the texture of a class repeats; 0 is flat."""

_NOISE = 8.0
_DEPTH = 0.35


def taught(labels: Array, spec: ImageSpec) -> Array:
    """Return one image for each label, ``(n, height, width, C)`` in 0..255, no two alike.

    A class has a colour and a texture, so that neither flips, turns, shifts and standardisation
    nor the loss of colour makes classes alike.
    """
    rng = np.random.default_rng(11)
    images = [_image(int(label), spec, rng) for label in labels]
    return np.asarray(np.clip(np.stack(images), 0, 255).astype(spec.dtype))


def _image(label: int, spec: ImageSpec, rng: np.random.Generator) -> Array:
    colour = _COLOURS[label % len(_COLOURS)]
    if spec.channels == 1:
        colour = colour.mean(keepdims=True)
    period = _PERIODS[label % len(_PERIODS)]
    shade = 1 - _DEPTH * _checks(period, spec, rng)
    noise = rng.normal(0, _NOISE, (spec.height, spec.width, spec.channels))
    return np.asarray(shade[..., None] * colour + noise)


def _checks(period: int, spec: ImageSpec, rng: np.random.Generator) -> Array:
    """Return a chessboard of 0 and 1 with squares of ``period`` pixels, begun anywhere."""
    if period == 0:
        return np.zeros((spec.height, spec.width))
    down, right = rng.integers(2 * period, size=2)
    rows = (np.arange(spec.height) + down) // period
    columns = (np.arange(spec.width) + right) // period
    return np.asarray((rows[:, None] + columns) % 2)
