"""Tells what an object derives from without importing the library that it would come from."""

from __future__ import annotations

from typing import Any


def derives_from(obj: Any, names: tuple[str, ...], library: str, inside: str = "") -> bool:
    """Whether a class in the ancestry of ``obj`` has one of these names and comes from a library.

    Keras recognises the kinds in the same way, since it must not import them either
    (``keras/src/trainers/data_adapters/__init__.py``).

    Args:
        names: names of the classes.
        library: first part of their module, e.g. ``"torch"``.
        inside: text that the module's name must contain.
    """
    return any(
        parent.__name__ in names
        and str(parent.__module__).partition(".")[0] == library
        and inside in str(parent.__module__)
        for parent in type(obj).__mro__
    )
