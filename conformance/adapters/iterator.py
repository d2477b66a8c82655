"""Iterators that are no generator objects: Keras refuses them, the kit judges what they yield."""

from __future__ import annotations

from typing import Any

from conformance.adapters.base import Opened


class RefusedIterator(Opened):
    """``zip``, ``map``, ``cycle`` or an object whose own ``__next__`` is the stream."""

    kind = "iterator"
    certain = False

    def __init__(self, obj: Any) -> None:
        super().__init__(obj)
        name = type(obj).__name__
        self.refusal = (
            f"a {name!r} object is an iterator but no generator object: Keras 3 answers "
            f"'Unrecognized data type'. Wrap it: def gen(): yield from the {name}"
        )

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` is its own iterator."""
        return hasattr(obj, "__next__")
