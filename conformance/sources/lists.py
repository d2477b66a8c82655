"""Roles that are lists of image files, with or without labels beside them."""

from __future__ import annotations

from typing import Any

from conformance.sources.folders import file_names_for
from conformance.sources.material import Material
from conformance.sources.names import class_name

ROWS = ("", "log", "named")
"""Forms of rows: path and label; a driving log, all words; path and name of the class."""


def paths(material: Material) -> Any:
    """A list of file names, one a sample: whole, or in the folder that is told beside them."""
    return file_names_for(material)


def samples(material: Material) -> Any:
    """A list of rows ``[path, label]``.

    In the form ``"log"`` they are those of a driving simulator: three paths, of cameras in the
    centre, left and right, then steering angle, throttle, brake and speed, all words.
    """
    rows = zip(file_names_for(material), material.labels.tolist(), strict=True)
    if material.form == "log":
        return [[file, file, file, str(float(k)), "0.9", "0.0", "30.1"] for file, k in rows]
    named = material.form == "named"
    return [[file, class_name(k) if named else k] for file, k in rows]


MAKERS = {"paths": paths, "samples": samples}
