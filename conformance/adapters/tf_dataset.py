"""``tf.data.Dataset``: sized, endless or of unknown cardinality."""

from __future__ import annotations

from typing import Any

from conformance.adapters.ancestry import derives_from
from conformance.adapters.base import Opened
from conformance.adapters.packing import TF_DATASET

_INFINITE, _UNKNOWN = -1, -2
_NAMES = ("DatasetV2", "DistributedDataset", "DistributedDatasetsFromFunction")


class TfDataset(Opened):
    """A ``tf.data.Dataset``; one of unknown cardinality is sized unless it is seen to go on."""

    kind = "tf.data.Dataset"
    packing = TF_DATASET
    slow = True

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        cardinality = getattr(obj, "cardinality", _UNKNOWN)  # a number where it is distributed
        self._cardinality = int(cardinality() if callable(cardinality) else cardinality)
        self.sized = self._cardinality != _INFINITE
        self.certain = self._cardinality != _UNKNOWN

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` is a ``tf.data.Dataset`` or a distributed one, as Keras tells them."""
        return derives_from(obj, _NAMES, "tensorflow", "tensorflow.python.")

    def length(self) -> int | None:
        """Return the cardinality, None where it is unknown or infinite."""
        return self._cardinality if self._cardinality >= 0 else None

    def close(self) -> None:
        """Nothing to release: TensorFlow does when the iterator is collected."""
