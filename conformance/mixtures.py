"""Whether the labels of mixed images are mixed in the same shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.mixing import Shares
from conformance.run import Leaf, Run, Stream

Array = NDArray[Any]

_TOLERANCE = 0.03
"""How far the share of a label may be from the bounds of the share of its samples."""

_SMOOTHED = 0.5
"""Label smoothing that takes more than this from the label is taken for a fault."""


@dataclass(frozen=True)
class Mixture:
    """One row of mixed images beside its target.

    Attributes:
        batch, row: where.
        expected: the shares of the classes in the image, as text.
        seen: the shares in the target, as text.
        right: whether they agree; None if the image could not be taken apart.
    """

    batch: int
    row: int
    expected: str
    seen: str
    right: bool | None


def mixtures(run: Run, stream: Stream) -> list[Mixture]:
    """Compare each image of a stream with its target.

    Targets are rows of shares, one a class, perhaps smoothed; or one number a sample, which is
    then the weighted mean of the labels.
    """
    if run.labels is None:
        return []
    rows = list(_rows(stream))
    smoothing = _smoothing([target for _, _, _, target in rows])
    onehot = run.claims.labels == "onehot"
    return [_compared(run.labels, *row, smoothing, onehot=onehot) for row in rows]


def _rows(stream: Stream) -> Iterator[tuple[int, int, tuple[Array, Array], Array]]:
    for batch in stream.batches:
        images: list[Leaf] = [leaf for leaf in batch.part("input") if leaf.mixed is not None]
        targets = [leaf for leaf in batch.part("target") if leaf.values is not None]
        if not images or not targets:
            continue
        shares: Shares | None = images[0].mixed
        values = targets[0].values
        if shares is None or values is None:
            continue
        for row, bounds in enumerate(zip(shares.low, shares.high, values, strict=False)):
            yield batch.index, row, bounds[:2], bounds[2]


def _smoothing(targets: list[Array]) -> float:
    """Return what label smoothing adds to every class: the least share in the stream."""
    if not targets or len({len(t) for t in targets}) > 1 or len(targets[0]) < 2:
        return 0.0
    least = max(0.0, float(np.min(targets)))
    return least if least * len(targets[0]) < _SMOOTHED else 0.0


def _compared(
    labels: Array,
    batch: int,
    row: int,
    bounds: tuple[Array, Array],
    target: Array,
    smoothing: float,
    *,
    onehot: bool,
) -> Mixture:
    if np.isnan(bounds[0]).any():
        return Mixture(batch, row, "unknown", "unknown", None)
    if len(target) == 1 and not onehot:
        return _mean(labels, batch, row, bounds, float(target[0]))
    width = len(target)
    low, high = (_by_class(labels, side, width) for side in bounds)
    seen = (target - smoothing) / (1 - smoothing * width)
    right = bool(((seen >= low - _TOLERANCE) & (seen <= high + _TOLERANCE)).all())
    return Mixture(batch, row, _told((low + high) / 2), _told(seen), right)


def _by_class(labels: Array, shares: Array, width: int) -> Array:
    total = np.zeros(max(width, int(labels.max()) + 1))
    np.add.at(total, labels.astype(int), shares)
    return np.clip(total, 0, 1)[:width]


def _mean(
    labels: Array, batch: int, row: int, bounds: tuple[Array, Array], target: float
) -> Mixture:
    """Compare a single number, where the shares are known exactly."""
    low, high = bounds
    if np.abs(high - low).max() > _TOLERANCE:
        return Mixture(batch, row, "unknown", "unknown", None)
    wanted = float(low @ labels)
    right = abs(target - wanted) <= _TOLERANCE * max(1.0, float(np.ptp(labels)))
    return Mixture(batch, row, f"label {wanted:.3g}", f"{target:.3g}", right)


def _told(shares: Array) -> str:
    parts = [f"class {k}: {shares[k]:.0%}" for k in np.argsort(-shares)[:3] if shares[k] > 0.01]
    return ", ".join(parts) or "no class"
