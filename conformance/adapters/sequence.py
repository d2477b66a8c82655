"""Objects with ``__getitem__`` and ``__len__`` that Keras does not know: refused, yet judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from conformance.adapters.ancestry import derives_from
from conformance.adapters.base import Opened, as_count, raw_length
from conformance.adapters.packing import PY_DATASET


class DuckSequence(Opened):
    """A plain class in the shape of a ``Sequence``, or one of another library's."""

    kind = "Sequence by shape only"
    sized = True
    indexable = True
    packing = PY_DATASET

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        self.refusal = _refusal(obj)

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` offers batches by index and their number, and no iterator of its own."""
        kind = type(obj)
        if isinstance(obj, (list, tuple, str, bytes, range, Mapping, np.ndarray, type)):
            return False
        if hasattr(kind, "__iter__") and not _is_of_keras_2(obj):
            return False
        return hasattr(kind, "__getitem__") and hasattr(kind, "__len__")

    def length(self) -> Any:
        """Return what ``__len__`` returns."""
        return raw_length(self.obj)

    def begin_pass(self, index: int) -> None:
        """Call ``on_epoch_begin`` where there is one."""
        self._hook("on_epoch_begin")

    def start_pass(self, index: int) -> Iterator[Any]:
        """Return an iterator over the batches by index."""
        return map(self.obj.__getitem__, range(as_count(self.length())))

    def end_pass(self, index: int) -> None:
        """Call ``on_epoch_end`` where there is one."""
        self._hook("on_epoch_end")

    def _hook(self, name: str) -> None:
        hook = getattr(self.obj, name, None)
        if callable(hook):
            hook()


def _is_of_keras_2(obj: Any) -> bool:
    return any(derives_from(obj, ("Sequence",), old) for old in ("tf_keras", "tensorflow"))


def _refusal(obj: Any) -> str:
    name = type(obj).__name__
    answer = "Keras 3 answers 'Unrecognized data type'"
    if _is_of_keras_2(obj):
        return (
            f"{name!r} derives from the Sequence of Keras 2: {answer}. "
            "Derive it from keras.utils.PyDataset"
        )
    if derives_from(obj, ("Dataset",), "torch"):
        return (
            f"{name!r} is a torch Dataset, which gives single samples: {answer}. "
            "Hand it torch.utils.data.DataLoader(dataset, batch_size=…)"
        )
    return (
        f"{name!r} has __getitem__ and __len__ but isn't derived from keras.utils.PyDataset: "
        f"{answer}. Write class {name}(keras.utils.PyDataset) and call super().__init__(**kwargs)"
    )
