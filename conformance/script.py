"""A few lines to paste that show a fault with NumPy alone."""

from __future__ import annotations

from conformance.problem import EXPLORATORY, Problem

_NAMED = ("images", "labels", "onehot_labels", "float_labels", "weights")

_OF_FILES = (
    "samples",
    "pairs",
    "arrays",
    "paths",
    "ids",
    "label_dict",
    "directory",
    "image_dir",
    "mask_paths",
    "mask_dir",
    "frame",
    "csv",
    "hdf5",
    "string_labels",
    "class_names",
    "masks",
    "table",
)
"""Roles that :func:`conformance.sources.example` makes."""


def script_for(
    spec: str,
    roles: tuple[tuple[str, str, str], ...],
    problem: Problem,
    method: tuple[str, tuple[str, ...]] | None = None,
    *,
    callable_twice: bool = True,
) -> str:
    """Return a script that opens ``spec`` on arrays whose sample i is all i, and prints rows.

    Args:
        spec, roles, problem: what is opened, with what, on what.
        method: name of the method of an object that must be made first, and the parameters that
            its class takes.
        callable_twice: whether what it returns may have to be called once more.
    """
    values = _values(problem)
    lines = ["import numpy as np", *_import(spec)]
    if not problem.closed:
        lines.append(f"n = {problem.n}")
    lines += _files(roles, problem)
    arguments: list[str] = []
    for parameter, role, _ in roles:
        first = role.partition("+")[0]
        if role in _OF_FILES:
            arguments.append(parameter if "*" in parameter else f"{parameter}={parameter}")
        elif role in _NAMED:
            lines.append(f"{parameter} = {values[role]}")
            arguments.append(f"{parameter}={parameter}")
        elif first == "augmenter" and problem.augment:
            lines.append(f"{parameter} = ...  # your augmenter")
            arguments.append(f"{parameter}={parameter}")
        elif first in values:
            arguments.append(f"{parameter}={values[first]}")
        elif _is_literal(role):
            arguments.append(f"{parameter}={role}")
        else:
            lines.append(f"{parameter} = ...  # {role} of your own")
            arguments.append(f"{parameter}={parameter}")
    attribute = spec.rpartition(":")[2] or "subject"
    count = 2 * problem.steps + 2
    again = ['if callable(stream) and not hasattr(stream, "__iter__"):', "    stream = stream()"]
    return "\n".join(
        [
            *lines,
            f"stream = {_call(attribute, arguments, method)}",
            *(again if callable_twice else ()),
            f"for k, batch in zip(range({count}), stream):",
            "    parts = [p for part in batch for p in (part.values() if isinstance(part, dict) else [part])]",
            "    print(k, [np.asarray(part).reshape(len(part), -1)[:, 0] for part in parts])",
        ]
    )


def _files(roles: tuple[tuple[str, str, str], ...], problem: Problem) -> list[str]:
    """Return lines that make the files of a source, if there are any."""
    found = [(parameter.lstrip("*"), role) for parameter, role, _ in roles if role in _OF_FILES]
    if not found:
        return []
    scenario = problem.scenario if problem.scenario in EXPLORATORY else "constant"
    more = [f"classes={problem.classes}"] * bool(problem.classes)
    more += [f"form={problem.form!r}"] * bool(problem.form)
    more += [f"side={problem.side}"] * (problem.side != Problem.side)
    more += [f"scenario={scenario!r}"] * (scenario != "constant")
    words = ", ".join([*(repr(role) for _, role in found), "n=n", *more])
    level = "  # image i is of one level, i / (n - 1) * 255" if scenario == "constant" else ""
    names = ", ".join(parameter for parameter, _ in found)
    return [
        "from conformance.sources import example",
        f"{names} = example({words}){level}",
    ]


def _call(attribute: str, arguments: list[str], method: tuple[str, tuple[str, ...]] | None) -> str:
    if method is None:
        return f"{attribute}({', '.join(arguments)})"
    name, taken = method
    made = [a for a in arguments if a.partition("=")[0] in taken]
    given = [a for a in arguments if a not in made]
    owner = attribute.removesuffix(f".{name}")
    called = "" if name == "__call__" else f".{name}"
    return f"{owner}({', '.join(made)}){called}({', '.join(given)})"


def _import(spec: str) -> list[str]:
    module, _, attribute = spec.rpartition(":")
    head = attribute.partition(".")[0] or "subject"
    if module.endswith(".py"):
        return ["import runpy", f"{head} = runpy.run_path({module!r})[{head!r}]"]
    return [f"from {module} import {head}"] if module else []


def _values(problem: Problem) -> dict[str, str]:
    """Return an expression for each role."""
    side, dtype = problem.side, problem.dtype
    index = "np.arange(n - 1)" if problem.scenario == "uneven" else "np.arange(n)"
    label = f"{index} % {problem.classes}" if problem.classes else index
    return {
        "images": f"np.zeros((n, {side}, {side}, 3), np.{dtype}) "
        f"+ np.arange(n, dtype=np.{dtype})[:, None, None, None]  # image i is all i",
        "labels": label,
        "onehot_labels": f"np.eye({problem.classes or 'n'}, dtype=np.float32)[{label}]",
        "float_labels": f"({label}).astype(np.float32)",
        "weights": "np.arange(1, n + 1, dtype=np.float32)",
        "batch_size": str(problem.batch_size),
        "shuffle": str(problem.shuffle),
        "augment": str(problem.augment),
        "augmenter": "None",
        "seed": str(problem.seed),
        "rng": f"np.random.default_rng({problem.seed})",
        "steps": str(problem.steps),
        "n_classes": str(problem.classes or "n"),
        "image_size": f"({side}, {side})",
        "image_shape": f"({side}, {side}, 3)",
    }


def _is_literal(text: str) -> bool:
    """Whether a constant of the binding can be pasted as it is printed."""
    import ast

    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True
