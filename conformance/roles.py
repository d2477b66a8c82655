"""What each parameter of a subject means: declared where declared, else inferred from its name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from conformance.config import ROLES, Declaration, UsageError
from conformance.role_names import NAMES

_GLUED = re.compile(r"(?<=^[xy])_?(train|val|valid|test|tr|trn)$")
"""What ``Xtrain`` and ``ytest`` end in."""

_AFFIX = re.compile(
    r"^(train|val|valid|validation|test|tr|my|the|in|self)_(?=.)|_(train|val|valid|validation|test|tr|trn)$"
)

_EPOCHS = re.compile(r"(n_?|num_?|nb_?|max_?|total_?)?(epochs?|passes|repeats|repetitions)")
_FOR_EVER = 1_000_000
"""What a parameter gets that says for how many epochs the stream shall last."""

SWITCHES = ("shuffle", "augment")
DATA = (
    "images",
    "samples",
    "pairs",
    "arrays",
    "paths",
    "ids",
    "directory",
    "image_dir",
    "frame",
    "csv",
    "hdf5",
)
"""Roles that carry the images."""


@dataclass(frozen=True)
class Bound:
    """What one parameter gets.

    Attributes:
        roles: the roles it carries; empty if it gets a constant or keeps its default.
        constant: the declared constant, for ``origin == "declared"`` without roles; the default
            of a size, which tells whether a number or a pair is wanted, and of a switch, which
            tells whether it may be an object instead.
        has_default: whether the subject does without it.
        star: whether it takes what is left of the positional arguments.
        origin: ``"name"``, ``"annotation"``, ``"position"``, ``"declared"`` or ``"default"``.
    """

    parameter: str
    roles: tuple[str, ...]
    origin: str
    constant: Any = None
    keyword: bool = True
    has_default: bool = False
    star: bool = False


@dataclass(frozen=True)
class Binding:
    """What each parameter of one callable gets."""

    bounds: tuple[Bound, ...]

    def roles(self) -> frozenset[str]:
        """Return every role that some parameter carries."""
        return frozenset(role for bound in self.bounds for role in bound.roles)

    def parameters(self, role: str) -> tuple[str, ...]:
        """Return the parameters that carry this role."""
        return tuple(b.parameter for b in self.bounds if role in b.roles)

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return ``(parameter, meaning, origin)`` for the report."""
        return tuple(
            ("*" * b.star + b.parameter, "+".join(b.roles) or repr(b.constant), b.origin)
            for b in self.bounds
        )


