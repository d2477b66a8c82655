"""Objects whose ``__iter__`` gives a stream: Keras is handed ``iter(obj)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.adapters.base import Opened, raw_length


class Iterable(Opened):
    """An object whose ``__iter__`` gives a stream anew each time; sized if it has a length."""

    kind = "iterable"
    certain = False

    def __init__(self, obj: Any, first: Any, inner: Opened | None) -> None:
        super().__init__(obj)
        self._first: Any = first
        self.sized = hasattr(type(obj), "__len__")
        self.refusal = inner.refusal if inner else "iterating it gives no iterator"
        if inner:
            self.packing = inner.packing

    @classmethod
    def of(cls, obj: Any, inner: Callable[[Any], Opened | None]) -> Iterable:
        """Iterate ``obj`` once, and let ``inner`` adapt what that gives."""
        first = iter(obj)
        return cls(obj, first, inner(first))

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` can be iterated and is no plain container."""
        return hasattr(obj, "__iter__") and not isinstance(obj, (str, bytes, dict))

    def start_pass(self, index: int) -> Any:
        """Return the first iterator, then new ones."""
        first, self._first = self._first, None
        return iter(self.obj) if first is None else first

    def length(self) -> Any:
        """Return what ``__len__`` returns where there is one."""
        return raw_length(self.obj) if self.sized else None
