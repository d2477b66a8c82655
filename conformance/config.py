"""What a user declares and asks for. Standard library only: the plugin imports it at start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

ROLES: dict[str, str] = {
    "images": "array of images, (n, H, W, C)",
    "labels": "integer labels, (n,)",
    "onehot_labels": "one-hot labels, (n, K) float32",
    "float_labels": "one float a sample, (n,)",
    "string_labels": "one string a sample",
    "weights": "one positive float a sample, (n,)",
    "table": "one row of numbers a sample, (n, F) float32",
    "masks": "array of masks, (n, H, W, 1) uint8 0/255",
    "samples": "rows of path, then label",
    "pairs": "an iterable of (image array, label)",
    "arrays": "images and labels in one argument: a tuple, or a dict by their names",
    "paths": "list of image file names",
    "ids": "list of sample ids 0..n-1",
    "label_dict": "dict from id to label",
    "directory": "folder of class folders",
    "image_dir": "flat folder of images",
    "mask_paths": "list of mask file names, in the order of the images'",
    "mask_dir": "flat folder of masks, one for each image, under one stem",
    "frame": "pandas frame with columns filename/path/image and label/class",
    "csv": "CSV file without header: label, then pixels",
    "hdf5": "HDF5 file with data sets images and labels",
    "n_classes": "number of classes",
    "class_names": "the names of the classes",
    "image_size": "(height, width)",
    "image_shape": "(height, width, channels)",
    "image_height": "height in pixels",
    "image_width": "width in pixels",
    "n_channels": "number of channels, 3 or 1",
    "batch_size": "rows in a batch",
    "shuffle": "whether to shuffle",
    "augment": "whether to augment",
    "augmenter": "object with flow / random_transform / __call__",
    "seed": "integer seed",
    "rng": "numpy.random.Generator",
    "steps": "batches per pass",
    "shard_index": "which shard",
    "shard_count": "how many shards",
}

CLAIMS: dict[str, tuple[Any, ...]] = {
    "endless": (True, False),
    "remainder": ("keep", "drop", "continue"),
    "sampling": ("once", "part", "random", "balanced"),
    "expansion": (),
    "shuffles": ("flag", "always", "never", "window"),
    "augments": ("flag", "always", "never"),
    "augmentation": ("unknown", "geometric", "photometric", "mixing", "label-changing"),
    "labels": (),
    "scale": (),
    "dtype": (),
    "layout": ("channels_last", "channels_first", "flat", "transposed"),
    "channels": ("rgb", "bgr", "gray"),
    "structure": ("single", "multi-input", "pairs", "autoencoder"),
    "names": (),
    "schema": (),
    "window": (),
}
"""The claims and, where they are an enumeration, their values."""


class UsageError(Exception):
    """Bad input: says what was wrong, what was found and what to type next."""


@dataclass(frozen=True)
class Declaration:
    """What a user declares about one subject.

    Attributes:
        bind: parameter -> role (or several roles).
        call: parameter -> constant.
        claims: claim -> value.
        waive: clause id -> reason, which may end in ``until YYYY-MM-DD``.
        source: ``module:attr`` of the source data of a closed subject, or "".
    """

    bind: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    waive: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def over(self, weaker: Declaration) -> Declaration:
        """Return this declaration with what only the weaker one says added."""
        return Declaration(
            bind={**weaker.bind, **self.bind},
            call={**weaker.call, **self.call},
            claims={**weaker.claims, **self.claims},
            waive={**weaker.waive, **self.waive},
            source=self.source or weaker.source,
        )

    def validated(self, where: str) -> Declaration:
        """Return it with roles and claims checked and normalised.

        Args:
            where: names the place of the declaration in error messages.

        Raises:
            UsageError: an unknown role or claim, or a value that the claim can't have.
        """
        bind = {p: _roles(p, r, where) for p, r in self.bind.items()}
        for name, value in self.claims.items():
            _check_claim(name, value, where)
        for clause_id, reason in self.waive.items():
            if not isinstance(reason, str) or not reason.strip():
                raise UsageError(
                    f"{where}: the waiver of {clause_id!r} needs a reason, e.g. "
                    f'waive = {{ "{clause_id}" = "fixed order on purpose (#12)" }}'
                )
            try:
                expiry(reason)
            except ValueError:
                raise UsageError(
                    f"{where}: the waiver of {clause_id!r} ends in a day that does not exist: {reason!r}"
                ) from None
        return replace(self, bind=bind)


def expiry(reason: str) -> date | None:
    """Return the day that ``until YYYY-MM-DD`` at the end of a waiver's reason names.

    Raises:
        ValueError: there is no such day.
    """
    until = re.search(r"until\s+(\d{4}-\d{2}-\d{2})\s*$", reason)
    return date.fromisoformat(until.group(1)) if until else None


def _roles(parameter: str, roles: object, where: str) -> tuple[str, ...]:
    names = (
        (roles,)
        if isinstance(roles, str)
        else tuple(roles)
        if isinstance(roles, (list, tuple))
        else ()
    )
    if not names or not all(isinstance(n, str) for n in names):
        raise UsageError(
            f"{where}: bind {parameter!r} = {roles!r} is not a role or a list of roles"
        )
    for name in names:
        if name not in ROLES:
            raise UsageError(
                f"{where}: unknown role {name!r} for parameter {parameter!r}."
                f"{_near(name, ROLES)} Roles: {', '.join(ROLES)}."
            )
    return tuple(str(n) for n in names)


def _check_claim(name: str, value: object, where: str) -> None:
    if name not in CLAIMS:
        raise UsageError(
            f"{where}: unknown claim {name!r}.{_near(name, CLAIMS)} Claims: {', '.join(CLAIMS)}."
        )
    allowed = CLAIMS[name]
    if allowed and value not in allowed:
        text = ", ".join(map(repr, allowed))
        raise UsageError(f"{where}: claim {name!r} can't be {value!r}; it is one of {text}.")
    if name in ("expansion", "window") and (
        not isinstance(value, int) or isinstance(value, bool) or value < 1
    ):
        raise UsageError(f"{where}: claim {name!r} must be a whole number >= 1, not {value!r}.")
    if name == "scale" and value != "per-image" and not _is_range(value):
        raise UsageError(f"{where}: claim 'scale' is [low, high] or \"per-image\", not {value!r}.")


def _is_range(value: object) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(v, (int, float)) for v in value)
        and value[0] < value[1]
    )


def _near(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


ATTRIBUTE = "__conformance__"
"""Where :func:`declare` leaves its declaration on an object."""

T = TypeVar("T")


class declare:  # noqa: N801 - reads as a decorator
    """Declare in the code what can't be inferred; the object itself stays as it is.

    ``@conformance.declare(bind={"x_set": "images"}, claims={"remainder": "drop"})``

    Raises:
        UsageError: an unknown role or claim.
    """

    def __init__(
        self,
        *,
        bind: Mapping[str, str | tuple[str, ...]] | None = None,
        call: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        waive: Mapping[str, str] | None = None,
        source: str = "",
    ) -> None:
        self.declaration = Declaration(
            bind or {}, call or {}, claims or {}, waive or {}, source
        ).validated("@conformance.declare")

    def __call__(self, obj: T) -> T:
        """Attach the declaration and return ``obj`` itself."""
        setattr(obj, ATTRIBUTE, self.declaration)
        return obj


@dataclass(frozen=True)
class Settings:
    """How a session judges. Times in seconds.

    Attributes:
        examples: problems that Hypothesis draws besides the boundary problems.
        seed: seeds Hypothesis and every opening.
        batch_timeout: limit for one ``next()``.
        subject_timeout: limit for the whole observation of one subject.
        memory_limit: growth in MiB that a subject may show before it is stopped.
        strict: broken SHOULDs, undecided MUSTs and passing waivers fail.
        profile: ``"quick"``, ``"default"`` or ``"thorough"``.
        in_process: observe in this process, for ``--pdb`` and live objects.
        training: train on it with Keras, where a backend is installed.
        validation: the generator that validates, to compare with the one that is judged.
        samples, batch_size, steps, epochs, validation_steps: numbers of the user's own training,
            of which the report says what each epoch will see; None where not given.
    """

    examples: int = 40
    seed: int = 0
    batch_timeout: float = 10.0
    subject_timeout: float = 300.0
    memory_limit: int = 2048
    strict: bool = False
    profile: str = "default"
    in_process: bool = False
    training: bool = True
    validation: SubjectConfig | None = None
    samples: int | None = None
    batch_size: int | None = None
    steps: int | None = None
    epochs: int | None = None
    validation_steps: int | None = None


@dataclass(frozen=True)
class SubjectConfig:
    """One subject as the user named it.

    Attributes:
        spec: ``module:attr``, ``package.module:Class.method`` or ``path/file.py:attr``.
        declaration: from options and ``pyproject.toml``; the decorator's is added on locating.
        root: directory of the call, made importable.
        target: the live object itself, for the Python API; None when ``spec`` is to be located.
    """

    spec: str
    declaration: Declaration = field(default_factory=Declaration)
    root: str = ""
    target: Any = None
