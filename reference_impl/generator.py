"""The generator: endless mini-batches for ``model.fit``.

    steps = steps_per_epoch(len(x_train), batch_size=6)
    batches = minibatches(x_train, y_train, batch_size=6, augment=True, seed=0)
    model.fit(batches, steps_per_epoch=steps, epochs=6)

For validation use :class:`reference_impl.dataset.Minibatches`: Keras never rewinds a Python
generator, so as ``validation_data`` it would show other samples after every epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reference_impl.batching import (
    Remainder,
    batches_of,
    check_count,
    epoch_order,
    steps_per_epoch,
)
from reference_impl.samples import Batch, Samples

if TYPE_CHECKING:
    from reference_impl.augmentation import Augmenter

__all__ = ["minibatches", "steps_per_epoch"]


def minibatches(
    inputs: Any,
    targets: Any,
    batch_size: int = 32,
    shuffle: bool = True,
    augment: bool | Augmenter = False,
    seed: int | None = None,
    *,
    sample_weight: Any = None,
    remainder: Remainder = "keep",
    first_epoch: int = 0,
) -> Iterator[Batch]:
    """Yield ``(inputs, targets)`` batches for ever, every sample once in each epoch.

    Args:
        inputs: array of shape ``(n, …)``, which is only read; to be augmented it must be images,
            ``(n, height, width[, channels])``, in any scale.
        targets: array with one row for each input: labels, one-hot labels, or masks, which move
            with their image when it is augmented. None yields ``(inputs,)``.
        batch_size: samples in a batch; the last one of an epoch has what is left.
        shuffle: a new order in every epoch; else the order of ``inputs``.
        augment: True for the tutorial's augmentation, or an ``Augmenter`` of your own.
        seed: the same seed gives the same batches; None draws a fresh one.
        sample_weight: one for each input, yielded as a third part.
        remainder: "keep" the shorter last batch, or "drop" it.
        first_epoch: where to begin, for a training that is resumed.

    Returns:
        A generator. float64 comes as float32, everything else in its own dtype; every batch is
        new memory.

    Raises:
        ValueError: at once, not at the first batch: no samples, lengths that differ, a batch size
            or seed that is none.
    """
    # A function with a ``yield`` runs nothing before the first next(). So this one checks, and
    # returns the generator that is made inside.
    samples = Samples(inputs, targets, sample_weight, augment=augment, seed=seed)
    steps_per_epoch(len(samples), batch_size, remainder)
    check_count("first_epoch", first_epoch, least=0)

    def stream() -> Iterator[Batch]:
        for epoch in itertools.count(first_epoch):
            order = epoch_order(len(samples), shuffle, samples.seed, epoch)
            for rows in batches_of(order, batch_size, remainder):
                yield samples.batch(rows, epoch)

    return stream()
