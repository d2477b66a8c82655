"""Which exploratory problems a source has: what a correct generator may refuse to read."""

from __future__ import annotations

from conformance.sources.material import PICTURED, Material
from conformance.sources.names import name_tells

_COMPRESSED = frozenset(("samples", "paths", "directory", "frame"))
_LISTED = frozenset(("directory", "image_dir", "mask_dir"))


def explorations(material: Material, *, labelled: bool, named: bool) -> tuple[str, ...]:
    """Return the exploratory scenarios that this source can be put into.

    Args:
        material: of any problem; its roles decide.
        labelled: whether the subject is told labels.
        named: whether classes have names only, so that there are no large numbers.
    """
    roles = material.roles
    files, flat = bool(roles & PICTURED), material.flat
    found = {
        "wide": "csv" not in flat,
        "gray": not flat,
        "unit": not files,
        "jpeg": bool(roles & _COMPRESSED) or (name_tells(material) and "image_dir" in roles),
        "unpadded": bool(roles & _LISTED) and "ids" not in roles,
        "resized": files
        and bool(roles & {"image_size", "image_height"})
        and not flat
        and "ids" not in roles,
        "unreadable": files and not flat,
        "one class": labelled,
        "classes": labelled and not named,
        "uneven": bool(roles & {"labels", "onehot_labels", "float_labels", "string_labels"}),
    }
    return tuple(scenario for scenario, possible in found.items() if possible)
