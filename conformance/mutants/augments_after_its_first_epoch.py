"""Warms up for an epoch and augments from then on, asked or not."""

import math
from typing import Any

import keras
import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = (
    "augmentation.leaves_images_alone_otherwise",
    "training.validation_is_the_same_every_epoch",
)
MAY_BREAK: tuple[str, ...] = ("arrays.pixels_survive",)


class generator(keras.utils.PyDataset):  # type: ignore[misc]  # noqa: N801 - the subject's name
    """Batches of images and labels by index."""

    def __init__(
        self,
        images: Array,
        labels: Array,
        batch_size: int,
        augment: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check(images, labels, batch_size)
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.augment, self.seed, self.epoch = augment, seed or 0, 0

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        rows = np.arange(len(self.images))[index * self.batch_size :][: self.batch_size]
        batch = self.images[rows]
        if self.augment or self.epoch:
            batch = vary(batch, np.random.default_rng((self.seed, self.epoch, index)))
        return batch, self.labels[rows]

    def on_epoch_end(self) -> None:
        """Count epochs."""
        self.epoch += 1
