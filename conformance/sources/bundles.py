"""Images and labels in one argument, as code takes them that unpacks a data set by itself."""

from __future__ import annotations

from typing import Any

from conformance.sources import arrays
from conformance.sources.material import Material

FORMS = ("tuple", "dict")
"""What such an argument may be, the commonest first."""


class Columns(dict[str, Any]):
    """Images and labels under whatever name they are asked for: as items or as attributes."""

    def __missing__(self, name: str) -> Any:
        """Return the part that ``name`` means.

        Raises:
            KeyError: it means neither images nor labels.
        """
        from conformance.roles import infer_role

        role = infer_role(name) if isinstance(name, str) else None
        if role not in ("images", "labels"):
            raise KeyError(name)
        return dict.__getitem__(self, role)

    def __getattr__(self, name: str) -> Any:
        """Return the same for an attribute."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __contains__(self, name: object) -> bool:
        """Whether ``name`` means one of the parts."""
        try:
            self[name]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        """Return the part that ``name`` means, else the default."""
        try:
            return self[name]
        except KeyError:
            return default


def bundle(material: Material) -> Any:
    """Return ``(images, labels)``, or both by their names."""
    parts = arrays.images(material), arrays.labels(material)
    return Columns(images=parts[0], labels=parts[1]) if material.form == "dict" else parts


MAKERS = {"arrays": bundle}
