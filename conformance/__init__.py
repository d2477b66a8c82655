"""A conformance kit for Keras data generators: ``pytest --generator mymodule:gen``.

Importing this package imports nothing beyond the standard library; what it offers is loaded at
its first use:

* :func:`conformance.check` judges a generator without pytest and returns a report,
* :class:`conformance.declare` declares in the code what can't be inferred,
* :func:`conformance.parametrize_with_clauses` turns the contract into tests of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.api import check, parametrize_with_clauses
    from conformance.config import declare

__all__ = ["__version__", "check", "declare", "parametrize_with_clauses"]

__version__ = "0.1.0"

_HOMES = {
    "check": "conformance.api",
    "parametrize_with_clauses": "conformance.api",
    "declare": "conformance.config",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
