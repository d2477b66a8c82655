"""A CSV file: of pixels, one line a sample, gray; or of file names, beside a folder of images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from conformance.config import UsageError
from conformance.sources.folders import folder_of, image_files
from conformance.sources.material import COLOUR, Material

FORMS = ("", "bare")
"""Forms of a file of names: with a header ``filename,label``, or without."""

PIXELS = ("", COLOUR)
"""Forms of a file of pixels: one value a pixel, or three."""


def csv(material: Material) -> Any:
    """The name of a file without header: label, then ``side * side`` gray values, or
    three times as many where it reads colour.

    Beside a folder of images it holds file names and labels instead.

    Raises:
        UsageError: the declared ``schema`` is not one of such a file.
    """
    if "csv" not in material.flat:
        form = material.form
        base = folder_of(material, "names", partial(_fill_names, material), form)
        return str(base / "images.csv")
    schema = _schema(material)
    fill = partial(_fill, material, schema)
    base = folder_of(material, "csv", fill, material.form, *sorted(schema.items()))
    return str(base / "images.csv")


def _fill(material: Material, schema: dict[str, Any], base: Path) -> None:
    lines = []
    for label, image in zip(material.labels, material.images, strict=True):
        pixels = image.ravel().tolist()
        line = [*pixels, int(label)] if schema.get("label") == "last" else [int(label), *pixels]
        lines.append(",".join(map(str, line)))
    if schema.get("header"):
        pixel_names = [f"pixel{i}" for i in range(material.images[0].size)]
        names = (
            [*pixel_names, "label"] if schema.get("label") == "last" else ["label", *pixel_names]
        )
        lines.insert(0, ",".join(names))
    (base / "images.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def _fill_names(material: Material, base: Path) -> None:
    files = zip(image_files(material), material.labels, strict=True)
    lines = [f"{file.name},{int(label)}" for file, label in files]
    if material.form != "bare":
        lines.insert(0, "filename,label")
    (base / "images.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _schema(material: Material) -> dict[str, Any]:
    schema = material.claims.get("schema", {})
    known = isinstance(schema, dict) and not set(schema) - {"label", "header"}
    if not known or schema.get("label", "first") not in ("first", "last"):
        raise UsageError(
            f"claim 'schema' of a CSV file can't be {schema!r}: it says where the label stands and "
            'whether there is a header, such as { label = "last", header = true }'
        )
    return dict(schema)


MAKERS = {"csv": csv}
