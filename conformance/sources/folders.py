"""Roles that are folders: of classes, of images, of masks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from conformance.sources import pictures
from conformance.sources.material import Material
from conformance.sources.names import class_name, file_names, image_pattern, mask_pattern
from conformance.sources.store import store


def folder_of(material: Material, kind: str, write: Any, *more: Any) -> Path:
    """Return the folder of one kind for this problem; see :class:`~.store.Store`."""
    problem = material.problem
    order = (material.n_classes, material.grouped, problem.scenario)
    folder = store().folder((kind, material.n, material.spec, *order, *more), write)
    if folder not in material.folders:
        material.folders.append(folder)
    return folder


def is_spoilt(material: Material, i: int) -> bool:
    """Whether sample ``i`` is the one whose file can't be read."""
    return material.problem.scenario == "unreadable" and i == material.n // 2


def image_files(material: Material) -> list[Path]:
    """Return the image file of each sample, all in one folder called ``images``."""
    pattern = image_pattern(material)
    names = file_names(material, pattern)
    base = folder_of(material, "images", partial(_fill_images, material, names), pattern)
    return [base / "images" / name for name in names]


def _fill_images(material: Material, names: list[str], base: Path) -> None:
    (base / "images").mkdir()
    for i, (name, image) in enumerate(zip(names, material.images, strict=True)):
        _write(base / "images" / name, image, spoilt=is_spoilt(material, i))


def _write(path: Path, image: Any, *, spoilt: bool) -> None:
    if spoilt:
        path.write_bytes(pictures.NOT_AN_IMAGE)
    else:
        pictures.write(path, image)


def image_dir(material: Material) -> str:
    """A flat folder of images, one a sample; with ids, of ``{id}.npy``."""
    if "ids" in material.roles:
        from conformance.sources.ids import array_dir

        return array_dir(material)
    return str(image_files(material)[0].parent) + material.slash


def mask_dir(material: Material) -> str:
    """A flat folder of masks, by default under the names of their images."""
    return str(mask_files(material)[0].parent) + material.slash


def mask_paths(material: Material) -> list[str]:
    """A list of the file names of masks, in the order of the images."""
    beside = "mask_dir" in material.roles and material.form != "whole"
    return [file.name if beside else str(file) for file in mask_files(material)]


def mask_files(material: Material) -> list[Path]:
    """Return the file of each mask, all in one folder called ``masks``."""
    pattern = mask_pattern(material)
    names = file_names(material, pattern, masks=True)
    base = folder_of(material, "masks", partial(_fill_masks, material, names), pattern)
    return [base / "masks" / name for name in names]


def _fill_masks(material: Material, names: list[str], base: Path) -> None:
    (base / "masks").mkdir()
    for name, mask in zip(names, material.masks, strict=True):
        pictures.write(base / "masks" / name, mask)


def directory(material: Material) -> str:
    """A folder with one folder a class, which may be empty where samples are few.

    Beside a list of files it is the flat folder that holds them; for code that names them, a
    folder that holds one of images and one of masks.
    """
    if "image_dir" in material.roles:
        return image_dir(material)
    if material.parts:
        files = partial(_fill_parts, material)
        return str(folder_of(material, "parts", files, material.form)) + material.slash
    fill = partial(_fill_classes, material)
    base = str(folder_of(material, "classes", fill, material.suffix))
    return base + material.slash


def _fill_parts(material: Material, base: Path) -> None:
    for part, pictured in zip(material.parts, (material.images, material.masks), strict=True):
        (base / part).mkdir()
        names = file_names(material, "{id}.png", masks=pictured is material.masks)
        for i, (name, image) in enumerate(zip(names, pictured, strict=True)):
            spoilt = pictured is material.images and is_spoilt(material, i)
            _write(base / part / name, image, spoilt=spoilt)


def _fill_classes(material: Material, base: Path) -> None:
    for k in range(material.n_classes):
        (base / class_name(k)).mkdir()
    ending = ".jpg" if material.problem.scenario == "jpeg" else material.suffix
    width = 0 if material.problem.scenario == "unpadded" else 4
    for i, (label, image) in enumerate(zip(material.labels, material.images, strict=True)):
        name = str(i).zfill(width) + ending
        _write(base / class_name(int(label)) / name, image, spoilt=is_spoilt(material, i))


def file_names_for(material: Material) -> list[str]:
    """Return what lists hold: names in a folder that is told beside them, or whole paths."""
    beside = "image_dir" in material.roles and material.form != "whole"
    return [file.name if beside else str(file) for file in image_files(material)]


MAKERS = {
    "directory": directory,
    "image_dir": image_dir,
    "mask_dir": mask_dir,
    "mask_paths": mask_paths,
}
