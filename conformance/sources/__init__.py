"""What the kit hands to a subject: one value for each role, made from a problem's probe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.config import UsageError
from conformance.sources import (
    arrays,
    csv_pixels,
    folders,
    frames,
    hdf5_files,
    ids,
    lists,
    switches,
)
from conformance.sources.material import Material
from conformance.sources.names import TELLING, name_tells

MAKERS: dict[str, Callable[[Material], Any]] = {
    **arrays.MAKERS,
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
        "ids",
        "frame",
    )
)
"""Roles whose values hold one entry a sample."""


def _ordered(role: str, material: Material) -> Any:
    value = MAKERS[role](material)
    if not material.backwards or role not in _LISTS:
        return value
    return frames.backwards(value) if role == "frame" else value[::-1]


def forms(material: Material) -> tuple[str, ...]:
    """Return the forms of a source that code may expect, the commonest first.

    Rows and frames hold numbers or names of classes, ids are numbers or words, file names tell
    the label in one way or another; :attr:`~conformance.problem.Problem.form` says which.
    """
    roles = material.roles
    if "samples" in roles:
        return lists.ROWS
    if "frame" in roles:
        return frames.FORMS
    if "ids" in roles:
        return ids.FORMS
    if "label_dict" in roles:
        return ids.KEYS
    if {"csv", "image_dir"} <= roles:
        return csv_pixels.FORMS
    if name_tells(material) and not material.claims.get("names"):
        return TELLING
    return ("",)
