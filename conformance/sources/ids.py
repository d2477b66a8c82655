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

_PLACES = ("data", "images", "train", "dataset")
"""Folders in which code looks for arrays if it isn't told."""

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


def home(material: Material) -> str | None:
    """Return the folder to work in for a subject that is given ids, but no folder.

    What it reads is then relative: ``data/{id}.npy`` and the like, or as its author declares by
    ``names = "my_arrays/{id}.npy"``.
    """
    if "ids" not in material.roles or material.roles & {"directory", "image_dir"}:
        return None
    declared = material.claims.get("names", "")
    place = str(declared).rpartition("/")[0] if isinstance(declared, str) else ""
    places = (place,) if place else _PLACES
    names = [str(i) for i in ids(material)]
    fill = partial(_fill_home, material, names, places)
    return str(folder_of(material, "home", fill, material.form, *places))


def _fill_home(material: Material, names: list[str], places: tuple[str, ...], base: Path) -> None:
    for place in places:
        (base / place).mkdir(parents=True, exist_ok=True)
        _fill(material, names, base / place)


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
