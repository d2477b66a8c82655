"""Laying out text in columns: wrapped, aligned, no wider than a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence

WIDEST = 100


def width() -> int:
    """Return how many columns there are, 100 at most."""
    return min(WIDEST, max(60, shutil.get_terminal_size((WIDEST, 24)).columns))


def labelled(
    label: str, text: str, *, indent: int = 2, column: int = 10, hang: int = 0
) -> list[str]:
    """Return ``label   text``, wrapped, with the text in a column of its own.

    Line breaks in the text are kept; ``hang`` indents the lines of a paragraph after its first.
    """
    pad = " " * indent
    rest = " " * (indent + column)
    lines: list[str] = []
    for k, part in enumerate(text.split("\n")):
        head = f"{pad}{label:<{column}}" if k == 0 else rest
        if k == 0 and len(label) >= column:
            head = f"{pad}{label} "
        lines += textwrap.wrap(
            part,
            width(),
            initial_indent=head,
            subsequent_indent=rest + " " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [head.rstrip()]
    return lines


def paragraph(text: str, *, indent: int = 0) -> list[str]:
    """Return the text wrapped and indented; line breaks in it are kept."""
    pad = " " * indent
    lines: list[str] = []
    for part in text.split("\n"):
        lines += textwrap.wrap(
            part,
            width(),
            initial_indent=pad,
            subsequent_indent=pad,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines


def table(rows: Iterable[Sequence[str]], *, indent: int = 2) -> list[str]:
    """Return rows with aligned columns."""
    listed = [[str(cell) for cell in row] for row in rows]
    if not listed:
        return []
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    pad = " " * indent
    return [
        (pad + "  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True))).rstrip()
        for row in listed
    ]


def block(text: str, *, indent: int = 4) -> list[str]:
    """Return code or a traceback, indented and otherwise as it is."""
    return textwrap.indent(text.rstrip("\n"), " " * indent).split("\n")


def plural(count: int, noun: str, many: str = "") -> str:
    """Return ``1 batch`` or ``2 batches``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"
