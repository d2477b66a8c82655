"""From ``--generator SPEC`` to the object that it names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.adapters.libraries import advised
from conformance.config import ATTRIBUTE, Declaration, SubjectConfig, UsageError
from conformance.isolation.errors import SubjectError
from conformance.tracebacks import user_traceback


@dataclass(frozen=True)
class Located:
    """What a spec names.

    Attributes:
        obj: the object; for ``Class.method`` the plain function.
        owner: the class that must be made first, for ``Class.method`` of an instance method.
        declaration: from the options, over the decorator's.
    """

    obj: Any
    owner: type | None
    declaration: Declaration


def locate(config: SubjectConfig) -> Located:
    """Import the subject.

    Raises:
        UsageError: the spec names nothing; says what was found and what to type.
        SubjectError: the user's module fails on import; carries their traceback.
    """
    if config.target is not None:
        return _located(config.target, None, config)
    module_name, colon, attribute = config.spec.rpartition(":")
    if not colon or not module_name or not attribute:
        raise UsageError(
            f"--generator {config.spec!r}: a spec is module:attr or path/to/file.py:attr, "
            f"e.g. --generator {(config.spec.strip(':') or 'mymodule')}:gen"
        )
    if config.root and config.root not in sys.path:
        sys.path.insert(0, config.root)
    module = _load_file(module_name, config) if module_name.endswith(".py") else _load(module_name)
    owner: type | None = None
    obj: Any = module
    for name in attribute.split("."):
        owner = obj if isinstance(obj, type) else None
        if not hasattr(obj, name):
            raise UsageError(_no_attribute(config.spec, obj, name))
        static = vars(owner).get(name) if owner else None
        obj = getattr(obj, name)
        if isinstance(static, (staticmethod, classmethod)):
            owner = None
    if owner is not None and (isinstance(obj, type) or not callable(obj)):
        owner = None
    return _located(obj, owner, config)


def _located(obj: Any, owner: type | None, config: SubjectConfig) -> Located:
    own = getattr(obj, ATTRIBUTE, None) or Declaration()
    if not (callable(obj) or hasattr(obj, "__iter__") or hasattr(obj, "__getitem__")):
        raise UsageError(
            f"--generator {config.spec!r} names an object of type {type(obj).__name__}, which can be neither "
            "called nor iterated. Name a generator function, a factory, a dataset or an iterator."
        )
    return Located(obj, owner, config.declaration.over(own))


def _load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            near = _near_modules(name)
            raise UsageError(
                f"no module named {error.name!r} (from --generator {name}:…). Looked in the "
                f"directory of the call and on sys.path.{near} "
                "A file is named with its path: path/to/file.py:attr"
            ) from None
        raise SubjectError(advised(error), user_traceback(error)) from None
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise SubjectError(
            f"importing {name} failed: {advised(error)}", user_traceback(error)
        ) from None


def _near_modules(name: str) -> str:
    root = Path(sys.path[0] or ".")
    known = [p.stem for p in root.glob("*.py")] if root.is_dir() else []
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _load_file(path: str, config: SubjectConfig) -> ModuleType:
    file = Path(path) if Path(path).is_absolute() else Path(config.root or ".") / path
    if not file.is_file():
        raise UsageError(f"--generator {config.spec!r}: there is no file {file}")
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = file.stem
    found = sys.modules.get(name)
    if found is not None and getattr(found, "__file__", None) == str(file.resolve()):
        return found
    if found is not None or not name.isidentifier() or name in sys.stdlib_module_names:
        name = f"_conformance_subject_{abs(hash(str(file.resolve())))}"
        if name in sys.modules:
            return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise UsageError(f"--generator {config.spec!r}: {file} can't be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        sys.modules.pop(name, None)
        raise SubjectError(
            f"importing {file.name} failed: {advised(error)}", user_traceback(error)
        ) from None
    return module


def _no_attribute(spec: str, obj: Any, name: str) -> str:
    public = [
        n
        for n, value in (vars(obj).items() if hasattr(obj, "__dict__") else ())
        if not n.startswith("_") and not inspect.ismodule(value)
    ]
    near = get_close_matches(name, public, n=3, cutoff=0.5)
    callables = [n for n in public if callable(getattr(obj, n, None))]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"It has: {', '.join(callables[:8])}."
    label = getattr(obj, "__name__", type(obj).__name__)
    return f"--generator {spec!r}: {label} has no attribute {name!r}. {hint}"
