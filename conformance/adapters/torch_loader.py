"""torch's ``DataLoader`` over map-style and iterable data sets."""

from __future__ import annotations

from typing import Any

from conformance.adapters.ancestry import derives_from
from conformance.adapters.base import Opened
from conformance.adapters.packing import TORCH_LOADER


class TorchLoader(Opened):
    """A ``DataLoader``; without a length it is sized unless it is seen to go on."""

    kind = "torch DataLoader"
    sized = True
    packing = TORCH_LOADER

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        self.certain = hasattr(obj.dataset, "__len__")
        self.slow = bool(getattr(obj, "num_workers", 0))
        if self.slow:
            self.kind = f"torch DataLoader with {obj.num_workers} workers"

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` derives from torch's ``DataLoader``."""
        return derives_from(obj, ("DataLoader",), "torch", "torch.utils.data")

    def length(self) -> Any:
        """Return ``len`` as Keras asks for it: where the data set has a length."""
        return len(self.obj) if hasattr(self.obj.dataset, "__len__") else None

    def close(self) -> None:
        """Nothing to release: workers end with their iterator."""
