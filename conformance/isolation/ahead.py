"""Which libraries a subject's file imports, read from its text: they can be imported ahead of it."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.config import SubjectConfig

_SLOW = ("tensorflow", "keras", "torch", "jax", "grain")
"""Libraries that take long to import."""

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)
_CHOOSES = re.compile(r"environ|putenv|dotenv")
"""Signs of a file that sets up its libraries before it imports them."""


def slow_imports(config: SubjectConfig) -> tuple[str, ...]:
    """Return the libraries that take long among those that the subject's file imports itself."""
    found = set(_IMPORT.findall(_text(config)))
    return () if sets_up(config) else tuple(name for name in _SLOW if name in found)


def sets_up(config: SubjectConfig) -> bool:
    """Whether the subject's file may set up a library before it imports it."""
    return bool(_CHOOSES.search(_text(config)))


def _text(config: SubjectConfig) -> str:
    """Return the text of the subject's file, "" where it isn't found without importing anything."""
    name = config.spec.rpartition(":")[0]
    path = name if name.endswith(".py") else name.replace(".", "/") + ".py"
    try:
        return Path(config.root or ".", path).read_text("utf-8", "replace")
    except OSError:
        return ""
