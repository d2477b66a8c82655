"""How image files are called: by sample, and by class where the name must tell it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.config import UsageError

if TYPE_CHECKING:
    from conformance.sources.material import Material

_FIELDS = ("id", "label", "class")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

TELLING = ("{label}_{id}.png", "{class}.{id}.png", "{class}_{id}.png")
"""Patterns tried where nothing but its name tells the label of a file."""

LABELS = frozenset(
    (
        "labels",
        "onehot_labels",
        "float_labels",
        "string_labels",
        "samples",
        "pairs",
        "arrays",
        "label_dict",
        "directory",
        "frame",
        "csv",
        "hdf5",
    )
)
"""Roles that carry labels of their own."""


def class_name(k: int) -> str:
    """Return the name of class ``k``: letters only, of one length, in the order of the classes.

    So no name is part of another, and whatever splits file names at digits or signs keeps it.
    """
    letters = ""
    for _ in range(3):
        k, last = divmod(k, 26)
        letters = _LETTERS[last] + letters
    return f"class{letters}"


def image_pattern(material: Material) -> str:
    """Return the pattern of the names of image files.

    Raises:
        UsageError: the declared one has no ``{id}`` or an unknown field.
    """
    declared = material.claims.get("names")
    if isinstance(declared, dict):
        declared = declared.get("image")
    if declared:
        return _checked(declared)
    if name_tells(material):
        pattern = material.form if material.form in TELLING else TELLING[0]
        return pattern.removesuffix(".png") + material.suffix
    return "{id}" + material.suffix


def mask_pattern(material: Material) -> str:
    """Return the pattern of the names of masks: by default that of their images."""
    declared = material.claims.get("names")
    found = declared.get("mask") if isinstance(declared, dict) else None
    return _checked(found) if found else re.sub(r"\.jpe?g$", ".png", image_pattern(material))


def name_tells(material: Material) -> bool:
    """Whether file names are all that labels could be read from."""
    listed = material.roles & {"paths", "image_dir"} and "ids" not in material.roles
    return bool(listed) and not material.roles & (LABELS | {"mask_dir", "mask_paths", "masks"})


def guessed(material: Material) -> bool:
    """Whether names must tell labels, and nobody said how."""
    return name_tells(material) and not material.claims.get("names")


def is_grouped(material: Material) -> bool:
    """Whether names sort by class first."""
    if not material.roles & {"paths", "image_dir", "samples", "frame"}:
        return False
    pattern = image_pattern(material)
    places = [pattern.find("{" + field + "}") for field in ("label", "class")]
    told = [place for place in places if place >= 0]
    return bool(told) and min(told) < pattern.find("{id}")


def file_names(material: Material, pattern: str, *, masks: bool = False) -> list[str]:
    """Return the name of each sample's file; they sort in the order of the samples."""
    width = 0 if material.problem.scenario == "unpadded" else 4
    if material.problem.scenario == "jpeg" and not masks:
        pattern = re.sub(r"\.png$", ".jpg", pattern)
    digits = len(str(material.n_classes - 1))
    return [
        _filled(pattern, str(i).zfill(width), str(label).zfill(digits), class_name(int(label)))
        for i, label in enumerate(material.labels)
    ]


def _filled(pattern: str, sample: str, label: str, name: str) -> str:
    return pattern.replace("{id}", sample).replace("{label}", label).replace("{class}", name)


def _checked(pattern: object) -> str:
    fields = re.findall(r"\{(\w*)\}", pattern) if isinstance(pattern, str) else []
    if not isinstance(pattern, str) or "id" not in fields or set(fields) - set(_FIELDS):
        raise UsageError(
            f"claim 'names' can't be {pattern!r}: it is a pattern with {{id}}, and {{label}} or "
            '{class} where the name tells the class, such as "{class}.{id}.png"; or a table '
            '{ image = "{id}.png", mask = "{id}_mask.png" }'
        )
    return pattern
