"""Roles that are lists of image files, with or without labels beside them."""

from __future__ import annotations

from typing import Any

from conformance.sources.folders import image_files
from conformance.sources.material import Material
from conformance.sources.names import class_name

ROWS = ("", "named")
"""Forms of rows: numbers as labels, or names of classes."""


def paths(material: Material) -> Any:
    """A list of file names, one a sample."""
    return [str(file) for file in image_files(material)]


def samples(material: Material) -> Any:
    """A list of rows ``[path, label]``."""
    named = material.problem.form == "named"
    return [
        [str(file), class_name(int(label)) if named else int(label)]
        for file, label in zip(image_files(material), material.labels, strict=True)
    ]


MAKERS = {"paths": paths, "samples": samples}
