"""Which backend Keras would train with; decided without importing any of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

TRAINING = ("tensorflow", "jax", "torch")
"""Backends that can train, Keras' default first."""

_PACKAGES = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly"),
    "jax": ("jax",),
    "torch": ("torch",),
}
_INSTALL = "pip install 'keras-generator-conformance[tensorflow]' (or [jax], [torch])"


@dataclass(frozen=True)
class Backend:
    """The backend to train with, or why there is none.

    Attributes:
        name: ``"tensorflow"``, ``"jax"`` or ``"torch"``; "" if there is none.
        text: names it with the versions, for reports.
        missing: why nothing can be trained, and what to do; "" if something can.
    """

    name: str = ""
    text: str = ""
    missing: str = ""


def choose(environment: Mapping[str, str] | None = None) -> Backend:
    """Return the backend that Keras would use here: KERAS_BACKEND, its file, else what is there.

    Args:
        environment: the variables to read, ``os.environ`` if None.
    """
    variables = os.environ if environment is None else environment
    if not _installed("keras"):
        return Backend(missing=f"Keras is not installed: {_INSTALL}")
    wanted = variables.get("KERAS_BACKEND", "")
    if wanted and wanted not in TRAINING:
        return Backend(
            missing=f"KERAS_BACKEND={wanted} can't train: set it to one of {', '.join(TRAINING)}"
        )
    if wanted and not _installed(wanted):
        return Backend(missing=f"KERAS_BACKEND={wanted}, which is not installed: {_INSTALL}")
    configured = wanted or _from_file(variables)
    for name in (configured, *TRAINING):
        if name in TRAINING and _installed(name):
            return Backend(name, f"Keras {_version('keras')} on {name} {_version(name)}")
    return Backend(missing=f"no backend of Keras is installed: {_INSTALL}")


def _installed(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _from_file(variables: Mapping[str, str]) -> str:
    """Return the backend that ``keras.json`` names, "" if there is none."""
    home = variables.get("KERAS_HOME") or str(Path("~").expanduser() / ".keras")
    try:
        settings = json.loads((Path(home) / "keras.json").read_text("utf-8"))
        return str(settings.get("backend", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _version(name: str) -> str:
    for package in _PACKAGES.get(name, (name,)):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return "of unknown version"
