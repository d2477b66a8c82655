"""Roles that are arrays in memory. Every call makes arrays of its own: the caller's data."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.sources.material import Material
from conformance.sources.names import class_name


def images(material: Material) -> Any:
    """Array ``(n, H, W, C)``, uint8 or float32, 0..255."""
    return material.images.copy()


def labels(material: Material) -> Any:
    """Integer labels ``(n,)``, int64; one short in the scenario of uneven lengths."""
    return _shortened(material.labels.copy(), material)


def onehot_labels(material: Material) -> Any:
    """One-hot labels ``(n, K)``, float32."""
    return _shortened(np.eye(material.n_classes, dtype=np.float32)[material.labels], material)


def float_labels(material: Material) -> Any:
    """One float a sample, ``(n,)``, float32: the class times 0.25, plus 0.25."""
    return _shortened(material.targets.astype(np.float32), material)


def string_labels(material: Material) -> Any:
    """A list of one string a sample; the alphabetical order is that of the classes."""
    return [class_name(int(k)) for k in _shortened(material.labels, material)]


def weights(material: Material) -> Any:
    """One positive float a sample, ``(n,)``, float32."""
    return material.weights.copy()


def table(material: Material) -> Any:
    """One row of numbers a sample, ``(n, 4)``, float32."""
    return material.table.copy()


def masks(material: Material) -> Any:
    """Masks ``(n, H, W, 1)``, uint8 0/255."""
    return material.masks.copy()


def pairs(material: Material) -> Any:
    """A list of (image, label)."""
    return [
        (image.copy(), int(k)) for image, k in zip(material.images, material.labels, strict=True)
    ]


def _shortened(values: Any, material: Material) -> Any:
    return values[:-1] if material.problem.scenario == "uneven" else values


MAKERS = {
    "images": images,
    "labels": labels,
    "onehot_labels": onehot_labels,
    "float_labels": float_labels,
    "string_labels": string_labels,
    "weights": weights,
    "table": table,
    "masks": masks,
    "pairs": pairs,
}
