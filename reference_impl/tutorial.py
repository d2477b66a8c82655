"""The tutorial's generator, faults and all – to be compared with, never to be used.

It advances by one sample instead of one batch, never reaches the last one, writes augmented images
back over its source, permutes labels in place, and hangs when there are no more samples than fit
into a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impl.augmentation import Augmenter

Array = npt.NDArray[Any]


def tutorial_minibatches(
    inputs: Array, targets: Array, batch_size: int, shuffle: bool, aug: Augmenter | None, seed: int
) -> Iterator[tuple[Array, Array]]:
    """Yield what the tutorial's generator yields. It overwrites ``inputs`` and ``targets``.

    Seeded, as the original is not, so that a comparison can be repeated.
    """
    rng = np.random.default_rng(seed)
    while True:
        indices = np.arange(len(inputs))
        if shuffle:
            rng.shuffle(indices)
        for start in range(len(inputs) - batch_size):
            rows = indices[start : start + batch_size]
            if aug is not None:
                step = int(rng.integers(2**32))
                batches = aug.flow(inputs[rows], targets[rows], batch_size=batch_size, seed=step)
                inputs[rows], targets[rows] = next(batches)
            yield inputs[rows], targets[rows]
