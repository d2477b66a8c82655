"""Rounds its length down, although the short last batch can be had by index."""

from typing import Any

import keras
import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.knows_its_length", "epoch.every_sample_appears")
MAY_BREAK: tuple[str, ...] = ("training.the_model_sees_every_sample",)


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

    def __len__(self) -> int:
        return max(1, len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        rows = np.arange(len(self.images))[index * self.batch_size :][: self.batch_size]
        batch = self.images[rows]
        if self.augment:
            batch = vary(batch, np.random.default_rng((self.seed, self.epoch, index)))
        return batch, self.labels[rows]

    def on_epoch_end(self) -> None:
        """Count epochs."""
        self.epoch += 1
