"""Small generators with exactly one fault each, and the clauses that each of them breaks.

Every module of this package is one mutant: a copy of the correct generator in
:mod:`conformance.mutants._base` with one realistic mistake. It names

``BREAKS``
    clauses that must fail,
``MAY_BREAK``
    clauses that may fail as a consequence; no other clause may fail,
``CLAIMS`` and ``BIND`` (where its author would have to declare something)
    claims, and roles by parameter,
``generator``
    the subject.
"""

import importlib
import pkgutil
from types import ModuleType


def names() -> tuple[str, ...]:
    """Return the names of all mutants, sorted."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def load(name: str) -> ModuleType:
    """Return the module of the mutant called ``name``.

    Raises ``ValueError`` for a name that is not in :func:`names`.
    """
    if name not in names():
        raise ValueError(
            f"there is no mutant called {name!r}; conformance.mutants.names() lists them all"
        )
    return importlib.import_module(f"{__name__}.{name}")
