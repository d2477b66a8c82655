"""From what a subject yields to the records that clauses judge."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.adapters.packing import GENERATOR, Packing, word
from conformance.decode import Decoded, as_images, decode
from conformance.run import Batch, Leaf

Array = NDArray[Any]

PARTS = ("input", "target", "weight")
_SHORT = {"input": "x", "target": "y", "weight": "sample_weight"}
_MOST_VALUES = 2048


@dataclass
class RawLeaf:
    """An array of a batch, as yielded: kept only until its stream has been decoded."""

    path: str
    part: str
    array: Array
    foreign: bool


@dataclass
class RawBatch:
    """A batch before decoding."""

    index: int
    pass_index: int
    outer: str
    structure: str
    complaint: str
    leaves: list[RawLeaf]


def take_apart(
    item: Any, index: int, pass_index: int, packing: Packing = GENERATOR
) -> RawBatch:
    """Flatten what was yielded into arrays, noting why Keras would refuse its structure.

    Args:
        item: the batch as it came.
        index, pass_index: see :class:`~conformance.run.Batch`.
        packing: how Keras wants batches of this kind packed.
    """
    outer = type(item).__name__
    if isinstance(item, (tuple, list)):
        outer = f"{outer} of {len(item)}"
    parts, complaint = packing.wrapped(item)
    walk = _Walk(packing, [complaint] if complaint else [])
    words = [walk.into(value, PARTS[k], _SHORT[PARTS[k]]) for k, value in enumerate(parts)]
    structure = f"({', '.join(words)})"
    return RawBatch(index, pass_index, outer, structure, "; ".join(walk.complaints), walk.leaves)


class _Walk:
    """Collects the arrays of one batch, and what Keras would say of the nests they are in."""

    def __init__(self, packing: Packing, complaints: list[str]) -> None:
        self._packing = packing
        self.complaints = complaints
        self.leaves: list[RawLeaf] = []

    def into(self, value: Any, part: str, path: str) -> str:
        """Walk into a part and return its structure as text."""
        if value is None:
            if part == "input":
                self.complaints.append(f"{path} is None")
            return "None"
        if isinstance(value, dict):
            inner = [
                f"{key!r}: {self.into(value[key], part, f'{path}[{key!r}]')}"
                for key in sorted(value, key=str)
            ]
            return "{" + ", ".join(inner) + "}"
        if isinstance(value, (tuple, list)) and not _is_numbers(value):
            if isinstance(value, list):
                self.complaints.append(f"{path} is a list; Keras nests with tuple or dict only")
            inner = [self.into(v, part, f"{path}[{k}]") for k, v in enumerate(value)]
            opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
            return opening + ", ".join(inner) + closing
        return self._leaf(value, part, path)

    def _leaf(self, value: Any, part: str, path: str) -> str:
        array, foreign, complaint = _as_array(value)
        complaint = complaint or self._packing.unfit(value)
        if complaint:
            self.complaints.append(f"{path} is {complaint}")
        if array is None:
            return word(value)
        self.leaves.append(RawLeaf(path, part, array, foreign))
        return f"array of rank {array.ndim}"


def _is_numbers(value: tuple[Any, ...] | list[Any]) -> bool:
    """Whether a list holds numbers or strings (a label list) rather than arrays."""
    return isinstance(value, list) and bool(value) and all(
        isinstance(v, (int, float, bool, str, np.generic)) for v in value
    )


def _as_array(value: Any) -> tuple[Array | None, bool, str]:
    """Return the array, whether its memory is its library's own, and a complaint or ""."""
    if isinstance(value, np.ndarray):
        odd = value.dtype.kind in "OSU"
        return value, False, f"an array of dtype {value.dtype}, not of numbers" if odd else ""
    module = type(value).__module__.partition(".")[0]
    if module in ("tensorflow", "torch", "jax", "jaxlib"):
        try:
            if module == "torch":
                value = value.detach().cpu()
            return np.asarray(value), module != "torch", ""
        except Exception as error:
            return None, True, f"a {module} object that gives no array ({type(error).__name__})"
    if isinstance(value, (list, int, float, bool, str, np.generic)):
        try:
            array = np.asarray(value)
        except Exception:
            return None, False, f"a {word(value)} that makes no array"
        return array, False, f"a {word(value)}, not an array"
    return None, False, f"a {word(value)} object, not an array"


