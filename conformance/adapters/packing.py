"""How a batch must be packed: Keras' data adapters differ from kind to kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Packing:
    """What Keras takes for one batch of a kind, besides a tuple of one to three parts.

    Attributes:
        lists: a list of one to three parts is as good as a tuple.
        bare: what may come without a tuple and is the input then: ``"dict"``, ``"NumPy array"``,
            ``"tensor"``.
        tensors: library whose tensors the leaves have to be, "" for anything array-like.
    """

    lists: bool = False
    bare: tuple[str, ...] = ()
    tensors: str = ""

    def wrapped(self, item: Any) -> tuple[tuple[Any, ...], str]:
        """Return the parts of a batch, and why Keras would refuse the wrapping, or ""."""
        if isinstance(item, (tuple, list)):
            complaints = []
            if isinstance(item, list) and not self.lists:
                complaints.append("a list, where Keras wants a tuple")
            if not 1 <= len(item) <= 3:
                complaints.append(f"{len(item)} parts, where Keras wants (x,), (x, y) or (x, y, w)")
            return tuple(item)[:3], "; ".join(complaints)
        if word(item) in self.bare:
            return (item,), ""
        return (item,), f"a bare {word(item)}, where Keras wants a tuple (x, y)"

    def unfit(self, leaf: Any) -> str:
        """Say why an array of this type can't be in a batch of this kind, "" if it can."""
        if self.tensors and type(leaf).__module__.partition(".")[0] != self.tensors:
            return f"a {word(leaf)}, where Keras wants a {self.tensors} tensor"
        return ""


def word(obj: Any) -> str:
    """Name a value in words: ``NumPy array``, ``tensor``, or its type."""
    if isinstance(obj, np.ndarray):
        return "NumPy array"
    if isinstance(obj, dict):
        return "dict"
    library = type(obj).__module__.partition(".")[0]
    return "tensor" if library in ("tensorflow", "torch", "jax", "jaxlib") else type(obj).__name__


GENERATOR = Packing()
PY_DATASET = Packing(lists=True, bare=("NumPy array", "dict"))
TF_DATASET = Packing(bare=("tensor", "dict"))
TORCH_LOADER = Packing(lists=True, tensors="torch")
GRAIN = Packing(bare=("NumPy array", "tensor", "dict"))
