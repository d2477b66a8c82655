"""Rows of inputs and targets, made into batches: what both generators have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impl.batching import (
    Rows,
    as_source,
    check_equal_length,
    check_seed,
    take,
)

if TYPE_CHECKING:
    from reference_impl.augmentation import Augmenter


class Samples:
    """Inputs and their targets, checked once; a batch of them depends on rows and epoch alone.

    Raises:
        ValueError: for no samples, lengths that differ, or images that can't be augmented.
    """

    def __init__(
        self, inputs: Any, targets: Any, augment: bool | Augmenter | None, seed: int | None
    ) -> None:
        self.inputs = as_source("inputs", inputs)
        self.targets = as_source("targets", targets)
        self.seed = check_seed(seed)
        self._n = check_equal_length(inputs=self.inputs, targets=self.targets)
        self.augmenter = _augmenter(augment)
        if self.augmenter is not None:
            self.augmenter.check_images(self.inputs.shape)
        # A target with the height and width of its image is a mask: it has to move with it.
        self._targets_are_masks = len(self.targets.shape) >= 3 and (
            self.targets.shape[1:3] == self.inputs.shape[1:3]
        )

    def __len__(self) -> int:
        """Return the number of samples."""
        return self._n

    def batch(self, rows: Rows, epoch: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return new arrays with the inputs and the targets of these rows."""
        x, y = take(self.inputs, rows), take(self.targets, rows)
        if self.augmenter is not None:
            x = self.augmenter.transform(x, self.seed, epoch, rows)
            if self._targets_are_masks:
                y = self.augmenter.transform(y, self.seed, epoch, rows, nearest=True)
        return x, y


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
