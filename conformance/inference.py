"""What a stream shows of what its subject promises: the claims that nobody declared."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims import Claims
from conformance.observe import identities
from conformance.pixels import median
from conformance.problem import Problem
from conformance.promises import drops_the_remainder, says_it_drops, splits, yields_a_part
from conformance.run import Leaf, Run, Stream

if TYPE_CHECKING:
    from conformance.observe import Observer
    from conformance.subject import Subject

Array = NDArray[Any]


class _Inference:
    """Collects claims that were not declared, with the reason for each."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims

    def say(self, name: str, value: Any, why: str) -> None:
        """Set a claim unless the user declared it."""
        self.claims = self.claims.seen(why, **{name: value})


def infer(observer: Observer, claims: Claims, problem: Problem, run: Run) -> Claims:
    """Return the claims with those that a run of a plain problem, and one of another seed, show."""
    roles = observer.subject.binding.roles()
    out = _Inference(claims)
    stream = run.stream
    if "endless" not in claims.origin:
        out.say("endless", not stream.sized, "by kind")
    out.say("seeded", bool(roles & {"seed", "rng"}), "role")
    other = observer.record(replace(problem, seed=problem.seed + 1), claims).stream
    _say_arrays(out, stream)
    _say_order(out, roles, stream, other)
    _say_augmentation(out, roles, stream, other)
    _say_labels(out, run, observer.subject)
    _say_remainder(out, observer, stream, problem)
    _say_part(out, observer, stream, problem)
    return out.claims


def _images(stream: Stream, part: str = "input") -> list[Leaf]:
    return [
        leaf
        for batch in stream.batches
        for leaf in batch.leaves
        if leaf.part == part and leaf.decoded is not None and leaf.decoded.layout is not None
    ]


def _say_arrays(out: _Inference, stream: Stream) -> None:
    leaves = _images(stream)
    if not leaves:
        return
    first = leaves[0]
    decoded = [leaf.decoded for leaf in leaves if leaf.path == first.path and leaf.decoded]
    layouts = Counter(d.layout for d in decoded)
    out.say("layout", layouts.most_common(1)[0][0], "seen")
    names = Counter(n for d in decoded for n in d.channels if n != "?")
    if names:
        out.say("channels", names.most_common(1)[0][0], "seen")
    dtype = Counter(leaf.dtype for leaf in leaves if leaf.path == first.path)
    out.say("dtype", dtype.most_common(1)[0][0], "seen")
    paths = {leaf.path for leaf in leaves}
    targets = _images(stream, "target")
    if targets and any((leaf.decoded.ids >= 0).any() for leaf in targets if leaf.decoded):
        out.say("structure", "autoencoder", "seen: the targets are images")
    elif len(paths) > 1:
        out.say("structure", "multi-input", "seen")
    out.say("scale", _scale([leaf for leaf in leaves if leaf.path == first.path]), "seen")


def _scale(leaves: list[Leaf]) -> Any:
    """Return the range of the images, or ``per-image`` where each is brought to its own."""
    ranges = np.concatenate([leaf.ranges for leaf in leaves])
    low, high, mean, deviation = ranges.T
    if (
        np.ptp(mean) < 1e-3
        and np.ptp(deviation) < 1e-2
        and deviation.mean() > 0.5
        and low.min() < 0
    ):
        return "per-image"
    return (float(median(low)), float(median(high)))


def _say_order(out: _Inference, roles: frozenset[str], stream: Stream, other: Stream) -> None:
    if "shuffle" in roles:
        out.say("shuffles", "flag", "role")
        return
    ids = identities(stream)
    if _reordered(ids):
        out.say("shuffles", "always", "seen: another order in every pass")
    elif in_source_order(ids) and in_source_order(identities(other)):
        out.say("shuffles", "never", "seen: source order")
    elif _interleaved(stream) and _interleaved(other):
        out.say("shuffles", "never", "seen: source order, but for parts that take turns")
    elif np.array_equal(identities(other), ids) and stream.reseeded:
        out.say("shuffles", "always", "seen: an order from a generator that it reseeds")
    elif np.array_equal(identities(other), ids) or (ids < 0).any():
        out.say("shuffles", "fixed", "seen: an order of its own, the same at every opening")
    else:
        out.say("shuffles", "always", "seen: another order at every opening")


def _reordered(ids: Array) -> bool:
    """Whether the first two passes hold the same samples in different orders."""
    n = len(set(ids.tolist()))
    first, second = ids[:n].tolist(), ids[n : 2 * n].tolist()
    # where a pass is filled up with a sample of its end, the next one merely begins too late
    late = any(second == first[k:] + first[:k] for k in range(n))
    return -1 not in first and not late and set(first) == set(second) and len(set(first)) == n


def in_source_order(ids: Array) -> bool:
    """Whether samples first come in ascending order; windows that overlap or end early may."""
    first = list(dict.fromkeys(i for i in ids.tolist() if i >= 0))
    return bool(first) and first == sorted(first)


