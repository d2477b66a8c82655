"""``keras.utils.PyDataset``, which is ``keras.utils.Sequence`` too, and all flows of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from conformance.adapters.ancestry import derives_from
from conformance.adapters.base import Opened, as_count, raw_length
from conformance.adapters.packing import PY_DATASET


class PyDatasetAdapter(Opened):
    """Batches by index, in order, as Keras fetches them with one worker and ``shuffle=False``.

    ``num_batches`` wins over ``__len__``; None means without end.
    """

    kind = "PyDataset"
    indexable = True
    packing = PY_DATASET

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        self._endless = False
        if not _counts_by_len(obj):
            self._endless = obj.num_batches is None
        self.sized = not self._endless
        if "ImageDataGenerator" in type(obj).__name__ or derives_from(obj, ("Iterator",), "keras"):
            self.kind = f"PyDataset ({type(obj).__name__} of ImageDataGenerator)"

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` derives from ``keras.utils.PyDataset``."""
        return derives_from(obj, ("PyDataset",), "keras")

    def length(self) -> Any:
        """Return ``num_batches`` where the class has its own, else what ``__len__`` returns."""
        if self._endless:
            return None
        return raw_length(self.obj) if _counts_by_len(self.obj) else self.obj.num_batches

    def begin_pass(self, index: int) -> None:
        """Call ``on_epoch_begin``."""
        self.obj.on_epoch_begin()

    def start_pass(self, index: int) -> Iterator[Any]:
        """Return an iterator over the batches by index."""
        indices = count() if self._endless else range(as_count(self.length()))
        return map(self.obj.__getitem__, indices)

    def end_pass(self, index: int) -> None:
        """Call ``on_epoch_end``."""
        self.obj.on_epoch_end()


def _counts_by_len(obj: Any) -> bool:
    """Whether ``num_batches`` is Keras' own, which asks ``__len__``."""
    owner = next((c for c in type(obj).__mro__ if "num_batches" in vars(c)), None)
    own = "num_batches" in getattr(obj, "__dict__", {})
    inherited = owner is not None and owner.__name__ == "PyDataset"
    return inherited and not own and hasattr(type(obj), "__len__")
