"""What the kit hands to a subject: one value for each role, made from a problem's probe."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from conformance.config import UsageError
from conformance.problem import Problem
from conformance.sources import (
    arrays,
    bundles,
    csv_pixels,
    folders,
    frames,
    hdf5_files,
    ids,
    lists,
    switches,
)
from conformance.sources.material import Material
from conformance.sources.names import TELLING, guessed

MAKERS: dict[str, Callable[[Material], Any]] = {
    **arrays.MAKERS,
    **bundles.MAKERS,
    **lists.MAKERS,
    **ids.MAKERS,
    **folders.MAKERS,
    **frames.MAKERS,
    **csv_pixels.MAKERS,
    **hdf5_files.MAKERS,
    **switches.MAKERS,
}
"""Role -> what makes its value from the material of a problem."""


def make(roles: tuple[str, ...], material: Material) -> Any:
    """Return the value for a parameter that carries these roles.

    A parameter with several roles gets True if any of them, a switch, is on.
    """
    for role in roles:
        if role not in MAKERS:
            raise UsageError(f"role {role!r} has no source in this version of the kit")
    values = [_ordered(role, material) for role in roles]
    return values[0] if len(values) == 1 else any(bool(v) for v in values)


def example(*roles: str, n: int, scenario: str = "constant", **asked: Any) -> Any:
    """Return one value for each role, made of files that go with the process: to try things out.

    >>> paths, labels = example("paths", "labels", n=5)

    Args:
        roles: see :data:`conformance.config.ROLES`.
        n: how many samples.
        scenario: ``"constant"`` for images of a single level each, from 0 to 255 in their order;
            see :data:`conformance.problem.SCENARIOS` for others.
        asked: more of :class:`~conformance.problem.Problem`, e.g. ``classes=3``.

    Raises:
        UsageError: a role that has no source.
    """
    material = Material(Problem(n, 1, scenario=scenario, **asked), frozenset(roles))
    values = tuple(make((role,), material) for role in roles)
    return values if len(roles) > 1 else values[0]


_WORDS = frozenset(("samples", "paths", "mask_paths", "ids", "string_labels"))
"""Roles that are lists, or arrays in the form ``"array"``: what indexes with arrays wants those."""

_LISTS = frozenset(
    (
        "images",
        "labels",
        "onehot_labels",
        "float_labels",
        "string_labels",
        "weights",
        "table",
        "masks",
        "samples",
        "pairs",
        "paths",
        "mask_paths",
        "ids",
        "frame",
    )
)
"""Roles whose values hold one entry a sample."""


def _ordered(role: str, material: Material) -> Any:
    value = MAKERS[role](material)
    if material.form == "array" and role in _WORDS:
        value = np.array(value)
    if not material.backwards or role not in _LISTS:
        return value
    return frames.backwards(value) if role == "frame" else value[::-1]


def forms(material: Material, prefers: str = "", parts: str = "") -> tuple[str, ...]:
    """Return the forms of a source that code may expect, the commonest first.

    Rows and frames hold numbers or names of classes, ids are numbers or words, file names tell
    the label in one way or another, lists are arrays, names of folders end in a slash, files are
    JPEG or NPY; :attr:`~conformance.problem.Problem.form` says which, in words.

    Args:
        material: of any problem; its roles and claims decide.
        prefers: the kind of files that code names, to be tried first.
        parts: the folders of images and masks that code names, to be tried last.
    """
    plain = _forms(material)
    if material.roles & _WORDS:
        plain = (*plain, "array")
    listed = material.roles & {"directory", "image_dir", "mask_dir"} and "ids" not in material.roles
    files = listed or (material.roles & {"paths"} and "ids" not in material.roles)
    kinds: tuple[str, ...] = (
        ("", "jpg", "npy") if files and not material.claims.get("names") else ("",)
    )
    if listed and prefers in kinds:
        kinds = (prefers, *(kind for kind in kinds if kind != prefers))
    slashes = ("", "/") if material.roles & {"directory", "image_dir", "mask_dir"} else ("",)
    told = tuple(
        " ".join(word for word in (form, kind, slash) if word)
        for kind, slash, form in product(kinds, slashes, plain)
    )
    if parts and material.roles & {"directory"}:
        told = (*told, *(" ".join((parts, slash)).strip() for slash in slashes))
    return (*told, *(f"{form} untold" for form in told)) if guessed(material) else told


def _forms(material: Material) -> tuple[str, ...]:
    roles = material.roles
    if "arrays" in roles:
        return bundles.FORMS
    if "samples" in roles:
        return (*lists.ROWS, *_WHOLE) if "image_dir" in roles else lists.ROWS
    if "frame" in roles:
        return frames.FORMS
    if "ids" in roles:
        return ids.FORMS
    if "label_dict" in roles:
        return ids.KEYS
    if "csv" in roles:
        return csv_pixels.FORMS if "image_dir" in roles else csv_pixels.PIXELS
    if guessed(material):
        return TELLING
    listed = roles & {"paths", "mask_paths"} and roles & {"image_dir", "mask_dir"}
    return ("", *_WHOLE) if listed else ("",)


_WHOLE = ("whole",)
"""The form of lists that hold whole paths though their folder is told beside them."""
