"""Ids, the array file of each, and a dictionary of their labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from conformance.sources import pictures
from conformance.sources.folders import folder_of, image_files, is_spoilt
from conformance.sources.material import Material

FORMS = ("", "id-")
"""Forms of ids: whole numbers, or words such as ``"id-0003"``."""

KEYS = ("", "stem", "path")
"""Forms of the keys of a dictionary of files: their names, without suffix, or with their folder."""


def ids(material: Material) -> Any:
    """A list of the ids ``0..n-1``, or of words."""
    words = material.form == FORMS[1]
    return [f"id-{i:04d}" for i in range(material.n)] if words else list(range(material.n))


def label_dict(material: Material) -> Any:
    """Id to label; file name to label where there are files, but no ids."""
    files = "ids" not in material.roles and material.roles & {"paths", "image_dir"}
    keys = _names(material) if files else ids(material)
    return {key: int(label) for key, label in zip(keys, material.labels, strict=True)}


def _names(material: Material) -> list[str]:
    files = image_files(material)
    named = {"stem": [f.stem for f in files], "path": [str(f) for f in files]}
    return named.get(material.form, [f.name for f in files])


def array_dir(material: Material) -> str:
    """A folder of ``{id}.npy``, each of shape ``(H, W, C)``, and ``{id}.png`` where pixels fit."""
    names = [str(i) for i in ids(material)]
    base = folder_of(material, "arrays", partial(_fill, material, names), material.form)
    return str(base) + material.slash


def _fill(material: Material, names: list[str], base: Path) -> None:
    for i, (name, image) in enumerate(zip(names, material.images, strict=True)):
        for suffix in (".npy", ".png") if image.dtype == "uint8" else (".npy",):
            path = base / (name + suffix)
            if is_spoilt(material, i):
                path.write_bytes(pictures.NOT_AN_IMAGE)
            else:
                pictures.write(path, image)


MAKERS = {"ids": ids, "label_dict": label_dict}
