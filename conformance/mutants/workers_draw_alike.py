"""Draws from a generator that every worker process begins with a copy of."""

import math
from typing import Any

import keras
import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("training.workers_agree",)
MAY_BREAK: tuple[str, ...] = ()


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
        self.augment = augment
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        rows = np.arange(len(self.images))[index * self.batch_size :][: self.batch_size]
        batch = self.images[rows]
        return vary(batch, self.rng) if self.augment else batch, self.labels[rows]
