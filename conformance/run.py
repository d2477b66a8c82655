"""The immutable record of one subject opened on one problem: all that a clause sees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from conformance.claims import Claims
from conformance.masks import Masked
from conformance.mixing import Shares
from conformance.problem import Problem
from conformance.templates import Decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.endurance import Endurance
    from conformance.training.record import Training

Array = NDArray[Any]


@dataclass(frozen=True)
class Leaf:
    """One array of one batch.

    Attributes:
        path: ``"x"``, ``"x['image']"``, ``"y"``, ``"sample_weight"`` …
        part: ``"input"``, ``"target"`` or ``"weight"``.
        dtype, shape: as yielded.
        low, high: smallest and largest finite value; NaN where there is none.
        finite: False if a NaN or an infinity is in it.
        digests: one hash per row of its bytes.
        decoded: which samples the rows are, for arrays of images; else None.
        values: the rows themselves, shape ``(m, k)``, for small arrays that are no images.
        ranges: smallest and largest value of each row, mean and deviation, shape ``(m, 4)``.
        masked: how it goes with the images of its batch, for masks; else None.
        mixed: of which samples the rows are made, for images that may be mixed; else None.
    """

    path: str
    part: str
    dtype: str
    shape: tuple[int, ...]
    low: float
    high: float
    finite: bool
    digests: tuple[int, ...]
    decoded: Decoded | None
    values: Array | None
    ranges: Array
    masked: Masked | None = None
    mixed: Shares | None = None

    @property
    def rows(self) -> int:
        """Length of the first axis; 0 for a scalar."""
        return self.shape[0] if self.shape else 0


@dataclass(frozen=True)
class Batch:
    """One batch as it was yielded.

    Attributes:
        index: position in its stream, from 0.
        pass_index: which pass of a sized stream it belongs to; -1 for an endless one.
        outer: type of what was yielded, e.g. ``"tuple of 2"``, ``"list of 2"``, ``"dict"``.
        structure: nesting, key names and None-ness, as text.
        complaint: why Keras would refuse the structure, "" if it would not.
        leaves: the arrays in it.
    """

    index: int
    pass_index: int
    outer: str
    structure: str
    complaint: str
    leaves: tuple[Leaf, ...]

    @cached_property
    def ids(self) -> Array:
        """Sample of each row by the first input that shows it, -1 unidentified; shape (m,)."""
        for leaf in self.leaves:
            if leaf.decoded is not None and leaf.part == "input":
                return leaf.decoded.ids
        return np.full(self.rows, -1)

    @property
    def rows(self) -> int:
        """Rows of the first array."""
        return self.leaves[0].rows if self.leaves else 0

    def part(self, name: str) -> tuple[Leaf, ...]:
        """Return the leaves of ``"input"``, ``"target"`` or ``"weight"``."""
        return self._parts.get(name, ())

    @cached_property
    def _parts(self) -> dict[str, tuple[Leaf, ...]]:
        names = dict.fromkeys(leaf.part for leaf in self.leaves)
        return {name: tuple(leaf for leaf in self.leaves if leaf.part == name) for name in names}


@dataclass(frozen=True)
class Ending:
    """How a stream or an opening came to an end before it was told to.

    Attributes:
        kind: ``"exhausted"`` (StopIteration), ``"raised"``, ``"stalled"`` (busy without a
            yield), ``"waiting"`` (blocked or slow beyond the limit), ``"died"`` (crash or exit),
            ``"memory"``, ``"refused"`` (is not iterable at all), ``"unbatched"`` (single samples).
        batch: index of the batch that did not come.
        message: one line, e.g. ``"ValueError: …"`` or ``"exit status 0"``.
        traceback: the user's part of the traceback or of the stack where it hung.
        line: ``file:line`` and the text of the line, where known.
        error: the name of the exception.
        advice: what to change, where that is known.
        opening: whether it happened before the first batch.
    """

    kind: Literal[
        "exhausted", "raised", "stalled", "waiting", "died", "memory", "refused", "unbatched"
    ]
    batch: int = 0
    message: str = ""
    traceback: str = ""
    line: str = ""
    error: str = ""
    advice: str = ""

    @property
    def opening(self) -> bool:
        """Whether no batch came at all."""
        return self.batch == 0


@dataclass(frozen=True)
class Sharing:
    """Memory that a batch shares, or a batch that changed after it was handed out.

    Attributes:
        kind: ``"source"``, ``"batch"`` or ``"changed"``.
        batch: index of the batch handed out first.
        other: parameter of the source, or path of the leaf, that it shares memory with.
        later: index of the later batch, -1 if none.
        path: leaf of the batch.
    """

    kind: Literal["source", "batch", "changed"]
    batch: int
    path: str
    other: str = ""
    later: int = -1


@dataclass(frozen=True)
class Stream:
    """What came out of one opening.

    Attributes:
        sized: whether passes have an end of their own.
        length: ``num_batches`` or ``len`` of a sized stream as it is, None if it has none.
        refusal: why Keras would not take the object, "" if it would.
        ending: why it ended early; None if it delivered all that was asked for.
        sharing: memory findings.
        touched: parameter -> what changed in the caller's data.
        reseeded: ``"random"`` / ``"numpy.random"`` if the global state was reseeded, with by
            whom.
        kind: what was opened, in words.
        boundless: whether a pass of a sized stream went on far beyond the data.
        certain, indexable, slow: see :class:`~conformance.adapters.base.Opened`.
    """

    batches: tuple[Batch, ...]
    sized: bool = False
    length: Any = None
    refusal: str = ""
    ending: Ending | None = None
    sharing: tuple[Sharing, ...] = ()
    touched: dict[str, str] = field(default_factory=dict)
    reseeded: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    boundless: bool = False
    certain: bool = True
    indexable: bool = False
    slow: bool = False


@dataclass(frozen=True)
class Epoch:
    """One pass: the batches that ``steps_per_epoch`` would cut, or a sized stream's own.

    Attributes:
        index: from 0.
        batches: its batches, in order.
        ids: sample of each row, -1 unidentified.
        whole: whether all batches of the pass were observed.
    """

    index: int
    batches: tuple[Batch, ...]
    ids: Array
    whole: bool


@dataclass(frozen=True)
class Run:
    """The record of one subject on one problem.

    Attributes:
        problem: what was asked.
        claims: what the subject promises, resolved.
        streams: one for most scenarios.
        labels: class of each sample (or its float), shape ``(n,)``; None without labels.
        weights: weight of each sample, shape ``(n,)``; None without.
        table: row of numbers of each sample, shape ``(n, F)``; None without.
        known: whether the source is known, so that samples can be identified.
        masked: whether the subject was given masks.
        training: what Keras did with it, for the scenarios of training.
        endurance: what it held on to, for the scenarios of resources.
    """

    problem: Problem
    claims: Claims
    streams: tuple[Stream, ...]
    labels: Array | None = None
    weights: Array | None = None
    table: Array | None = None
    known: bool = True
    ending: Ending | None = None
    masked: bool = False
    training: Training | None = None
    endurance: Endurance | None = None

    @property
    def stream(self) -> Stream:
        """The first stream."""
        return self.streams[0] if self.streams else Stream((), ending=self.ending)

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The batches of the first stream."""
        return self.stream.batches

    def without_batches(self) -> Run:
        """Return the record of how its streams ended, without what they yielded."""
        return replace(self, streams=tuple(replace(s, batches=()) for s in self.streams))

    @cached_property
    def members(self) -> tuple[int, ...]:
        """The samples that a pass should hold: all, or what ever came where it yields a part."""
        everything = tuple(range(self.problem.n))
        if self.claims.sampling != "part":
            return everything
        came = {i for s in self.streams for b in s.batches for i in b.ids.tolist() if i >= 0}
        return tuple(sorted(came)) or everything

    @property
    def n(self) -> int:
        """How many samples a pass should hold."""
        return len(self.members)

    @cached_property
    def batch_size(self) -> int:
        """Rows that a full batch should have, expansion included where batches are expanded."""
        size = self.problem.batch_size
        if max((b.rows for b in self.batches), default=0) <= size:
            return size  # the pass is expanded, not each batch
        return size * self.claims.expansion

    @property
    def steps(self) -> int:
        """Batches of one pass: ceil(n / B), floor when the remainder is declared dropped."""
        n, size = self.n, self.problem.batch_size
        return n // size if self.claims.remainder == "drop" else -(-n // size)

    def epochs_of(self, stream: Stream) -> Iterator[Epoch]:
        """Cut a stream into its passes; the last one may not be whole."""
        if stream.sized:
            groups: dict[int, list[Batch]] = {}
            for batch in stream.batches:
                groups.setdefault(batch.pass_index, []).append(batch)
            last = max(groups, default=-1)
            for k, batches in groups.items():
                whole = not (k == last and stream.ending is not None)
                yield _epoch(k, batches, whole=whole)
            return
        if self.claims.expansion > 1:
            yield from self._expanded(stream)
            return
        steps = max(1, self.steps)
        for k, start in enumerate(range(0, len(stream.batches), steps)):
            cut = stream.batches[start : start + steps]
            yield _epoch(k, cut, whole=len(cut) == steps)

    def _expanded(self, stream: Stream) -> Iterator[Epoch]:
        """Cut a stream whose samples come k times a pass, in batches of kB rows or in k times as many."""
        size = self.problem.batch_size
        n = self.n // size * size if self.claims.remainder == "drop" else self.n
        wanted = n * self.claims.expansion
        batches: list[Batch] = []
        index = 0
        for batch in stream.batches:
            batches.append(batch)
            if sum(b.rows for b in batches) >= wanted:
                yield _epoch(index, batches, whole=True)
                batches, index = [], index + 1
        if batches:
            yield _epoch(index, batches, whole=False)

    @cached_property
    def epochs(self) -> tuple[Epoch, ...]:
        """The whole passes of the first stream."""
        return tuple(e for e in self.epochs_of(self.stream) if e.whole)

    @cached_property
    def ids(self) -> Array:
        """Samples of all rows of the first stream in the order they came."""
        parts = [b.ids for b in self.batches]
        return np.concatenate(parts) if parts else np.zeros(0, int)


def _epoch(index: int, batches: list[Batch] | tuple[Batch, ...], *, whole: bool) -> Epoch:
    ids = np.concatenate([b.ids for b in batches]) if batches else np.zeros(0, int)
    return Epoch(index, tuple(batches), ids, whole)
