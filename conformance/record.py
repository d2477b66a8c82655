"""From what a subject yields to the records that clauses judge."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.adapters.packing import GENERATOR, Packing, word
from conformance.claims import Claims
from conformance.decode import as_images, decode
from conformance.masks import Masked
from conformance.masks import read as read_masks
from conformance.mixing import Shares, unmix
from conformance.problem import Problem
from conformance.run import Batch, Leaf
from conformance.templates import Decoded

Array = NDArray[Any]

PARTS = ("input", "target", "weight")
_SHORT = {"input": "x", "target": "y", "weight": "sample_weight"}
_MOST_VALUES = 2048


MOST_AT_ONCE = 8_000_000
"""Numbers in the batches that are kept as they came before they are decoded."""


@dataclass(frozen=True)
class Reading:
    """How the rows of a stream are to be read.

    Attributes:
        augmented, channels: see :func:`conformance.decode.decode`.
        mixing: whether images may be mixed of several samples.
    """

    augmented: bool
    channels: str = ""
    mixing: bool = False


def reading(problem: Problem, claims: Claims) -> Reading:
    """Return how to read what a subject with these claims yields on a problem."""
    augmented = problem.augment or claims.augments == "always"
    mixing = augmented and claims.augmentation == "mixing"
    return Reading(augmented, claims.channels or "", mixing)


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


def take_apart(item: Any, index: int, pass_index: int, packing: Packing = GENERATOR) -> RawBatch:
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
        if part == "input" and _is_images(value):
            self.complaints.append(f"{path} is a list of images, not one array")
            value = np.stack(value)
        if part == "target" and self.leaves and _is_rows(value, self.leaves[0].array):
            self.complaints.append(f"{path} is a list of rows, not one array")
            value = np.stack(value)
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


def _is_images(value: Any) -> bool:
    """Whether a list holds the images of a batch one by one, rather than several inputs."""
    if not isinstance(value, list) or not value:
        return False
    shapes = {v.shape for v in value if isinstance(v, np.ndarray)}
    every = all(isinstance(v, np.ndarray) for v in value)
    return every and len(shapes) == 1 and len(next(iter(shapes))) in (2, 3)


def _is_rows(value: Any, inputs: Array) -> bool:
    """Whether a list holds the targets of a batch row by row, rather than several outputs."""
    if not isinstance(value, list) or not inputs.ndim or len(value) != len(inputs):
        return False
    shapes = {v.shape if isinstance(v, np.ndarray) else None for v in value}
    shape = next(iter(shapes), None)
    return len(shapes) == 1 and shape is not None and (len(shape) == 1 or shape[0] != len(inputs))


def _is_numbers(value: tuple[Any, ...] | list[Any]) -> bool:
    """Whether a list holds numbers or strings (a label list) rather than arrays."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(v, (int, float, bool, str, np.generic)) for v in value)
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
    array = np.asarray(row)  # an entry of an array of objects is none
    data = array if array.dtype != object else np.asarray([repr(v) for v in array.ravel()])
    raw = np.ascontiguousarray(data).tobytes()
    return int.from_bytes(_hash(raw), "little")


def _hash(data: Any) -> bytes:
    """Return eight bytes; the fastest hash of the standard library, nobody has to be kept out."""
    return hashlib.sha1(data, usedforsecurity=False).digest()[:8]


def digests(array: Array) -> tuple[int, ...]:
    """Return a 64-bit hash of the bytes of each row: of short ones the bytes themselves."""
    if not array.ndim:
        return ()
    width = array.nbytes // len(array) if len(array) else 0
    if array.dtype == object or not width:
        return tuple(digest(row) for row in array)
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    if width <= 8:
        padded = np.zeros((len(rows), 8), np.uint8)
        padded[:, :width] = rows
        return tuple(padded.view("<u8")[:, 0].tolist())
    hashes = (_hash(row.data) for row in rows)
    return tuple(np.frombuffer(b"".join(hashes), "<u8").tolist())


def finish(
    raws: Iterable[RawBatch],
    source: Array | None,
    how: Reading,
    *,
    masked: bool = False,
    probe: bool = True,
) -> tuple[Batch, ...]:
    """Decode batches of a stream together, group by group of equal row shape.

    Args:
        raws: the batches as they came.
        source: the probe images, None if the source is unknown.
        how: how the rows are to be read.
        masked: whether the subject was given masks, which are compared with their images.
        probe: whether the source is the kit's own, whose codes can be read.
    """
    raws = list(raws)
    masks = read_masks(raws, source) if masked and source is not None else {}
    hashes = {id(leaf): digests(leaf.array) for raw in raws for leaf in raw.leaves}
    found: dict[int, _Found] = {}
    for group in _groups(raws, besides=masks):
        found.update(_found_in(group, hashes, source, how, probe=probe))
    return tuple(
        Batch(
            raw.index,
            raw.pass_index,
            raw.outer,
            raw.structure,
            raw.complaint,
            tuple(
                _leaf(leaf, hashes[id(leaf)], found.get(id(leaf)), masks.get(id(leaf)))
                for leaf in raw.leaves
            ),
        )
        for raw in raws
    )


