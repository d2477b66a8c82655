"""The thing under test, located and bound: knows how to be called, not how to be judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.adapters.base import Opened
from conformance.config import SubjectConfig
from conformance.locate import locate
from conformance.roles import DATA, Binding, Bound, bind
from conformance.sources import make
from conformance.sources.material import Material


class Subject:
    """One located and bound subject.

    Attributes:
        fed: whether the kit gives it its data, so that the source is known.
        one_shot: whether it is a live iterator, which can be opened only once.

    Raises:
        UsageError: it can't be located or bound.
        SubjectError: its module fails on import.
    """

    def __init__(self, config: SubjectConfig) -> None:
        self.spec = config.spec
        located = locate(config)
        self.obj = located.obj
        self._owner = located.owner
        self.declaration = located.declaration.validated(config.spec)
        self.binding = self._bind()
        self.fed = bool(self.binding.roles() & set(DATA))
        self.one_shot = not callable(self.obj) and hasattr(self.obj, "__next__")

    def _bind(self) -> Binding:
        if self._owner is None:
            if callable(self.obj) and not _is_stream(self.obj):
                return bind(self.obj, self.declaration, self.spec)
            return Binding(())
        made = bind(self._owner, self.declaration, self.spec)
        bounds = list(made.bounds)
        method = bind(_without_self(self.obj), self.declaration, self.spec)
        names = {b.parameter for b in bounds}
        return Binding((*bounds, *(b for b in method.bounds if b.parameter not in names)))

    def rebind(self, parameter: str, roles: tuple[str, ...], origin: str) -> None:
        """Give an inferred parameter the roles that a first look has shown it to have."""
        self.binding = Binding(
            tuple(
                replace(b, roles=roles, origin=origin, constant=False if not roles else None)
                if b.parameter == parameter
                else b
                for b in self.binding.bounds
            )
        )

    def arguments(self, material: Material) -> dict[str, Any]:
        """Make the argument of each bound parameter for one problem."""
        return {b.parameter: _value(b, material) for b in self.binding.bounds}

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call the subject; whatever it raises goes through."""
        if self._owner is not None:
            inner = bind(self._owner, self.declaration, self.spec)
            wanted = {b.parameter for b in inner.bounds}
            instance = self._owner(**{k: v for k, v in arguments.items() if k in wanted})
            method = getattr(instance, self.obj.__name__)
            names = {b.parameter for b in bind(method, self.declaration, self.spec).bounds}
            return method(**{k: v for k, v in arguments.items() if k in names})
        if not callable(self.obj) or _is_stream(self.obj):
            return self.obj
        positional = [arguments[b.parameter] for b in self.binding.bounds if not b.keyword]
        named = {b.parameter: arguments[b.parameter] for b in self.binding.bounds if b.keyword}
        return self.obj(*positional, **named)

    def is_sized(self, opened: Opened) -> bool:
        """Whether the passes of what was opened have ends of their own."""
        promised = self.declaration.claims.get("endless")
        if promised is not None and (opened.kind == "generator function" or not opened.sized):
            return not promised
        return opened.sized


def _value(bound: Bound, material: Material) -> Any:
    return make(bound.roles, material) if bound.roles else bound.constant


def _is_stream(obj: Any) -> bool:
    """Whether a callable object is a stream itself, such as a dataset with ``__call__``."""
    return not isinstance(obj, type) and hasattr(obj, "__next__")


def _without_self(function: Any) -> Any:
    """Return the method as its instance shows it, to read its signature."""
    return function.__get__(object())
