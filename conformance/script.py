"""A few lines to paste that show a fault with NumPy alone."""

from __future__ import annotations

from conformance.problem import Problem


def script_for(spec: str, roles: tuple[tuple[str, str, str], ...], problem: Problem) -> str:
    """Return a script that opens ``spec`` on arrays whose sample i is all i, and prints rows."""
    module, _, attribute = spec.rpartition(":")
    head = attribute.partition(".")[0] or "subject"
    lines = ["import numpy as np"]
    if module.endswith(".py"):
        lines += ["import runpy", f"{head} = runpy.run_path({module!r})[{head!r}]"]
    elif module:
        lines.append(f"from {module} import {head}")
    side = problem.side
    values = {
        "images": f"np.zeros((n, {side}, {side}, 3), np.{problem.dtype}) "
        f"+ np.arange(n, dtype=np.{problem.dtype})[:, None, None, None]  # image i is all i",
        "labels": "np.arange(n)" if not problem.classes else f"np.arange(n) % {problem.classes}",
        "onehot_labels": f"np.eye({problem.classes or 'n'}, dtype=np.float32)[np.arange(n)"
        + (f" % {problem.classes}]" if problem.classes else "]"),
        "float_labels": "np.arange(n, dtype=np.float32)",
        "weights": "np.arange(1, n + 1, dtype=np.float32)",
        "batch_size": str(problem.batch_size),
        "shuffle": str(problem.shuffle),
        "augment": str(problem.augment),
        "seed": str(problem.seed),
        "rng": f"np.random.default_rng({problem.seed})",
        "steps": str(problem.steps),
        "n_classes": str(problem.classes or "n"),
        "image_size": f"({side}, {side})",
        "image_shape": f"({side}, {side}, 3)",
    }
    lines.append(f"n = {problem.n}")
    arguments = []
    for parameter, role, _ in roles:
        first = role.partition("+")[0]
        if role in ("images", "labels", "onehot_labels", "float_labels", "weights"):
            lines.append(f"{parameter} = {values[role]}")
            arguments.append(f"{parameter}={parameter}")
        elif first in values:
            arguments.append(f"{parameter}={values[first]}")
        elif first == "augmenter":
            arguments.append(
                f"{parameter}=None" + ("  # or your augmenter" if problem.augment else "")
            )
        else:
            arguments.append(
                f"{parameter}={role if role.startswith(('[', '(', repr('')[0])) else '...'}"
            )
    lines.append(f"stream = {attribute}({', '.join(arguments)})")
    count = 2 * problem.steps + 2
    lines += [
        f"for k, batch in zip(range({count}), stream):",
        "    print(k, [np.asarray(part).reshape(len(part), -1)[:, 0] for part in batch])",
    ]
    return "\n".join(lines)