def sorts_batches(observer: Observer, problem: Problem, claims: Claims) -> bool:
    """Whether rows ascend in every batch of passes that are shuffled all the same."""
    if claims.shuffles not in ("flag", "always"):
        return False
    stream = observer.record(replace(problem, shuffle=claims.switched), claims).stream
    parts = [batch.ids for batch in stream.batches]
    ascend = all((np.diff(ids) > 0).all() and (ids >= 0).all() for ids in parts)
    return (
        ascend and max(map(len, parts), default=0) > 1 and not in_source_order(identities(stream))
    )


def _interleaved(stream: Stream) -> bool:
    """Whether rows ascend in every batch and stay near their place, as where workers take turns."""
    parts = [b.ids for b in stream.batches]
    if len(parts) < 6 or any((np.diff(ids) <= 0).any() for ids in parts):
        return False
    ids = np.concatenate(parts[: len(parts) // 2])
    size = max(len(p) for p in parts)
    return bool((ids >= 0).all() and (np.abs(ids - np.arange(len(ids))) <= 2 * size).all())


def _say_augmentation(
    out: _Inference, roles: frozenset[str], stream: Stream, other: Stream
) -> None:
    if "augment" in roles:
        out.say("augments", "flag", "role")
        return
    how, why = _augments(stream, other)
    if "augmenter" in roles and how == "never":
        how, why = "flag", "role"  # what augments without one does so in any case
    out.say("augments", how, why)


def _augments(stream: Stream, other: Stream) -> tuple[str, str]:
    """Return whether images are changed at random, and what shows it."""
    leaves = _images(stream)
    exact = np.concatenate([leaf.decoded.exact for leaf in leaves if leaf.decoded] or [np.ones(0)])
    same = same_pixels(stream, other)
    if same and _turns_some(leaves):
        return "always", "seen: some images are turned, always the same ones"
    if exact.all() and (same or not _drawn_values(leaves)):
        return "never", "seen: images as in the source"
    if same:
        return "never", "seen: changed, but always in the same way"
    return "always", "seen: images differ from draw to draw"


def _turns_some(leaves: list[Leaf]) -> bool:
    """Whether an input is flipped or turned in some rows and upright in others."""
    turns: dict[str, set[bool]] = {}
    for leaf in leaves:
        if leaf.decoded is not None:
            turned = leaf.decoded.turned[leaf.decoded.ids >= 0] > 0
            turns.setdefault(leaf.path, set()).update(turned.tolist())
    return any(len(found) == 2 for found in turns.values())


def _drawn_values(leaves: list[Leaf]) -> bool:
    """Whether images are noisy, or change their values image by image and not batch by batch."""
    for leaf in leaves:
        found = leaf.decoded
        if found is None or not found.exact.any():
            continue
        if np.nanmax(found.residual) > 0.02:
            return True
        gain = found.gain[found.exact]
        if np.ptp(gain, axis=0).max() > 1e-3 * np.abs(gain).max():
            return True
    return False


def same_pixels(stream: Stream, other: Stream) -> bool:
    """Whether rows of one sample look the same in both streams, and within each of them."""
    seen: dict[tuple[str, int], int] = {}
    for leaf in (*_images(stream), *_images(other)):
        if leaf.decoded is None:
            continue
        for sample, value in zip(leaf.decoded.ids, leaf.digests, strict=True):
            if sample >= 0 and seen.setdefault((leaf.path, int(sample)), value) != value:
                return False
    if not seen:  # nothing could be traced: is the whole stream the same, then?
        rows = [leaf.digests for leaf in _images(stream)]
        return bool(rows) and rows == [leaf.digests for leaf in _images(other)]
    return True


def _say_labels(out: _Inference, run: Run, subject: Subject) -> None:
    from conformance.labels import encoding

    found = encoding(run, numbered=subject.numbered)
    if found in ("same", "onehot") and subject.named:
        found = "map"  # names have no numbers of their own
    if found:
        out.say("labels", found, "seen")


def _say_part(out: _Inference, observer: Observer, stream: Stream, problem: Problem) -> None:
    """Take what splits its data, and yields the same part in every pass, for a part of a split."""
    subject = observer.subject
    if not subject.fed or not splits(subject.obj, subject.owner):
        return
    few = yields_a_part(stream, problem)
    if few:
        seen = f"seen: always the same {few} of {problem.n} samples, and its code splits"
        out.say("sampling", "part", seen)


def _say_remainder(out: _Inference, observer: Observer, stream: Stream, problem: Problem) -> None:
    """Take ``drop_last=True`` in the signature, or a docstring, for the declaration that it is."""
    import inspect

    subject = observer.subject
    if says_it_drops(subject.obj, subject.owner):
        if not problem.n % problem.batch_size and subject.given is None:
            problem = replace(problem, n=problem.n + 1)
            stream = observer.record(problem, out.claims).stream
        if drops_the_remainder(stream, problem):
            out.say("remainder", "drop", "its docstring")
    try:
        parameters = inspect.signature(subject.obj).parameters
    except (TypeError, ValueError):
        return
    for name in ("drop_last", "drop_remainder", "drop_final", "droplast"):
        if name in parameters and parameters[name].default is True:
            out.say("remainder", "drop", f"parameter {name}=True")
