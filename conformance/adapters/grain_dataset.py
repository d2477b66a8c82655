"""grain's ``MapDataset``, ``IterDataset`` and ``DataLoader``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conformance.adapters.ancestry import derives_from
from conformance.adapters.base import Opened
from conformance.adapters.packing import GRAIN

_NAMES = ("MapDataset", "IterDataset", "DataLoader")
_ENDLESS = 1 << 48
"""grain gives repeated data sets ``sys.maxsize`` records, before they are batched."""


class GrainDataset(Opened):
    """A grain data set. Only a ``MapDataset`` tells its length, and a sampler tells its own."""

    packing = GRAIN
    slow = True
    views_one = True
    ahead = 500  # ReadOptions.prefetch_buffer_size, unless it is asked for another

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        self._iterator: Any = None
        name = next(n for n in _NAMES if derives_from(obj, (n,), "grain"))
        self.kind = f"grain {name}"
        self._length = len(obj) if name == "MapDataset" else None
        counted: Any = obj if name == "MapDataset" else getattr(obj, "_sampler", None)
        size = len(counted) if hasattr(counted, "__len__") else None
        self.sized = size is None or size < _ENDLESS
        self.certain = size is not None
        if not _keras_knows_grain():
            self.refusal = (
                f"the installed Keras has no adapter for a {self.kind}: update it (pip install -U "
                "keras), or hand it a generator function that iterates the data set"
            )

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` derives from one of grain's data sets or its loader."""
        return derives_from(obj, _NAMES, "grain")

    def length(self) -> int | None:
        """Return the number of batches where grain knows it."""
        return self._length if self.sized else None

    def start_pass(self, index: int) -> Iterator[Any]:
        """Return a new iterator; the one before it stops reading ahead."""
        self.close()
        started: Iterator[Any] = iter(self.obj)
        self._iterator = started
        return started

    def close(self) -> None:
        """Stop the threads that read ahead, where this version of grain lets them be stopped."""
        closer = getattr(self._iterator, "close", None)
        if callable(closer):
            closer()
        self._iterator = None


def _keras_knows_grain() -> bool:
    """Whether the installed Keras takes grain, found out without importing it."""
    spec = find_spec("keras")
    if spec is None or spec.origin is None:
        return True
    adapters = Path(spec.origin).parent / "src" / "trainers" / "data_adapters"
    return not adapters.is_dir() or (adapters / "grain_dataset_adapter.py").is_file()
