"""Samples, batches and passes in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.run import Batch, Epoch


def samples(ids: Iterable[Any], most: int = 8) -> str:
    """Return ``samples 4–7, 9`` for these ids, in order, runs joined; -1 reads as "unknown"."""
    numbers = [int(i) for i in ids]
    if not numbers:
        return "no sample"
    pieces: list[str] = []
    start = 0
    for k in range(1, len(numbers) + 1):
        if k < len(numbers) and numbers[k] == numbers[k - 1] + 1 and numbers[k - 1] >= 0:
            continue
        first, last = numbers[start], numbers[k - 1]
        name = "unknown" if first < 0 else str(first)
        pieces.append(
            name if k - start == 1 else f"{first}–{last}" if k - start > 2 else f"{first}, {last}"
        )
        start = k
    shown = ", ".join(pieces[:most]) + (" …" if len(pieces) > most else "")
    return f"sample{'s' * (len(numbers) > 1)} {shown}"


def batch_line(batch: Batch) -> str:
    """Return ``batch 2 holds samples 4–7``."""
    if batch.rows == 0:
        return f"batch {batch.index} is empty"
    return f"batch {batch.index} holds {samples(batch.ids)}"


def batch_lines(batches: Iterable[Batch], most: int = 5) -> str:
    """Return one clause of a sentence for the first few batches."""
    batches = list(batches)
    lines = ", ".join(batch_line(b) for b in batches[:most])
    return lines + (f" … ({len(batches)} batches)" if len(batches) > most else "")


def pass_line(epoch: Epoch) -> str:
    """Return ``pass 1 (batches 0–2)``."""
    if not epoch.batches:
        return f"pass {epoch.index + 1} (no batches)"
    first, last = epoch.batches[0].index, epoch.batches[-1].index
    span = f"batch {first}" if first == last else f"batches {first}–{last}"
    return f"pass {epoch.index + 1} ({span})"


def counted(n: int, noun: str) -> str:
    """Return ``1 batch``, ``2 batches``."""
    plural = noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
    return f"{n} {noun if n == 1 else plural}"
