"""Whether the target of two images says if they are of one class."""

from __future__ import annotations

from collections import Counter
from typing import Any

from numpy.typing import NDArray

from conformance.labels import Pairing
from conformance.run import Batch, Leaf, Run, Stream

Array = NDArray[Any]

_CLEAR = 0.75
"""Share of the couples of one sort that one value must have to be what stands for the sort."""


def couples(run: Run, stream: Stream) -> list[Pairing]:
    """Pair the first two images of each row with its target.

    Which value stands for one class and which for two is learnt from the stream; where it isn't
    clear, the target tells something else, and no row is judged.
    """
    labels = run.labels
    if labels is None:
        return []
    rows = [
        (batch.index, row, int(left), bool(labels[left] == labels[right]), value.tobytes())
        for batch in stream.batches
        for (one, other), target in _parts(batch)
        for row, (left, right, value) in enumerate(zip(one, other, target, strict=False))
        if left >= 0 and right >= 0
    ]
    meaning = {same: _usual([v for _, _, _, s, v in rows if s is same]) for same in (True, False)}
    told = None not in meaning.values() and meaning[True] != meaning[False]
    return [
        Pairing(
            batch,
            row,
            left,
            f"the target of {'two classes' if same else 'one class'}",
            -1,
            value == meaning[same] if told else None,
        )
        for batch, row, left, same, value in rows
    ]


def _parts(batch: Batch) -> list[tuple[tuple[Array, Array], Array]]:
    """Return the samples of the first two images, and the targets, of one batch."""
    images: list[Leaf] = [leaf for leaf in batch.part("input") if leaf.decoded is not None]
    targets = [leaf.values for leaf in batch.part("target")[:1] if leaf.values is not None]
    ids = [leaf.decoded.ids for leaf in images[:2] if leaf.decoded is not None]
    return [((ids[0], ids[1]), targets[0])] if len(ids) == 2 and targets else []


def _usual(values: list[bytes]) -> bytes | None:
    if not values:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if count >= _CLEAR * len(values) else None
