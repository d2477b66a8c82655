"""A pandas frame of file names and labels."""

from __future__ import annotations

from typing import Any

from conformance.config import UsageError
from conformance.sources.folders import file_names_for, image_files
from conformance.sources.material import PIXELS, Material
from conformance.sources.names import class_name

FORMS = ("", "named", PIXELS)
"""Forms of a frame: labels are numbers, or names of classes; or pixels stand in it as text."""


def frame(material: Material) -> Any:
    """A frame, one row a sample: filename, label, path, image, class; and the declared columns.

    Names of files are absolute, but those in ``filename`` where their folder is told beside them.

    Raises:
        UsageError: pandas is not installed, or the declared ``schema`` is no table of columns.
    """
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("role 'frame' needs pandas: pip install pandas") from None
    if material.form == PIXELS:
        return pd.DataFrame(_pixels(material))
    files = [str(file) for file in image_files(material)]
    numbers = [int(label) for label in material.labels]
    names = [class_name(label) for label in numbers]
    labels = names if material.form == "named" else numbers
    columns: dict[str, Any] = {
        "filename": file_names_for(material),
        "label": labels,
        "path": files,
        "image": files,
        "class": names,
    }
    for role, column in _schema(material).items():
        columns[column] = {"image": files, "label": labels, "class": names}[role]
    return pd.DataFrame(columns)


def _pixels(material: Material) -> dict[str, Any]:
    """Columns as those of the FER-2013 data: a class, gray values as text, the use."""
    numbers = [int(label) for label in material.labels]
    return {
        "emotion": numbers,
        "label": numbers,
        "pixels": [" ".join(map(str, image.ravel().tolist())) for image in material.images],
        "Usage": ["Training"] * material.n,
    }


def backwards(rows: Any) -> Any:
    """Return a frame with its rows in reverse and a new index."""
    return rows.iloc[::-1].reset_index(drop=True)


def _schema(material: Material) -> dict[str, str]:
    schema = material.claims.get("schema", {})
    if not isinstance(schema, dict) or set(schema) - {"image", "label", "class"}:
        raise UsageError(
            f"claim 'schema' of a frame can't be {schema!r}: it names columns, such as "
            '{ image = "image_path", label = "diagnosis" }'
        )
    return schema


MAKERS = {"frame": frame}
