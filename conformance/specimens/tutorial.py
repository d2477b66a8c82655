"""The mini-batch generator of a widely copied tutorial, with all of its faults.

Written anew, not copied: what it does wrong is what matters. It is used with
``steps_per_epoch=len(inputs) // batch_size``, and once more as ``validation_data``.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

NAMES: tuple[str, ...] = (
    "windows slide by one",
    "last window lost",
    "augmentation written into the source",
    "batches are views of the source",
    "stalls when n <= batch_size",
)
"""The faults that a report on this generator must name."""

BREAKS: tuple[str, ...] = (
    "protocol.never_stalls",
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
    "purity.source_is_untouched",
    "purity.batches_own_their_memory",
)
"""Clauses that must fail; it has more faults than these."""

Array = npt.NDArray[Any]


class Augmenter(Protocol):
    """What Keras' ``ImageDataGenerator`` offers."""

    def flow(self, x: Array, y: Array, batch_size: int) -> Iterator[tuple[Array, Array]]:
        """Return an iterator over augmented, shuffled batches of ``x`` and ``y``."""
        ...


def generator(
    inputs: Array,
    targets: Array,
    batch_size: int,
    shuffle: bool = False,
    augmenter: Augmenter | None = None,
) -> Iterator[tuple[Array, Array]]:
    """Yield windows of ``inputs`` and ``targets`` for ever, or never."""
    order = np.arange(len(inputs))
    while True:
        if shuffle:
            np.random.shuffle(order)
        for first in range(len(inputs) - batch_size):
            chosen: Any
            if shuffle:
                chosen = order[first : first + batch_size]
            else:
                chosen = slice(first, first + batch_size)
            if augmenter is not None:
                stream = augmenter.flow(inputs[chosen], targets[chosen], batch_size=batch_size)
                inputs[chosen], targets[chosen] = next(stream)
            yield inputs[chosen], targets[chosen]