def digest(row: Array) -> int:
    """Return a 64-bit hash of an array's bytes, the same in every process."""
    data = row if row.dtype != object else np.asarray([repr(v) for v in row.ravel()])
    raw = np.ascontiguousarray(data).tobytes()
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def finish(
    raws: Iterable[RawBatch], source: Array | None, *, augmented: bool, channels: str = ""
) -> tuple[Batch, ...]:
    """Decode all batches of a stream together, group by group of equal row shape."""
    raws = list(raws)
    decoded: dict[int, Decoded] = {}
    digests = {
        id(leaf): tuple(digest(row) for row in leaf.array) if leaf.array.ndim else ()
        for raw in raws
        for leaf in raw.leaves
    }
    for group in _groups(raws):
        if source is None or as_images(group[0].array[:1], source)[0] is None:
            continue
        # a stream repeats itself from pass to pass: rows of equal bytes are decoded once
        keys = np.array([d for leaf in group for d in digests[id(leaf)]], np.uint64)
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        rows = _rows(group, first)
        result = decode(rows, source, augmented=augmented, channels=channels)
        start = 0
        for leaf in group:
            decoded[id(leaf)] = _pick(result, inverse[start : start + len(leaf.array)])
            start += len(leaf.array)
    return tuple(
        Batch(
            raw.index,
            raw.pass_index,
            raw.outer,
            raw.structure,
            raw.complaint,
            tuple(_leaf(leaf, decoded.get(id(leaf)), digests[id(leaf)]) for leaf in raw.leaves),
        )
        for raw in raws
    )


def _groups(raws: list[RawBatch]) -> Iterator[list[RawLeaf]]:
    groups: dict[tuple[object, ...], list[RawLeaf]] = {}
    for raw in raws:
        for leaf in raw.leaves:
            if leaf.array.ndim >= 2 and leaf.array.dtype.kind in "biuf" and len(leaf.array):
                key = (leaf.path, leaf.array.shape[1:], leaf.array.dtype)
                groups.setdefault(key, []).append(leaf)
    yield from groups.values()


def _rows(group: list[RawLeaf], indices: Array) -> Array:
    """Return some rows of the arrays of a group as if they were one array."""
    starts = np.cumsum([0, *(len(leaf.array) for leaf in group)])
    holders = np.searchsorted(starts, indices, side="right") - 1
    return np.stack(
        [group[h].array[i - starts[h]] for h, i in zip(holders, indices, strict=True)]
    )


def _pick(whole: Decoded, rows: Array) -> Decoded:
    return replace(
        whole,
        ids=whole.ids[rows],
        exact=whole.exact[rows],
        channels=tuple(whole.channels[r] for r in rows),
        turned=whole.turned[rows],
        likeness=whole.likeness[rows],
        gain=whole.gain[rows],
        offset=whole.offset[rows],
        residual=whole.residual[rows],
        motion=whole.motion[rows],
        wrapped=whole.wrapped[rows],
    )


def _leaf(raw: RawLeaf, decoded: Decoded | None, digests: tuple[int, ...]) -> Leaf:
    array = raw.array
    numeric = array.dtype.kind in "biuf"
    rows = array.reshape(len(array), -1) if array.ndim and array.size else None
    ranges = np.full((array.shape[0] if array.ndim else 0, 4), np.nan)
    low = high = float("nan")
    finite = True
    values: Array | None = None
    if numeric and rows is not None:
        wide = rows.astype(np.float64) if array.dtype.kind != "f" or array.itemsize < 4 else rows
        bad = ~np.isfinite(wide)
        finite = not bad.any()
        clean = np.where(bad, 0, wide) if not finite else wide
        with np.errstate(all="ignore"):
            ranges = np.stack(
                [clean.min(1), clean.max(1), clean.mean(1), clean.std(1)], axis=1
            ).astype(np.float64)
        low, high = float(ranges[:, 0].min()), float(ranges[:, 1].max())
        if decoded is None and rows.shape[1] <= _MOST_VALUES:
            values = rows.astype(np.float64)
    return Leaf(
        raw.path,
        raw.part,
        str(array.dtype),
        tuple(array.shape),
        low,
        high,
        finite,
        digests,
        decoded,
        values,
        ranges,
    )
