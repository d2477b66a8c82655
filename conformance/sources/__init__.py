"""What the kit hands to a subject: one value for each role, made from a problem's probe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.config import UsageError
from conformance.sources import arrays, switches
from conformance.sources.material import Material

MAKERS: dict[str, Callable[[Material], Any]] = {**arrays.MAKERS, **switches.MAKERS}
"""Role -> what makes its value from the material of a problem."""


def make(roles: tuple[str, ...], material: Material) -> Any:
    """Return the value for a parameter that carries these roles.

    A parameter with several roles gets True if any of them, a switch, is on.
    """
    for role in roles:
        if role not in MAKERS:
            raise UsageError(f"role {role!r} has no source in this version of the kit")
    values = [MAKERS[role](material) for role in roles]
    return values[0] if len(values) == 1 else any(bool(v) for v in values)
