"""Rows of inputs, targets and weights, made into batches: what every generator here shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impl.batching import (
    Rows,
    Source,
    as_source,
    batch_dtype,
    check_equal_length,
    check_seed,
    take,
)

if TYPE_CHECKING:
    from reference_impl.augmentation import Augmenter

Batch = tuple[npt.NDArray[Any], ...]


class Samples:
    """Inputs with their targets and weights, checked once.

    A batch depends on its rows and the epoch alone, so it may be made again, in any order, in any
    thread or process.

    Args:
        inputs: ``(n, …)``, an array, a list, or a reader of rows.
        targets: the same number of rows; None for none.
        sample_weight: the same number of rows; None for none.
        augment: True for the tutorial's augmentation, or an ``Augmenter``.
        seed: None draws one.
        dtype: of augmented inputs; None for their own, float32 in place of float64.

    Raises:
        ValueError: for no samples, lengths that differ, or what is not an image to augment.
    """

    def __init__(
        self,
        inputs: Any,
        targets: Any = None,
        sample_weight: Any = None,
        *,
        augment: bool | Augmenter | None = False,
        seed: int | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        parts = {"inputs": inputs, "targets": targets, "sample_weight": sample_weight}
        if targets is None and sample_weight is not None:
            raise ValueError("sample_weight without targets: Keras would take it for the targets")
        sources = {name: as_source(name, p) for name, p in parts.items() if p is not None}
        if "inputs" not in sources:
            raise ValueError("inputs must be an array or a list of samples, not None")
        self._n = check_equal_length(**sources)
        self._parts = list(sources.values())
        self._dtype = dtype
        self.seed = check_seed(seed)
        self._augmenter = _augmenter(augment)
        shape = self._parts[0].shape
        if self._augmenter is not None:
            self._augmenter.check_images(shape)
        # A target with the height and width of its image is a mask: it has to move with it.
        self._is_mask = [len(p.shape) > 2 and p.shape[1:3] == shape[1:3] for p in self._parts[1:]]

    def __len__(self) -> int:
        """Return the number of samples."""
        return self._n

    def batch(self, rows: Rows, epoch: int) -> Batch:
        """Return the rows as new arrays: ``(inputs[, targets[, sample_weight]])``."""
        augmenter = self._augmenter
        if augmenter is None:
            return tuple([take(part, rows) for part in self._parts])
        inputs, *others = self._parts
        return (
            self._moved(augmenter, inputs, rows, epoch, dtype=self._dtype),
            *(
                self._moved(augmenter, part, rows, epoch, nearest=True)
                if is_mask
                else take(part, rows)
                for part, is_mask in zip(others, self._is_mask, strict=True)
            ),
        )

    def _moved(
        self,
        augmenter: Augmenter,
        part: Source,
        rows: Rows,
        epoch: int,
        *,
        dtype: npt.DTypeLike | None = None,
        nearest: bool = False,
    ) -> npt.NDArray[Any]:
        # An array is read where it is; what has been read from a file holds the rows already.
        images, places = (part, rows) if isinstance(part, np.ndarray) else (part.read(rows), None)
        return augmenter.transform(
            images,
            self.seed,
            epoch,
            rows,
            rows=places,
            dtype=dtype or batch_dtype(images.dtype),
            nearest=nearest,
        )


def _augmenter(augment: bool | Augmenter | None) -> Augmenter | None:
    if augment is None or (isinstance(augment, bool | np.bool_) and not augment):
        return None
    # Imported here, because it brings OpenCV along, which most callers never need.
    from reference_impl.augmentation import TUTORIAL, Augmenter

    if isinstance(augment, bool | np.bool_):
        return TUTORIAL
    if isinstance(augment, Augmenter):
        return augment
    raise ValueError(f"augment must be True, False or an Augmenter, not {augment!r}")
