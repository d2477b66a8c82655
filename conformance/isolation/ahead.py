"""Which libraries a subject's file imports, read from its text: they can be imported ahead of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from conformance.config import SubjectConfig

_SLOW = ("tensorflow", "keras", "torch", "jax", "grain")
"""Libraries that take long to import."""

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)
_CHOOSES = re.compile(r"environ|putenv|dotenv|set_backend")
"""Signs of code that sets up its libraries before it imports them."""


def slow_imports(config: SubjectConfig) -> tuple[str, ...]:
    """Return the libraries that take long among those that the subject's file imports itself."""
    texts = [] if sets_up(config) else _texts(config)
    found = {name for text in texts for name in _IMPORT.findall(text)}
    return tuple(name for name in _SLOW if name in found)


def sets_up(config: SubjectConfig) -> bool:
    """Whether a library may have to wait for the subject's code, which sets it up or is in its place.

    True also where that code isn't found without importing anything.
    """
    texts = _texts(config)
    own = any(_is_module(Path(folder, name)) for folder in _folders(config) for name in _SLOW)
    return not texts or own or any(_CHOOSES.search(text) for text in texts)


def _is_module(path: Path) -> bool:
    return path.with_suffix(".py").is_file() or path.is_dir()


def _folders(config: SubjectConfig) -> tuple[Path, ...]:
    """Return the directories of the user from which the subject may import."""
    name = config.spec.rpartition(":")[0]
    root = Path(config.root or ".")
    return (root, root.joinpath(name).parent) if name.endswith(".py") else (root,)


def _texts(config: SubjectConfig) -> list[str]:
    """Return the text of the subject's module and of the packages around it, [] if not found."""
    name = config.spec.rpartition(":")[0]
    if name.endswith(".py"):
        return _read(Path(config.root or ".", name))
    parts = name.split(".")
    for place in (config.root or ".", *sys.path):
        base = Path(place, *parts)
        module = _read(base.with_suffix(".py")) or _read(base / "__init__.py")
        if module:
            around = (Path(place, *parts[:k], "__init__.py") for k in range(1, len(parts)))
            return module + [text for file in around for text in _read(file)]
    return []


def _read(file: Path) -> list[str]:
    try:
        return [file.read_text("utf-8", "replace")]
    except OSError:
        return []
