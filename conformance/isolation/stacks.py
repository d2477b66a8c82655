"""Stacks of a process that doesn't answer: read, compared, trimmed to the user's code, shown."""

from __future__ import annotations

import ast
import linecache
import re
import sysconfig
import traceback
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from conformance.tracebacks import is_user_file

_PYTHON = sysconfig.get_path("stdlib")
_SHOWN = 8


class Frame(NamedTuple):
    """One frame, as ``sys._current_frames`` and faulthandler both know it."""

    file: str
    line: int
    function: str

    @property
    def place(self) -> str:
        """``file:line``, without folders."""
        return f"{Path(self.file).name}:{self.line}"

    @property
    def text(self) -> str:
        """``file:line: text of the line``."""
        text = source_line(self.file, self.line)
        return f"{self.place}: {text}" if text else self.place


Stack = tuple[Frame, ...]
"""Outermost frame first."""

IsUser = Callable[[str], bool]


def source_line(file: str, line: int) -> str:
    """Return the text of a line, "" if the file can't be read."""
    linecache.checkcache(file)
    return linecache.getline(file, line).strip()


def user_files(spec: str) -> IsUser:
    """Return a predicate for files that belong to the user, the package of ``spec`` included.

    A subject can live among the installed packages; then its own package is the user's code.
    """
    module = spec.rpartition(":")[0].replace("\\", "/")
    if module.endswith(".py"):
        own = f"/{module.rpartition('/')[2]}"
    else:
        top, _, rest = module.partition(".")
        own = "" if top in ("", "conformance") else f"/{top}/" if rest else f"/{top}.py"

    def is_user(file: str) -> bool:
        path = file.replace("\\", "/")
        installed = "/site-packages/" in path or "/dist-packages/" in path
        return (is_user_file(file) and not installed) or bool(own and own in path)

    return is_user


# -- what faulthandler writes --------------------------------------------------------------

_DUMP = re.compile(
    r"^(?:Timeout \(|Fatal Python error|Windows fatal exception|Stack \()", re.MULTILINE
)
_THREAD = re.compile(
    r"^(?:(?:Current thread|Thread) 0x([0-9a-f]+).*|Stack )\(most recent call first\):$"
)
_FRAME = re.compile(r'^  File "(.*)", line (\d+|\?+) in (.*)$')
_ESCAPE = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")


def dumped(text: str, thread: int) -> list[Stack]:
    """Return the stack of one thread from each dump in what faulthandler wrote.

    Args:
        text: the dumps; the last one may be incomplete.
        thread: identity of the thread that is wanted, where a dump shows several. A dump of a
            crash shows the thread that crashed.
    """
    starts = [m.start() for m in _DUMP.finditer(text)] + [len(text)]
    stacks = (_one(text[a:b], thread) for a, b in pairwise(starts))
    return [stack for stack in stacks if stack]


def _one(text: str, thread: int) -> Stack:
    timed = text.startswith("Timeout")
    frames: list[Frame] = []
    wanted = False
    for line in text.splitlines():
        if header := _THREAD.match(line):
            if frames:
                break
            ident = header.group(1)
            wanted = ident is None or (
                int(ident, 16) == thread if timed else line.startswith("Current")
            )
        elif wanted and (found := _FRAME.match(line)):
            number = found.group(2)
            frames.append(
                Frame(
                    _unescaped(found.group(1)),
                    int(number) if number.isdigit() else 0,
                    found.group(3),
                )
            )
    return tuple(reversed(frames))


def _unescaped(file: str) -> str:
    if "\\" not in file or Path(file).exists():
        return file
    return _ESCAPE.sub(lambda m: chr(int(m.group()[2:], 16)), file)


# -- comparing -----------------------------------------------------------------------------


def common_depth(stacks: Sequence[Stack]) -> int:
    """Return the index of the innermost frame that is one and the same in all stacks, or -1.

    Its callers are on the same lines throughout; the line inside it may differ.
    """
    depth = -1
    for level in zip(*stacks, strict=False):
        if len({(f.file, f.function) for f in level}) > 1:
            break
        depth += 1
        if len({f.line for f in level}) > 1:
            break
    return depth


def loop_around(file: str, lines: Collection[int], *, yields: bool) -> int:
    """Return the line of the smallest loop statement that holds all ``lines``, 0 if none does.

    Args:
        yields: whether a loop with a ``yield`` in it will do.
    """
    low, high = min(lines), max(lines)
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return 0
    loops = [
        (node.end_lineno - node.lineno, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.While, ast.For))
        and node.end_lineno is not None
        and node.lineno <= low
        and high <= node.end_lineno
        and (yields or not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(node)))
    ]
    return min(loops)[1] if loops else 0


def spinning(stacks: Sequence[Stack], is_user: IsUser) -> tuple[Frame | None, Frame | None]:
    """Return where stacks of one busy process agree that it spins.

    Returns:
        The user's innermost frame that is one and the same in all of them, and the loop statement
        it is in, as far as one is found. A frame around it counts only if its loop can't yield:
        there every iteration is a batch.
    """
    depth = common_depth(stacks)
    levels = [k for k in range(depth, -1, -1) if is_user(stacks[0][k].file)]
    for level in levels:
        frame = stacks[-1][level]
        lines = {stack[level].line for stack in stacks}
        if header := loop_around(frame.file, lines, yields=level == depth):
            loop = frame._replace(line=header)
            return (frame if len(lines) == 1 else loop), loop
    return (stacks[-1][levels[0]] if levels else None), None


# -- showing -------------------------------------------------------------------------------


def innermost_user(stack: Stack, is_user: IsUser) -> Frame | None:
    """Return the user's innermost frame."""
    return next((f for f in reversed(stack) if is_user(f.file)), None)


def shown(stack: Stack, is_user: IsUser) -> str:
    """Return the user's frames as a traceback does, with the library call that they wait in."""
    own = [f for f in stack if is_user(f.file)][-_SHOWN:]
    if stack and own and not is_user(stack[-1].file):
        own.append(stack[-1])
    entries = [
        traceback.FrameSummary(f.file, f.line, f.function, line=source_line(f.file, f.line))
        for f in own
    ]
    return "".join(traceback.format_list(entries)).rstrip()


def where(stack: Stack, is_user: IsUser) -> str:
    """Return where a stack stands in words: ``wait in threading.py, called from user.py:12``."""
    if not stack:
        return ""
    user = innermost_user(stack, is_user)
    last = stack[-1]
    if user is None:
        return f"{last.function} in {last.place}"
    if last == user:
        return f"{last.function} at {last.place}"
    name = Path(last.file).name
    if name == "__init__.py" or not last.file.startswith(_PYTHON):
        name = "/".join(Path(last.file).parts[-2:])
    return f"{last.function} in {name}, called from {user.place}"
