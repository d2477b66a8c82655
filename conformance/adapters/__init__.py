"""One file a kind: from what calling a subject returns to a stream that can be observed."""

from __future__ import annotations

import inspect
from typing import Any

from conformance.adapters.base import Opened
from conformance.adapters.iterator import RefusedIterator
from conformance.adapters.python_generator import PythonGenerator

ADAPTERS: tuple[type[Opened], ...] = (PythonGenerator, RefusedIterator)
"""In the order in which they are asked; the first that takes an object has it."""

_STEPS = 2


class NotAStream(Exception):  # noqa: N818 - becomes a verdict, not an error
    """What was opened is nothing that could be iterated; says what it is."""


def adapt(obj: Any) -> Opened:
    """Return the stream behind ``obj``: itself, or what calling or iterating it gives.

    Keras' users call factories and ``iter`` before ``fit``, so up to two such steps are tried.

    Raises:
        NotAStream: nothing that can be iterated is behind it.
    """
    seen = obj
    for _ in range(_STEPS + 1):
        for adapter in ADAPTERS:
            if adapter.takes(seen):
                return adapter(seen)
        if _callable_without_arguments(seen):
            seen = seen()
        elif hasattr(seen, "__iter__") and not isinstance(seen, (str, bytes, dict)):
            sized = hasattr(seen, "__len__")
            stream = adapt_iterator(seen)
            stream.sized = sized
            return stream
        else:
            break
    raise NotAStream(
        f"{type(obj).__name__} object: neither a generator nor anything that Keras can iterate"
    )


class Iterable(Opened):
    """An object whose ``__iter__`` gives a stream anew each time."""

    kind = "iterable"

    def __init__(self, obj: Any, first: Any) -> None:
        super().__init__(obj)
        self._first: Any = first
        inner = next((a for a in ADAPTERS if a.takes(first)), None)
        self.refusal = inner(first).refusal if inner else "iterating it gives no iterator"

    def start_pass(self, index: int) -> Any:
        """Return the first iterator, then new ones."""
        first, self._first = self._first, None
        return iter(self.obj) if first is None else first

    def length(self) -> int | None:
        """Return ``len`` where there is one."""
        return len(self.obj) if hasattr(self.obj, "__len__") else None


def adapt_iterator(obj: Any) -> Opened:
    """Return the stream that iterating ``obj`` gives."""
    return Iterable(obj, iter(obj))


def _callable_without_arguments(obj: Any) -> bool:
    if not callable(obj) or isinstance(obj, type):
        return False
    try:
        parameters = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        return False
    required = (
        p
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    )
    return not any(required)
