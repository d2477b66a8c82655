"""An HDF5 file of images and labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from conformance.config import UsageError
from conformance.sources.folders import folder_of
from conformance.sources.material import Material


def hdf5(material: Material) -> Any:
    """The name of a file with data sets ``images`` and ``labels``, or as the ``schema`` says.

    Raises:
        UsageError: h5py is not installed, or the declared ``schema`` is none of such a file.
    """
    schema = material.claims.get("schema", {})
    if not isinstance(schema, dict) or set(schema) - {"images", "labels"}:
        raise UsageError(
            f"claim 'schema' of an HDF5 file can't be {schema!r}: it names the data sets, such as "
            '{ images = "X", labels = "y" }'
        )
    base = folder_of(material, "hdf5", partial(_fill, material, schema), *sorted(schema.items()))
    return str(base / "images.h5")


def _fill(material: Material, schema: dict[str, str], base: Path) -> None:
    try:
        import h5py
    except ImportError:
        raise UsageError("role 'hdf5' needs h5py: pip install h5py") from None
    with h5py.File(base / "images.h5", "w") as file:
        file[schema.get("images", "images")] = material.images
        file[schema.get("labels", "labels")] = material.labels


MAKERS = {"hdf5": hdf5}
