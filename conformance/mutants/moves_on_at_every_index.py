"""Keeps a position of its own instead of looking at the index that it is asked for."""

import math
from typing import Any

import keras
import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.indexing_is_pure",)
MAY_BREAK: tuple[str, ...] = ("training.workers_agree",)


class generator(keras.utils.PyDataset):  # type: ignore[misc]  # noqa: N801 - the subject's name
    """Batches of images and labels by index."""

    def __init__(
        self,
        images: Array,
        labels: Array,
        batch_size: int,
        augment: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check(images, labels, batch_size)
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.augment, self.seed, self.epoch = augment, seed, 0
        self.position = -1

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        self.position = (self.position + 1) % len(self)
        rows = np.arange(len(self.images))[self.position * self.batch_size :][: self.batch_size]
        batch = self.images[rows]
        if self.augment:
            batch = vary(batch, np.random.default_rng((self.seed, self.epoch, self.position)))
        return batch, self.labels[rows]

    def on_epoch_end(self) -> None:
        """Begin anew."""
        self.epoch, self.position = self.epoch + 1, -1