@dataclass(frozen=True)
class _Found:
    """What was read of the rows of one array.

    Attributes:
        ranges, finite: see :func:`_measure`; whether all of them are finite.
        decoded: which samples they are, None where that can't be read.
        mixed: of which samples they are mixed, None where nothing may be.
    """

    ranges: Array
    finite: bool
    decoded: Decoded | None = None
    mixed: Shares | None = None


def _found_in(
    group: list[RawLeaf],
    hashes: Mapping[int, tuple[int, ...]],
    source: Array | None,
    how: Reading,
    *,
    probe: bool,
) -> Iterator[tuple[int, _Found]]:
    """Read the rows of a group together; yields what was found by the identity of its array."""
    # a stream repeats itself from pass to pass: rows of equal bytes are read once
    keys = np.array([d for leaf in group for d in hashes[id(leaf)]], np.uint64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rows = _rows(group, first)
    ranges, finite = _measure(rows.reshape(len(rows), -1))
    whole = bool(finite.all())
    decoded = mixed = None
    if source is not None and as_images(rows[:1], source)[0] is not None:
        decoded = decode(rows, source, augmented=how.augmented, channels=how.channels, probe=probe)
    if source is not None and how.mixing and group[0].part == "input" and rows.ndim > 1:
        mixed = unmix(rows, source)
    start = 0
    for leaf in group:
        own = inverse[start : start + len(leaf.array)]
        start += len(leaf.array)
        yield (
            id(leaf),
            _Found(
                ranges[own],
                whole or bool(finite[own].all()),
                decoded and _pick(decoded, own),
                mixed and Shares(mixed.low[own], mixed.high[own]),
            ),
        )


def _groups(raws: list[RawBatch], besides: Container[int]) -> Iterator[list[RawLeaf]]:
    groups: dict[tuple[object, ...], list[RawLeaf]] = {}
    for raw in raws:
        for leaf in raw.leaves:
            numeric = leaf.array.ndim and leaf.array.dtype.kind in "biuf"
            if numeric and len(leaf.array) and id(leaf) not in besides:
                key = (leaf.path, leaf.array.shape[1:], leaf.array.dtype)
                groups.setdefault(key, []).append(leaf)
    yield from groups.values()


def _rows(group: list[RawLeaf], indices: Array) -> Array:
    """Return some rows of the arrays of a group as if they were one array."""
    starts = np.cumsum([0, *(len(leaf.array) for leaf in group)])
    holders = np.searchsorted(starts, indices, side="right") - 1
    return np.stack([group[h].array[i - starts[h]] for h, i in zip(holders, indices, strict=True)])


def _measure(rows: Array) -> tuple[Array, Array]:
    """Return minimum, maximum, mean and deviation of each row, ``(m, 4)``, and which are finite.

    Args:
        rows: shape ``(m, k)``; values that are not finite count as 0.
    """
    if not rows.shape[1]:
        return np.full((len(rows), 4), np.nan), np.ones(len(rows), bool)
    wide = rows.astype(np.float64) if rows.dtype.kind != "f" or rows.itemsize < 4 else rows
    bad = ~np.isfinite(wide)
    clean = np.where(bad, 0, wide) if bad.any() else wide
    with np.errstate(all="ignore"):
        columns = [clean.min(1), clean.max(1), clean.mean(1), clean.std(1)]
    return np.stack(columns, axis=1).astype(np.float64), np.asarray(~bad.any(axis=1))


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


def _leaf(
    raw: RawLeaf, digests: tuple[int, ...], found: _Found | None, masked: Masked | None
) -> Leaf:
    array = raw.array
    numeric = array.dtype.kind in "biuf"
    rows = array.reshape(len(array), -1) if array.ndim and array.size else None
    low = high = float("nan")
    values: Array | None = None
    if numeric and rows is not None:
        if found is None:
            ranges, finite = _measure(rows)
            found = _Found(ranges, bool(finite.all()))
        low, high = min(found.ranges[:, 0].tolist()), max(found.ranges[:, 1].tolist())
        if found.decoded is None and masked is None and rows.shape[1] <= _MOST_VALUES:
            values = rows.astype(np.float64)
    if found is None:
        found = _Found(np.full((array.shape[0] if array.ndim else 0, 4), np.nan), finite=True)
    return Leaf(
        raw.path,
        raw.part,
        _name(array.dtype),
        tuple(array.shape),
        low,
        high,
        found.finite,
        digests,
        found.decoded,
        values,
        found.ranges,
        masked,
        found.mixed,
    )


@lru_cache(maxsize=64)
def _name(dtype: np.dtype[Any]) -> str:
    return str(dtype)
