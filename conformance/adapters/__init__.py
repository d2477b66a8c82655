"""One file a kind: from what calling a subject returns to a stream that can be observed."""

from __future__ import annotations

import inspect
from numbers import Real
from typing import Any

import numpy as np

from conformance.adapters.base import Opened
from conformance.adapters.grain_dataset import GrainDataset
from conformance.adapters.iterable import Iterable
from conformance.adapters.iterator import RefusedIterator
from conformance.adapters.py_dataset import PyDatasetAdapter
from conformance.adapters.python_generator import PythonGenerator
from conformance.adapters.sequence import DuckSequence
from conformance.adapters.tf_dataset import TfDataset
from conformance.adapters.torch_loader import TorchLoader

ADAPTERS: tuple[type[Opened], ...] = (
    PythonGenerator,
    PyDatasetAdapter,
    TfDataset,
    TorchLoader,
    GrainDataset,
    RefusedIterator,
)
"""In the order in which they are asked; the first that takes an object has it."""

_STEPS = 2


class NotAStream(Exception):  # noqa: N818 - becomes a verdict, not an error
    """What was opened is nothing that could be iterated; says what it is, and what to name."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


def adapt(obj: Any) -> Opened:
    """Return the stream behind ``obj``: itself, or what calling or iterating it gives.

    Keras' users call factories and ``iter`` before ``fit``, so up to two such steps are tried.

    Raises:
        NotAStream: nothing that can be iterated is behind it.
    """
    seen = obj
    for _ in range(_STEPS + 1):
        if known := _known(seen):
            return known
        if (inner := _beside_numbers(seen)) is not None:
            seen = inner
        elif several := _several(seen):
            raise several
        elif _callable_without_arguments(seen):
            seen = seen()
        elif DuckSequence.takes(seen):
            return DuckSequence(seen)
        elif Iterable.takes(seen):
            return Iterable.of(seen, _known)
        else:
            break
    raise _no_stream(obj, seen)


def is_known(obj: Any) -> bool:
    """Whether ``obj`` is itself of a kind that Keras knows, or an iterator."""
    return any(adapter.takes(obj) for adapter in ADAPTERS)


def _known(obj: Any) -> Opened | None:
    adapter = next((a for a in ADAPTERS if a.takes(obj)), None)
    return adapter(obj) if adapter else None


def _beside_numbers(obj: Any) -> Any:
    """Return the stream of a pair such as ``(generator, steps)``, None for anything else."""
    if not isinstance(obj, tuple):
        return None
    streams = [v for v in obj if is_known(v) or DuckSequence.takes(v)]
    numbers = [v for v in obj if isinstance(v, Real)]
    return streams[0] if len(streams) == 1 and 0 < len(numbers) == len(obj) - 1 else None


def _several(obj: Any) -> NotAStream | None:
    """Return what to say of a container of streams or of whole arrays, None for others."""
    if not isinstance(obj, (tuple, list, dict)) or not obj:
        return None
    places = dict(obj) if isinstance(obj, dict) else dict(enumerate(obj))
    streams = [k for k, v in places.items() if is_known(v) or DuckSequence.takes(v)]
    word = type(obj).__name__
    if streams:
        return NotAStream(
            f"a {word} of {len(obj)}, not a stream",
            "name a function that returns one of them, e.g. "
            f"def gen(images, labels, batch_size): return factory(…)[{streams[0]!r}]",
        )
    if isinstance(obj, tuple) and all(isinstance(v, np.ndarray) for v in obj):
        return NotAStream(
            f"a {word} of whole arrays: fit batches those by itself, so there is no generator here",
            "name what yields batches",
        )
    return None


def _no_stream(obj: Any, seen: Any) -> NotAStream:
    if seen is None:
        return NotAStream(
            "None came back: neither a generator nor anything that Keras can iterate",
            "return or yield the batches",
        )
    text = f"a {type(obj).__name__} object: neither a generator nor anything that Keras can iterate"
    if callable(seen) and not isinstance(seen, type) and (needed := _required(seen)):
        return NotAStream(
            f"{text}. It is callable, but needs {', '.join(needed)}",
            "name a function that calls it with them, e.g. "
            "def gen(images, labels, batch_size): return factory(…)(…)",
        )
    name = type(obj).__name__
    methods = [f"{name}.{m}" for m in _streaming(type(obj))]
    return NotAStream(
        text,
        f"name the method that yields the batches: {' or '.join(methods)}"
        if methods
        else "yield the batches from a generator function, or from a PyDataset",
    )


def _streaming(cls: type) -> list[str]:
    """Return the names of public methods that are generator functions."""
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("_") and inspect.isgeneratorfunction(value)
    ]


def _callable_without_arguments(obj: Any) -> bool:
    return callable(obj) and not isinstance(obj, type) and _required(obj) == ()


def _required(obj: Any) -> tuple[str, ...] | None:
    """Return the parameters without a default; None where the signature can't be read."""
    try:
        parameters = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        return None
    return tuple(
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    )