def infer_role(name: str) -> str | None:
    """Return the role that a parameter of this name has, None if its name tells nothing."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    tries = [plain, _GLUED.sub("", plain)]
    stripped = _AFFIX.sub("", plain)
    if stripped != plain:
        tries.append(stripped)
        tries.append(_AFFIX.sub("", stripped))
    for text in tries:
        for role, pattern in _EXACT_FIRST:
            if re.fullmatch(pattern, text):
                return role
    return None


# image_dir before directory and so on: the narrower pattern is asked first
_ORDER = (
    "onehot_labels",
    "string_labels",
    "label_dict",
    "mask_paths",
    "mask_dir",
    "image_dir",
    "directory",
    "class_names",
    "n_classes",
    "image_shape",
    "image_size",
    "image_height",
    "image_width",
    "n_channels",
    "shard_index",
    "shard_count",
    "steps",
    "batch_size",
    "seed",
)
_EXACT_FIRST = [(role, NAMES[role]) for role in _ORDER] + [
    (role, pattern) for role, pattern in NAMES.items() if role not in _ORDER
]


def bind(
    target: Callable[..., Any],
    declaration: Declaration,
    spec: str,
    besides: Callable[..., Any] | None = None,
) -> Binding:
    """Decide what each parameter of ``target`` gets.

    Args:
        target: what is called.
        declaration: what the user says of its parameters.
        spec: names the subject in messages.
        besides: what is called besides, so that a declaration may be about its parameters.

    Raises:
        UsageError: a declared parameter doesn't exist, or a required one has no role; lists the
            candidates and the line to add.
    """
    try:
        parameters = dict(inspect.signature(undecorated(target)).parameters)
    except (TypeError, ValueError):
        return Binding(())
    declared = [*declaration.bind, *declaration.call]
    elsewhere = dict(inspect.signature(besides).parameters) if besides else {}
    _refuse_unknown(declared, {**elsewhere, **parameters}, spec)
    bounds: list[Bound] = []
    unknown: list[inspect.Parameter] = []
    for name, parameter in parameters.items():
        if name in declaration.call:
            bounds.append(Bound(name, (), "declared", declaration.call[name], _by_name(parameter)))
        elif name in declaration.bind:
            roles = declaration.bind[name]
            names = (roles,) if isinstance(roles, str) else tuple(roles)
            bounds.append(Bound(name, names, "declared", None, _by_name(parameter)))
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        else:
            role = _role_of(parameter)
            if _EPOCHS.fullmatch(name.lower()) and not isinstance(parameter.default, bool):
                bounds.append(Bound(name, (), "name", _FOR_EVER, _by_name(parameter)))
            elif role:
                bounds.append(_inferred(parameter, role))
            elif parameter.default is parameter.empty:
                unknown.append(parameter)
    bounds = _settle_doubles(bounds, parameters)
    bounds = _by_position(bounds, unknown, spec)
    bounds += _folders_by_default(parameters, bounds)
    bounds = _starred(bounds, parameters)
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        passed_on = [n for n in declared if n not in parameters and n not in elsewhere]
        bounds += [_declared(n, declaration) for n in passed_on]
    order = [*parameters, *declared]
    return Binding(tuple(sorted(bounds, key=lambda b: order.index(b.parameter))))


def undecorated(target: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a decorator of the form ``def g(*a, **kw): f(*a, **kw)`` was put on.

    Without ``functools.wraps`` its signature tells nothing; its closure holds the function.
    """
    kinds = [p.kind for p in inspect.signature(target).parameters.values()]
    if set(kinds) != {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return target
    cells = getattr(target, "__closure__", None) or ()
    held = [c.cell_contents for c in cells if inspect.isroutine(c.cell_contents)]
    return undecorated(held[0]) if len(held) == 1 else target


_ANY_ARRAYS = re.compile(r"args|arrs?|parts|columns")


def _starred(bounds: list[Bound], parameters: dict[str, inspect.Parameter]) -> list[Bound]:
    """Give images and labels to ``*arrays`` where no parameter of its own takes them."""
    star = next((p for p in parameters.values() if p.kind is p.VAR_POSITIONAL), None)
    if star is None or any(set(b.roles) & set(DATA) for b in bounds):
        return bounds
    before = list(parameters)[: list(parameters).index(star.name)]
    named = infer_role(star.name) in ("images", "pairs") or _ANY_ARRAYS.fullmatch(star.name)
    if not named or set(before) - {b.parameter for b in bounds}:
        return bounds
    first = [replace(b, keyword=b.keyword and b.parameter not in before) for b in bounds]
    return [*first, Bound(star.name, ("arrays",), "name", keyword=False, star=True)]


def _folders_by_default(
    parameters: dict[str, inspect.Parameter], bounds: list[Bound]
) -> list[Bound]:
    """Return the folders beside a list of files that have a default, which may have to be replaced.

    ``data_dir="../input/"`` is of use on its author's machine only.
    """
    bound = {b.parameter for b in bounds}
    if not {role for b in bounds for role in b.roles} & _LISTS_OF_FILES:
        return []
    return [
        Bound(name, (), "default", parameter.default, _by_name(parameter), has_default=True)
        for name, parameter in parameters.items()
        if name not in bound and isinstance(parameter.default, str) and infer_role(name) in _FOLDERS
    ]


_LISTS_OF_FILES = {"ids", "paths", "frame", "samples"}
_FOLDERS = ("directory", "image_dir")


def _declared(name: str, declaration: Declaration) -> Bound:
    """Return what is declared for a parameter that ``**kwargs`` takes."""
    if name in declaration.call:
        return Bound(name, (), "declared", declaration.call[name])
    roles = declaration.bind[name]
    return Bound(name, (roles,) if isinstance(roles, str) else tuple(roles), "declared")


def _inferred(parameter: inspect.Parameter, role: str) -> Bound:
    has_default = parameter.default is not parameter.empty
    size = role in ("image_size", "image_shape") and has_default
    if size and isinstance(parameter.default, (tuple, list)):
        role = "image_shape" if len(parameter.default) == 3 else "image_size"
    telling = size or (role in SWITCHES and has_default)
    constant = parameter.default if telling else None
    return Bound(parameter.name, (role,), "name", constant, _by_name(parameter), has_default)


def _by_name(parameter: inspect.Parameter) -> bool:
    return parameter.kind is not parameter.POSITIONAL_ONLY


_LAST_WORDS = {
    "images": r"images|imgs|pictures|photos|x|inputs|features",
    "labels": r"labels|lbls|targets|classes|y",
    "masks": r"masks|segmentations",
    "weights": r"weights",
    "batch_size": r"batch_?size",
}
"""Role -> last words of longer names that mean it, as in ``real_images`` or ``digit_labels``."""

_COUNTS = re.compile(r"(n|num|nb|no|number|count|max|min|total|len|show|plot|save|use)_.*")


def _by_last_word(name: str) -> str | None:
    """Return the role that the last word of a name tells, None if it is no word of the data."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    if _COUNTS.fullmatch(plain):
        return None
    return next((r for r, word in _LAST_WORDS.items() if re.fullmatch(f".+_({word})", plain)), None)


def _role_of(parameter: inspect.Parameter) -> str | None:
    role = infer_role(parameter.name)
    default = parameter.default
    if role is None and default is parameter.empty:
        return _by_last_word(parameter.name)
    if role is None or default is parameter.empty:
        return role
    # a default that the role can't have: the name misleads
    flags = isinstance(default, bool)
    if role in SWITCHES:
        return role if flags or default is None or default in (0, 1) else None
    if role == "augmenter" and flags:
        return "augment"
    if role == "augmenter" and default is not None:
        return None
    if flags or isinstance(default, str):
        return None
    if role in ("batch_size", "n_classes") and not isinstance(default, int) and default is not None:
        return None
    if role in ("image_height", "image_width"):
        return role if type(default) is int and default >= 16 else None
    if role == "n_channels":
        return role if default in (1, 3) and type(default) is int else None
    if role in ("image_size", "image_shape"):
        sized = isinstance(default, (tuple, list)) and len(default) in (2, 3)
        # a bare "size" may be that of a window or a hole
        number = isinstance(default, int) and default >= 16 and len(parameter.name) > 4
        return role if sized or number or default is None else None
    if role in ("n_classes", "steps", "shard_index", "shard_count", "class_names"):
        return None if role not in ("shard_index", "shard_count") or default is None else role
    if role in ("images", "labels", "float_labels", "table") and isinstance(default, (int, float)):
        return None
    return role


def _settle_doubles(bounds: list[Bound], parameters: dict[str, inspect.Parameter]) -> list[Bound]:
    """Let go of inferred roles that an optional parameter shares with a required one."""
    single = ("batch_size", "seed", "rng", "steps", "n_classes", "augmenter")
    for role in single:
        holders = [b for b in bounds if role in b.roles]
        if len(holders) > 1:
            needed = [b for b in holders if _required(parameters[b.parameter])] or holders[:1]
            spare = [
                b
                for b in holders
                if b not in needed and b.origin == "name" and not _required(parameters[b.parameter])
            ]
            bounds = [b for b in bounds if b not in spare]
    if any("n_channels" in b.roles for b in bounds):
        # dim=(32, 32, 32) beside n_channels are three axes of space
        bounds = [_without_channels(b) for b in bounds]
    if not any("shard_index" in b.roles for b in bounds):
        # num_workers of a loader is no number of shards
        bounds = [b for b in bounds if b.origin == "declared" or "shard_count" not in b.roles]
    return bounds


def _without_channels(bound: Bound) -> Bound:
    """Return a shape whose name is that of a size as a size."""
    sized = bound.roles == ("image_shape",) and infer_role(bound.parameter) == "image_size"
    return replace(bound, roles=("image_size",)) if sized and bound.origin == "name" else bound


def _required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty


_POSITIONAL = ("images", "labels", "batch_size")
_PLACE = re.compile(r".*(dir|directory|folder|path|file|root|csv|json|h5)s?")


def _by_position(bounds: list[Bound], unknown: list[inspect.Parameter], spec: str) -> list[Bound]:
    """Give nameless required parameters what is still missing, where only one reading is left."""
    if not unknown:
        return bounds
    if any(_PLACE.fullmatch(p.name.lower()) for p in unknown):
        raise UsageError(_ambiguous(unknown, bounds, spec))  # no array, whatever it is
    taken = {role for b in bounds for role in b.roles}
    fed = bool(taken & set(DATA))
    missing = [
        r
        for r in _POSITIONAL
        if r not in taken
        and not (r == "images" and fed)
        and not (r == "labels" and (taken & _LABELLED))
    ]
    if len(unknown) == len(missing) and "images" not in missing and len(missing) <= 1:
        extra = [
            Bound(p.name, (role,), "position", None, _by_name(p))
            for p, role in zip(unknown, missing, strict=True)
        ]
        return bounds + extra
    if not bounds and len(unknown) in (2, 3):
        return [
            Bound(p.name, (role,), "position", None, _by_name(p))
            for p, role in zip(unknown, _POSITIONAL, strict=False)
        ]
    raise UsageError(_ambiguous(unknown, bounds, spec))


_LABELLED = {
    "labels",
    "onehot_labels",
    "float_labels",
    "string_labels",
    "masks",
    "mask_paths",
    "mask_dir",
    "label_dict",
    "samples",
    "pairs",
    "arrays",
    "directory",
    "frame",
    "csv",
    "hdf5",
}


def _ambiguous(unknown: Iterable[inspect.Parameter], bounds: list[Bound], spec: str) -> str:
    told = ", ".join(f"{b.parameter} = {'+'.join(b.roles)}" for b in bounds if b.roles)
    names = [p.name for p in unknown]
    listed = ", ".join(repr(n) for n in names)
    guess = ", ".join(f'{n} = "…"' for n in names)
    option = " ".join(f"--generator-bind {n}=ROLE" for n in names)
    several = len(names) > 1
    return (
        f"{spec}: can't tell what parameter{'s' * several} {listed} mean{'' if several else 's'}"
        f"{f' (understood: {told})' if told else ''}. Say it with {option} (or --generator-call {names[0]}=VALUE for a constant), or in "
        f'pyproject.toml:\n    [tool.conformance.generators."{spec}"]\n    bind = {{ {guess} }}\n'
        f"Roles: {', '.join(ROLES)}."
    )


def _refuse_unknown(
    declared: list[str], parameters: dict[str, inspect.Parameter], spec: str
) -> None:
    catch_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name in declared:
        if name not in parameters and not catch_all:
            have = ", ".join(parameters) or "none"
            raise UsageError(
                f"{spec}: parameter {name!r} is declared, but the signature has: {have}."
            )
