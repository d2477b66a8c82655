"""What both processes agree on: messages through pipes, progress through a shared page.

A message is its length in eight bytes, then its pickle. Progress is three integers in a mapped
file: writing them costs the subject's process less than a microsecond, and reading them costs it
nothing, whatever it is doing.
"""

from __future__ import annotations

import struct
from pathlib import Path

LENGTH = struct.Struct("<Q")

BEAT, BATCH, THREAD, CUT = 0, 1, 2, 3
"""Cells of the progress page: steps counted, batch awaited (-1 none), thread that awaits it, and
whether the child found its pipes closed."""

PAGE = 4096

PROGRESS_FILE = "progress"
STACKS_FILE = "stacks"
SCRATCH_FOLDER = "scratch"
SCRATCH_VARIABLE = "CONFORMANCE_SCRATCH"
"""Environment variable that names a folder that goes with the child, however it ends."""


def framed(payload: bytes) -> bytes:
    """Return the bytes of one message."""
    return LENGTH.pack(len(payload)) + payload


def prepare(folder: Path) -> None:
    """Make the files that one child and its host share in ``folder``."""
    (folder / PROGRESS_FILE).write_bytes(bytes(PAGE))
    (folder / STACKS_FILE).write_bytes(b"")
    (folder / SCRATCH_FOLDER).mkdir()
