"""The source data of a subject that brings its own, as its author names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.config import Declaration, SubjectConfig, UsageError
from conformance.locate import locate

Array = NDArray[Any]


@dataclass(frozen=True)
class Given:
    """Images and labels behind a closed subject.

    Attributes:
        images: shape ``(n, H, W, C)``.
        labels: one integer class or float a sample, shape ``(n,)``; None if not given.
    """

    images: Array
    labels: Array | None


def given_source(config: SubjectConfig, source: str) -> Given:
    """Locate ``--generator-source`` and return what it holds.

    Raises:
        UsageError: it names nothing, or nothing that holds images.
    """
    try:
        located = locate(replace(config, spec=source, declaration=Declaration(), target=None))
    except UsageError as error:
        raise UsageError(str(error).replace("--generator ", "--generator-source ", 1)) from None
    value = located.obj() if callable(located.obj) else located.obj
    images, labels = value if isinstance(value, tuple) and len(value) == 2 else (value, None)
    array = _as_array(images, source)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.dtype.kind not in "biuf":
        raise UsageError(
            f"--generator-source {source}: expected images of one size, (n, H, W, C), or a pair "
            f"(images, labels); found {_told(images)}"
        )
    return Given(_channels_last(array), _classes(labels, len(array), source))


def _as_array(images: Any, source: str) -> Array:
    try:
        return np.asarray(images)
    except (ValueError, TypeError):
        raise UsageError(
            f"--generator-source {source}: its images have different sizes; give them in the size "
            "in which the generator yields them"
        ) from None


def _told(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"an array of shape {shape}" if shape is not None else f"a {type(value).__name__}"


def _channels_last(images: Array) -> Array:
    first = images.shape[1] in (1, 3) and images.shape[3] not in (1, 3)
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1)) if first else images


def _classes(labels: Any, n: int, source: str) -> Array | None:
    if labels is None:
        return None
    array = np.asarray(labels)
    if len(array) != n:
        raise UsageError(f"--generator-source {source}: {n} images, but {len(array)} labels")
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    if array.dtype.kind not in "biuf":
        array = np.unique(array, return_inverse=True)[1]
    return array.reshape(n)
