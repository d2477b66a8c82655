"""The same mini-batches as a ``keras.utils.PyDataset``: for validation, and for workers.

    validation = Minibatches(x_val, y_val, batch_size=6, shuffle=False)
    model.fit(batches, steps_per_epoch=steps, epochs=6, validation_data=validation)

A batch depends on (seed, epoch, index) alone. So it doesn't matter which thread or process makes
it, how often Keras asks for it, or in which order.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import keras

from reference_impl.batching import Remainder, Rows, check_count, epoch_order, steps_per_epoch
from reference_impl.samples import Batch, Samples

if TYPE_CHECKING:
    from reference_impl.augmentation import Augmenter


class Minibatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Mini-batches by number, every sample once in each epoch.

    Pass ``shuffle=False`` to ``fit``: what is to be shuffled is shuffled here, by sample, and Keras
    would only permute the batches once more. Leave out ``steps_per_epoch``: Keras asks for ``len``.

    With workers on JAX or torch call ``model.test_on_batch(*dataset[0])`` before ``fit``. It builds
    the loss; otherwise Keras takes a batch from the workers to do so, which it neither gives to the
    model nor puts back, and from then on every epoch begins with what was left of the one before.

    Args:
        inputs: as in :func:`reference_impl.generator.minibatches`, like all to ``first_epoch``.
        targets: one row for each input, or None.
        batch_size: samples in a batch; the last one of an epoch has what is left.
        shuffle: a new order in every epoch.
        augment: True, False or an ``Augmenter``.
        seed: the same seed gives the same batches.
        sample_weight: one for each input.
        remainder: "keep" the shorter last batch, or "drop" it.
        first_epoch: where to begin.
        workers: how many threads (or processes) of Keras make batches.
        use_multiprocessing: processes instead of threads.
        max_queue_size: how many batches they prepare ahead.

    Raises:
        ValueError: as ``minibatches`` does.
    """

    def __init__(
        self,
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
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        super().__init__(workers, use_multiprocessing, max_queue_size)
        samples = Samples(inputs, targets, sample_weight, augment=augment, seed=seed)
        self._prepare(samples, batch_size, shuffle, remainder, first_epoch)

    def _prepare(
        self,
        samples: Samples,
        batch_size: int,
        shuffle: bool,
        remainder: Remainder = "keep",
        first_epoch: int = 0,
    ) -> None:
        self._samples = samples
        self._steps = steps_per_epoch(len(samples), batch_size, remainder)
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._epoch = check_count("first_epoch", first_epoch, least=0)
        self._order: tuple[int, Rows] | None = None

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self._steps

    def __getitem__(self, index: int) -> Batch:
        """Return batch ``index`` of the current epoch as new arrays; ``IndexError`` beyond it."""
        if not 0 <= index < self._steps:
            raise IndexError(f"batch {index} of {self._steps}")
        epoch, order = self._current_order()
        rows = order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._samples.batch(rows, epoch)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch. Keras calls this once too often on TensorFlow: no harm done."""
        self._epoch += 1

    def _current_order(self) -> tuple[int, Rows]:
        # Read and replaced as one pair: threads may ask for batches while it is being made.
        epoch, current = self._epoch, self._order
        if current is None or current[0] != epoch:
            samples = self._samples
            current = epoch, epoch_order(len(samples), self._shuffle, samples.seed, epoch)
            self._order = current
        return current


class Flow(Minibatches):
    """What ``Augmenter.flow`` returns: a PyDataset of float32 images that has a ``next()`` too."""

    def __init__(
        self,
        augmenter: Augmenter,
        x: Any,
        y: Any = None,
        *,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
    ) -> None:
        keras.utils.PyDataset.__init__(self)
        samples = Samples(x, y, sample_weight, augment=augmenter, seed=seed, dtype="float32")
        self._prepare(samples, batch_size, shuffle)
        self._next_index = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Flow:
        """Return itself: as with Keras' own ``flow``, a loop over it goes on for ever."""
        return self

    def __next__(self) -> Any:
        """Return the next batch, of the next epoch after the last one; images alone without y."""
        with self._lock:
            if self._next_index == len(self):
                self.on_epoch_end()
                self._next_index = 0
            index = self._next_index
            self._next_index += 1
        return self[index]

    def __getitem__(self, index: int) -> Any:
        """Return batch ``index``: a tuple, or the images alone where there is no ``y``."""
        batch = super().__getitem__(index)
        return batch if len(batch) > 1 else batch[0]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the lock behind: it can't travel to another process."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a new lock."""
        self.__dict__.update(state, _lock=threading.Lock())
