"""Which class a target means, and whether it is its image's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.run import Batch, Leaf, Run, Stream

Array = NDArray[Any]


_DIGITS = 10
"""Numbers of one digit: so many sort as text as they do as numbers."""


@dataclass(frozen=True)
class Pairing:
    """One target row beside the sample whose image came with it.

    Attributes:
        batch, row: where.
        sample: the image's.
        seen: the target's value as text.
        meant: the sample whose label that is, -1 if it can't be told.
        right: whether it is the image's label; None if unknown.
        drawn: whether it is wrong in a way that augmentation of its image may account for, see
            :func:`is_drawn`.
    """

    batch: int
    row: int
    sample: int
    seen: str
    meant: int
    right: bool | None
    drawn: bool = False


def encoding(run: Run, *, numbered: bool = False) -> str:
    """Return how targets encode labels: ``same``, ``onehot``, ``map``, ``image`` or ``none``.

    ``same``: integers or floats passed through; also where all of them are another sample's,
    since an author who renumbers classes does not merely permute them among the samples.

    Args:
        run: of the first look.
        numbered: whether its author declares that labels are numbers to be passed on.
    """
    leaf = _target(run)
    if leaf is None:
        return "none"
    if leaf.decoded is not None:
        return "image"
    if leaf.values is None or run.labels is None:
        return "none"
    width = leaf.values.shape[1]
    classes = int(run.labels.max()) + 1 if len(run.labels) else 0
    values = np.concatenate(
        [
            x.values
            for b in run.batches
            for x in b.part("target")
            if x.path == leaf.path and x.values is not None and x.values.shape[1] == width
        ]
    )
    if width == 1:
        known = set(map(float, run.labels))
        # few values for many labels are a rule of the subject's own, such as odd or even
        came = values[:, 0].tolist()
        merged = not numbered and 2 * len(set(came)) < len(known)
        # of mirrored images, signed labels are negated
        passed_on = sum(value in known or -value in known for value in came) > 0.5 * len(came)
        return "same" if passed_on and not merged else "map"
    if width >= 2 and width >= classes and (values.max(axis=1) > values.mean(axis=1)).all():
        top = np.sort(values, axis=1)
        if (top[:, -1] > 0.5).all() and (top[:, -2] < top[:, -1]).all():
            return "onehot"
    return "map"


def _target(run: Run) -> Leaf | None:
    return next((leaf for batch in run.batches for leaf in _targets(batch)), None)


def _targets(batch: Batch) -> tuple[Leaf, ...]:
    """Return the first target that is no mask."""
    return tuple(leaf for leaf in batch.part("target") if leaf.masked is None)[:1]


def pairings(run: Run, stream: Stream) -> list[Pairing]:
    """Pair each identified image with its target, over the first target leaf of each batch."""
    if run.labels is None:
        return []
    rows: list[tuple[int, int, int, Array]] = []
    moved: list[bool] = []
    for batch in stream.batches:
        for leaf in _targets(batch):
            if leaf.values is None:
                continue
            changed = ~unchanged(batch)
            for row, (sample, value) in enumerate(zip(batch.ids, leaf.values, strict=False)):
                if sample >= 0:
                    rows.append((batch.index, row, int(sample), value))
                    moved.append(bool(changed[row]))
    found = _compared(run.labels, run.claims.labels, rows)
    own = [float(run.labels[sample]) for _, _, sample, _ in rows]
    # numbers for classes are as many as the classes
    free = run.claims.labels == "map" and len({v.tobytes() for *_, v in rows}) > len(set(own))
    return [
        replace(p, drawn=True) if _excused(p, value, label, moved=m, free=free) else p
        for p, m, label, (*_, value) in zip(found, moved, own, rows, strict=True)
    ]


def _excused(pairing: Pairing, value: Array, own: float, *, moved: bool, free: bool) -> bool:
    """Whether a wrong target is its image's own after all, or may go with its augmentation.

    Args:
        pairing, value, own: the row, its target, and the label that was given for it.
        moved: whether its image isn't that of the source.
        free: whether targets have more values than there are labels.
    """
    if pairing.right or not (free or pairing.meant < 0):
        return False
    kept = free and len(value) == 1 and abs(value[0] - own) <= 1e-3 * max(1.0, abs(own))
    return bool(kept) or (moved and is_drawn(value, own))


def _compared(labels: Array, how: str, rows: list[tuple[int, int, int, Array]]) -> list[Pairing]:
    if how not in ("same", "onehot"):
        return _mapped(labels, rows)
    compare = _same if how == "same" else _onehot
    found = [compare(labels, *r) for r in rows]
    if not all(p.right for p in found) and (sorted_as_text := _ranks_as_text(labels)) is not None:
        instead = [compare(sorted_as_text, *r) for r in rows]
        if all(p.right for p in instead):
            return instead
    return found


def _ranks_as_text(labels: Array) -> Array | None:
    """Return the labels numbered in the order of their texts, None where that is their own.

    ``LabelBinarizer``, ``pandas.get_dummies`` and Keras' ``flow_from_dataframe`` number classes so
    that they were given as text, as from a CSV file: class 10 then comes before class 2.
    """
    if labels.dtype.kind not in "iu" or len(labels) <= _DIGITS:
        return None
    names = sorted({str(label) for label in labels.tolist()})
    ranks = {int(name): rank for rank, name in enumerate(names)}
    return np.array([ranks[label] for label in labels.tolist()])


def unchanged(batch: Batch) -> Array:
    """Return for each row whether its image is that of the source, up to its values."""
    for leaf in batch.part("input"):
        if leaf.decoded is not None and leaf.decoded.layout is not None:
            return leaf.decoded.exact
    return np.ones(batch.rows, bool)


def is_drawn(value: Array, own: float) -> bool:
    """Whether a target looks like one that goes with the augmentation of its image.

    Code that mirrors or shifts what a camera saw negates the steering angle or adds to it. No
    slip of rows, overflow or truncation gives such a number.
    """
    seen = float(value[0])
    signed = own != 0 and abs(abs(seen) - abs(own)) <= 1e-3 * max(1.0, abs(own))
    return len(value) == 1 and bool(np.isfinite(seen)) and (signed or seen != round(seen))


def _owner(labels: Array, label: float) -> int:
    owners = np.flatnonzero(np.abs(labels - label) <= 1e-3 * max(1.0, abs(label)))
    return int(owners[0]) if len(owners) else -1


def _same(labels: Array, batch: int, row: int, sample: int, value: Array) -> Pairing:
    seen = float(value[0])
    # float16 and float32 round: what is meant is the nearest label
    right = abs(seen - float(labels[sample])) <= 1e-3 * max(1.0, abs(seen))
    meant = sample if right else _owner(labels, seen)
    return Pairing(batch, row, sample, f"{seen:g}", meant, right)


def _onehot(labels: Array, batch: int, row: int, sample: int, value: Array) -> Pairing:
    top = int(value.argmax())
    if len(value) == 1 and value[0] == labels[sample]:
        top = int(value[0])  # two classes in one column, as LabelBinarizer has them
    if len(value) > 1 and (value == value[top]).sum() > 1:
        return Pairing(batch, row, sample, "no class", -1, False)
    right = bool(top == labels[sample])
    meant = sample if right else _owner(labels, top)
    return Pairing(batch, row, sample, f"class {top}", meant, right)


def _mapped(labels: Array, rows: list[tuple[int, int, int, Array]]) -> list[Pairing]:
    """Learn which value stands for which class by majority, and judge each row by it."""
    votes: dict[Any, dict[bytes, int]] = defaultdict(lambda: defaultdict(int))
    for _, _, sample, value in rows:
        votes[labels[sample]][np.round(value, 6).tobytes()] += 1
    winners = {label: max(v, key=lambda k: v[k]) for label, v in votes.items()}
    owners: dict[bytes, Any] = {}
    for label, value_bytes in winners.items():
        owners.setdefault(value_bytes, label)
    out = []
    for batch, row, sample, value in rows:
        key = np.round(value, 6).tobytes()
        label = labels[sample]
        clear = votes[label][winners[label]] > 0.5 * sum(votes[label].values())
        right = key == winners[label] if clear else None
        text = "" if right else np.array2string(value, precision=3, threshold=4)
        out.append(Pairing(batch, row, sample, text, _owner(labels, owners.get(key, -1)), right))
    return out


def outgrown(run: Run) -> bool:
    """Whether one-hot rows are all zero just where a label is beyond the last of their classes.

    ``tf.one_hot`` does so: who counts on K classes was given more than he asked for.
    """
    zero, beyond = [], []
    for batch in run.batches:
        for leaf in _targets(batch):
            if leaf.values is None or run.labels is None or leaf.values.shape[1] < 2:
                return False
            rows = np.flatnonzero(batch.ids[: len(leaf.values)] >= 0)
            zero.append(~leaf.values[rows].any(axis=1))
            beyond.append(run.labels[batch.ids[rows]] >= leaf.values.shape[1])
    if not zero:
        return False
    return bool(
        np.concatenate(zero).any() and (np.concatenate(zero) == np.concatenate(beyond)).all()
    )


def numbers(run: Run, stream: Stream) -> dict[float, str]:
    """Return class -> what stands for it in the targets, for classes where one value does."""
    seen: dict[float, set[str]] = defaultdict(set)
    if run.labels is None:
        return {}
    for batch in stream.batches:
        for leaf in _targets(batch):
            values = () if leaf.values is None else leaf.values
            for sample, value in zip(batch.ids, values, strict=False):
                if sample >= 0:
                    seen[float(run.labels[sample])].add(_number(value))
    return {label: found.pop() for label, found in seen.items() if len(found) == 1}


def _number(value: Array) -> str:
    if len(value) == 1:
        return f"number {value[0]:g}"
    hot = np.flatnonzero(value)
    return f"number {hot[0]}" if len(hot) == 1 else np.array2string(value, precision=3)
