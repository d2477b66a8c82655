"""The thing under test, located and bound: knows how to be called, not how to be judged."""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from conformance.adapters.base import Opened
from conformance.config import SubjectConfig
from conformance.locate import locate
from conformance.problem import Problem
from conformance.roles import DATA, Binding, Bound, bind, infer_role
from conformance.sources import forms, make
from conformance.sources.exploration import explorations
from conformance.sources.given import Given, given_source
from conformance.sources.material import PICTURED, Material
from conformance.sources.names import LABELS, guessed, name_tells

_PARTS = (("images", "masks"), ("image", "mask"), ("image", "label"), ("imgs", "masks"))
"""What folders of images and of masks are called where one folder holds both."""

_NAMING = {"string_labels", "class_names", "directory", "frame"}


@dataclass(frozen=True)
class Learned:
    """What the first look showed of a subject: picklable.

    Attributes:
        roles: rows of (parameter, roles, origin) of the parameters that were not declared; None
            if nothing was learned.
        endless: whether its stream goes on for ever, where its kind can't tell; None if unknown.
    """

    roles: tuple[tuple[str, tuple[str, ...], str], ...] | None = None
    endless: bool | None = None


class Subject:
    """One located and bound subject.

    Attributes:
        fed: whether the kit gives it its data, so that the source is known.
        one_shot: whether it is a live iterator, which can be opened only once.
        backwards: whether lists of samples are handed over in reverse.
        given: the source of a subject that brings its own data, where its author named it.

    Raises:
        UsageError: it can't be located or bound.
        SubjectError: its module fails on import.
    """

    backwards = False

    def __init__(self, config: SubjectConfig) -> None:
        self.spec = config.spec
        located = locate(config)
        self.obj = located.obj
        self._owner = located.owner
        if self._owner is None and _makes_callables(self.obj):
            self._owner, self.obj = self.obj, self.obj.__call__
        self.declaration = located.declaration.validated(config.spec)
        self.binding = self._bind()
        self.given = self._given(config)
        self.fed = bool(self.binding.roles() & set(DATA)) or self.given is not None
        self.one_shot = not callable(self.obj) and hasattr(self.obj, "__next__")
        self._endless: bool | None = None

    def _given(self, config: SubjectConfig) -> Given | None:
        """Return the source that its author named, for a subject that brings its own data."""
        source = self.declaration.source
        own = not self.binding.roles() & set(DATA) and not hasattr(self.obj, "__next__")
        return given_source(config, source) if source and own else None

    def _bind(self) -> Binding:
        if self._owner is None:
            if callable(self.obj) and not _is_stream(self.obj):
                return bind(self.obj, self.declaration, self.spec)
            return Binding(())
        method = _without_self(self.obj)
        made = bind(self._owner, self.declaration, self.spec, besides=method)
        called = bind(method, self.declaration, self.spec, besides=self._owner)
        self._of_owner = {b.parameter for b in made.bounds}
        self._of_method = {b.parameter for b in called.bounds}
        later = (b for b in called.bounds if b.parameter not in self._of_owner)
        return Binding((*made.bounds, *later))

    def rebind(self, parameter: str, roles: tuple[str, ...], origin: str) -> None:
        """Give an inferred parameter the roles that a first look has shown it to have."""
        kept = bool(roles) or origin == "default"
        self.binding = Binding(
            tuple(
                replace(b, roles=roles, origin=origin, constant=b.constant if kept else False)
                if b.parameter == parameter
                else b
                for b in self.binding.bounds
            )
        )

    def goes_on(self, *, forever: bool) -> None:
        """Take note whether its stream has no end, or one after each pass; its kind can't tell."""
        self._endless = forever

    @property
    def owner(self) -> type | None:
        """The class of which an object is made first, for a method of it."""
        return self._owner

    @property
    def method(self) -> tuple[str, tuple[str, ...]] | None:
        """Name of the method of an object that is made first, and the parameters of its class."""
        return None if self._owner is None else (self.obj.__name__, tuple(self._of_owner))

    @property
    def learned(self) -> Learned:
        """What a look has shown, for the same subject in another process."""
        bounds = self.binding.bounds
        inferred = ((b.parameter, b.roles, b.origin) for b in bounds if b.origin != "declared")
        return Learned(tuple(inferred), self._endless)

    def learn(self, learned: Learned) -> None:
        """Take over what was learned in another process."""
        if learned.roles is None:
            return
        known = {parameter for parameter, _, _ in learned.roles}
        bounds = self.binding.bounds
        self.binding = Binding(
            tuple(b for b in bounds if b.origin == "declared" or b.parameter in known)
        )
        plain = {b.parameter: (b.roles, b.origin) for b in bounds}
        for parameter, roles, origin in learned.roles:
            if plain.get(parameter) != (roles, origin):
                self.rebind(parameter, roles, origin)
        self._endless = learned.endless

    def material(self, problem: Problem) -> Material:
        """Return what the samples of a problem are for this subject."""
        claims = self.declaration.claims
        roles = self.binding.roles()
        return Material(problem, roles, claims, backwards=self.backwards, given=self.given)

    @property
    def labelled(self) -> bool:
        """Whether the kit tells it the labels of its samples."""
        roles = self.binding.roles()
        if self.given is not None:
            return self.given.labels is not None
        return bool(roles & LABELS) or name_tells(self.material(Problem(1, 1)))

    @property
    def named(self) -> bool:
        """Whether classes reach it by their names, which it numbers itself."""
        told = "{class}" in str(self.declaration.claims.get("names", ""))
        return told or self.guesses or bool(self.binding.roles() & _NAMING)

    @property
    def guesses(self) -> bool:
        """Whether file names may tell it labels in a way that the kit can only guess."""
        return guessed(self.material(Problem(1, 1)))

    @property
    def most_classes(self) -> int:
        """The number of classes that a parameter fixes by its default or by declaration, else 0."""
        found = []
        for target in filter(callable, (self._owner, self.obj)):
            with suppress(TypeError, ValueError):
                for name, parameter in inspect.signature(target).parameters.items():
                    value = self.declaration.call.get(name, parameter.default)
                    free = name in self.declaration.bind or type(value) is not int
                    if not free and infer_role(name) == "n_classes":
                        found.append(value)
        return min(found, default=0)

    def fewest(self, classes: int) -> int:
        """Return how many samples its source needs: class folders one each, all others one."""
        roles = self.material(Problem(1, 1)).roles
        foldered = "directory" in roles and "image_dir" not in roles
        return max(classes, 2) if foldered else 1

    @property
    def numbered(self) -> bool:
        """Whether its author declares that file names hold the numbers of classes."""
        return "{label}" in str(self.declaration.claims.get("names", ""))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes of images that it can be given: files of pixels hold bytes only."""
        return self.material(Problem(1, 1)).dtypes

    @property
    def fixed_side(self) -> int:
        """The side of images that a declared constant fixes, 0 if none does."""
        for name, value in self.declaration.call.items():
            size = value if isinstance(value, (list, tuple)) else [value, value]
            sized = infer_role(name) in ("image_size", "image_shape") and len(size) > 1
            if sized and type(size[0]) is int and size[0] == size[1] and 16 <= size[0] <= 128:
                return size[0]
        return 0

    @property
    def reads_files(self) -> bool:
        """Whether the images that it is given lie in files."""
        return bool(self.binding.roles() & PICTURED)

    @property
    def explores(self) -> tuple[str, ...]:
        """The scenarios that its kind of source allows."""
        material = self.material(Problem(1, 1))
        return explorations(material, labelled=self.labelled, named=self.named)

    @property
    def renumbers(self) -> bool:
        """Whether it may give classes numbers of its own: they reach it as names, or in names."""
        return self.named or name_tells(self.material(Problem(1, 1)))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of its source that may be tried, see :func:`conformance.sources.forms`."""
        return forms(self.material(Problem(1, 1)), self._kind_of_files, self._parts)

    @cached_property
    def _kind_of_files(self) -> str:
        """The only kind of image files that its module names, "" for any, or PNG.

        Who lists ``*.jpg`` in a folder of PNG files may look for ever.
        """
        kinds = ("png", "jpg", "npy")
        named = [kind for kind in kinds if re.search(rf"\.{kind}\b", self._source, re.I)]
        return named[0] if len(named) == 1 and named != ["png"] else ""

    @cached_property
    def _parts(self) -> str:
        """The folders of images and of masks that its module names, as in ``images+masks``."""
        for pair in _PARTS:
            if all(re.search(rf"[\"'/]{name}[\"'/]", self._source) for name in pair):
                return "+".join(pair)
        return ""

    @cached_property
    def _source(self) -> str:
        """The text of its module, "" where there is none."""
        module = sys.modules.get(getattr(self._owner or self.obj, "__module__", ""))
        try:
            return inspect.getsource(module) if module else ""
        except (OSError, TypeError):
            return ""

    def arguments(self, material: Material) -> dict[str, Any]:
        """Make the argument of each bound parameter for one problem."""
        return {b.parameter: _value(b, material) for b in self.binding.bounds}

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call the subject; whatever it raises goes through."""
        if self._owner is not None:
            instance = self._pass_to(self._owner, arguments, self._of_owner)
            method = getattr(instance, self.obj.__name__)
            return self._pass_to(method, arguments, self._of_method)
        if not callable(self.obj) or _is_stream(self.obj):
            return self.obj
        return self._pass_to(self.obj, arguments, set(arguments))

    def _pass_to(self, target: Any, arguments: dict[str, Any], taken: set[str]) -> Any:
        bounds = [b for b in self.binding.bounds if b.parameter in taken]
        positional = [arguments[b.parameter] for b in bounds if not b.keyword and not b.star]
        named = {b.parameter: arguments[b.parameter] for b in bounds if b.keyword}
        rest = [part for b in bounds if b.star for part in arguments[b.parameter]]
        return target(*positional, *rest, **named)

    def is_sized(self, opened: Opened) -> bool:
        """Whether the passes of what was opened have ends of their own."""
        promised = self.declaration.claims.get("endless", self._endless)
        return opened.sized if opened.certain or promised is None else not promised


def _value(bound: Bound, material: Material) -> Any:
    if not bound.roles:
        return bound.constant
    if bound.roles == ("image_size",) and isinstance(bound.constant, int):
        return material.problem.side  # one number for a square
    return make(bound.roles, material)


def _is_stream(obj: Any) -> bool:
    """Whether a callable object is a stream itself, such as a dataset with ``__call__``."""
    return not isinstance(obj, type) and hasattr(obj, "__next__")


def _makes_callables(obj: Any) -> bool:
    """Whether ``obj`` is a class whose objects must be called with arguments to give a stream."""
    if not isinstance(obj, type) or "__call__" not in dir(obj):
        return False
    if any(hasattr(obj, name) for name in ("__iter__", "__next__", "__getitem__")):
        return False
    own = next((vars(c)["__call__"] for c in obj.__mro__ if "__call__" in vars(c)), None)
    try:
        _, *parameters = inspect.signature(own).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return any(p.default is p.empty and p.kind not in _VARIADIC for p in parameters)


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _without_self(function: Any) -> Any:
    """Return the method as its instance shows it, to read its signature."""
    return function.__get__(object())
