"""Processes that have imported a backend, kept for all clauses and subjects of a session."""

from __future__ import annotations

from dataclasses import replace

from conformance.config import Settings, SubjectConfig
from conformance.isolation.host import IsolatedObserver
from conformance.observe import Description
from conformance.training.backend import Backend

_OBSERVER = "conformance.training.observer:TrainingObserver"
_BACKEND = ("conformance.training.recorder", "conformance.training.lesson")
"""What imports Keras and with it the backend."""

_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # TensorFlow takes three times as long where all memory is patterned
    "MALLOC_PERTURB_": "0",
}

_children: dict[tuple[str, str], IsolatedObserver] = {}


def begin(config: SubjectConfig, settings: Settings, backend: Backend) -> bool:
    """Let the process that will train import the backend; False if it has done so before."""
    key = (config.root, backend.name)
    if key in _children:
        return False
    _children[key] = fresh(config, settings, backend)
    _children[key].preload(_BACKEND)
    return True


def lend(
    config: SubjectConfig, settings: Settings, description: Description, backend: Backend
) -> IsolatedObserver:
    """Return the process that trains, turned to this subject; started here if not by begin.

    Subjects of one directory share it. It ends with the session.
    """
    key = (config.root, backend.name)
    child = _children.get(key)
    if child is None:
        child = _children[key] = fresh(config, settings, backend)
    if not child.observes(config):
        child.turn_to(config, settings)
        child.adopt(description)
    return child


def fresh(config: SubjectConfig, settings: Settings, backend: Backend) -> IsolatedObserver:
    """Return a process that trains nothing but this subject; the caller closes it."""
    environment = {**_ENVIRONMENT, "KERAS_BACKEND": backend.name}
    return IsolatedObserver(
        replace(config, target=None), settings, environment=environment, observer=_OBSERVER
    )


def close() -> None:
    """End all processes that are kept."""
    while _children:
        _children.popitem()[1].close()
