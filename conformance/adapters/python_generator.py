"""Python generator objects: what a generator function returns when it is called."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

from conformance.adapters.base import Opened


class PythonGenerator(Opened):
    """A generator object; endless unless its author says that it is one finite pass."""

    kind = "generator function"
    certain = False

    @classmethod
    def takes(cls, obj: Any) -> bool:
        """Whether ``obj`` is a generator object."""
        return isinstance(obj, GeneratorType)
