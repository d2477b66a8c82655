"""Tracebacks trimmed to the user's own code."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_KIT = str(Path(__file__).parent)
_LIBRARIES = tuple(
    str(Path(p))
    for p in {
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        sysconfig.get_path("purelib"),
    }
    if p
)


def is_user_file(filename: str) -> bool:
    """Whether a frame of this file belongs to the user: not the kit, Python or a library."""
    inside_kit = filename.startswith(_KIT) and not any(
        part in filename for part in ("mutants", "specimens")
    )
    foreign = filename.startswith("<") or "importlib" in filename
    installed = "site-packages" in filename or "dist-packages" in filename
    return not (inside_kit or foreign or installed or filename.startswith(_LIBRARIES))


def error_line(error: BaseException) -> str:
    """Return ``TypeError: message`` on one line, never raising whatever the message does."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "(its message can't be printed)"
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__


def user_traceback(error: BaseException) -> str:
    """Return the traceback with the user's frames only, the error at the end."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if is_user_file(f.filename)] or list(frames)[-1:]
    if own and frames and own[-1] is not frames[-1] and not frames[-1].filename.startswith(_KIT):
        own.append(frames[-1])
    lines = "".join(traceback.format_list(own[-8:]))
    return f"{lines}{error_line(error)}"


def user_line(error: BaseException) -> str:
    """Return ``file:line: text`` of the user's innermost frame, "" if there is none."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_user_file(f.filename)]
    if not frames:
        return ""
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return f"{place}: {frames[-1].line}" if frames[-1].line else place
