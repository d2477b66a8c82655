"""The first look: what a subject seems to promise, from a few batches of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conformance.claims import Claims
from conformance.feed import feed
from conformance.mixing_seen import with_mixing
from conformance.observe import Description, identities
from conformance.pixels import median
from conformance.problem import Problem, Space
from conformance.promises import (
    drops_the_remainder,
    ended_after_a_pass,
    says_it_drops,
    says_it_ends,
)
from conformance.run import Ending, Leaf, Run, Stream
from conformance.unbatched import unbatched

if TYPE_CHECKING:
    from conformance.observe import Observer
    from conformance.subject import Subject

Array = NDArray[Any]

_BOTH = re.compile(r"(is_?|do_?|for_?)?train(ing)?(_?mode)?")
"""Switches that may mean shuffling, augmentation, or both."""

_MANY = 150
"""Samples for a subject that has a batch size of its own."""


def first_look(observer: Observer) -> Description:
    """Feed the subject, see what comes, and resolve its claims.

    Raises:
        UsageError: the spec or a declaration is wrong.
        SubjectError: the user's module fails on import.
    """
    subject = observer.subject
    roles = subject.binding.roles()
    declared = dict(subject.declaration.claims)
    base = Claims(origin=dict.fromkeys(declared, "declared"), **_known(declared))
    if not subject.fed:
        return _closed(observer, base)
    sized_batch = "batch_size" in roles
    look = Problem(n=27, batch_size=4, passes=2) if sized_batch else Problem(_MANY, 50, passes=1)
    fixed = len(subject.given.images) if subject.given is not None else 0
    if fixed:
        sized_batch = False
        look = Problem(fixed, max(1, fixed // 3), passes=1)
    run, problem = feed(observer, look, base)
    if run.stream.boundless and not run.stream.certain and "endless" not in declared:
        subject.goes_on(forever=True)
        run, problem = feed(observer, look, base)
    elif _promised_one_pass(subject, run.stream, look, base):
        run, base = _one_pass(observer, problem, base)
    roles = subject.binding.roles()
    stream = run.stream
    single = unbatched(stream, problem)
    if single or not stream.batches:
        return Description(
            kind=_kind(observer, stream),
            roles=subject.binding.rows(),
            claims=base,
            space=Space(classes=problem.classes),
            trouble=single or stream.ending or _nothing(stream),
        )
    hard = 0
    if not sized_batch:
        hard = int(Counter(b.rows for b in stream.batches).most_common(1)[0][0])
        problem = replace(problem, n=fixed or 4 * hard, batch_size=hard, passes=2)
        run, problem = feed(observer, problem, base)
        if _promised_one_pass(subject, run.stream, problem, base):
            run, base = _one_pass(observer, problem, base)
    claims = _infer(observer, replace(base, hard_batch=hard), problem, run)
    _tell_augmenter(observer, problem, claims)
    _tell_switches(observer, problem, run.stream, claims)
    roles = observer.subject.binding.roles()
    claims = replace(claims, switched="shuffle" in roles)
    if claims.switched and claims.shuffles != "flag" and not claims.declared("shuffles"):
        claims = replace(claims, shuffles="flag", origin={**claims.origin, "shuffles": "seen"})
    if "augment" not in roles and claims.augments == "flag" and "augmenter" not in roles:
        claims = replace(claims, augments="never", origin={**claims.origin, "augments": "seen"})
    refused = _refused_augmenter(observer, problem, claims) if "augmenter" in roles else ""
    if refused and not claims.declared("augments"):
        claims = replace(claims, augments="never", origin={**claims.origin, "augments": "seen"})
    claims = with_mixing(observer, claims, problem, run.stream)
    claims = replace(claims, sorted_batches=_sorts_batches(observer, problem, claims))
    space = Space(
        can_shuffle="shuffle" in roles,
        can_augment=bool(roles & {"augment", "augmenter"}) and not refused,
        coupled=any(
            {"shuffle", "augment"} <= set(b.roles) for b in observer.subject.binding.bounds
        ),
        takes_seed=bool(roles & {"seed", "rng"}),
        hard_batch=hard,
        fixed_n=fixed,
        classes=problem.classes,
        form=problem.form,
        side=problem.side,
        dtypes=_dtypes(observer, problem, claims),
        explores=subject.explores,
        renumbers=(subject.renumbers and "+" not in problem.form)
        or "named" in problem.form.split(),
        takes_shards={"shard_index", "shard_count"} <= roles,
        indexable=stream.indexable,
        slow=stream.slow,
        fewest=1 if "+" in problem.form else observer.subject.fewest(problem.classes),
    )
    return Description(
        kind=_kind(observer, run.stream),
        roles=subject.binding.rows(),
        claims=claims,
        space=space,
        notes=(*_notes(observer, stream, space), *filter(None, [refused])),
        learned=subject.learned,
        method=subject.method,
    )


def _dtypes(observer: Observer, problem: Problem, claims: Claims) -> tuple[str, ...]:
    """Return the dtypes of images that it can be given: files of floats are of a kind of their own.

    Who reads the PNG file of an id finds none for images of floats.
    """
    dtypes = observer.subject.dtypes
    if problem.dtype != "uint8" or "float32" not in dtypes or not observer.subject.reads_files:
        return dtypes
    floats = observer.record(replace(problem, dtype="float32"), claims).stream
    refused = not floats.batches and floats.ending is not None and floats.ending.kind == "raised"
    return ("uint8",) if refused else dtypes


def _notes(observer: Observer, stream: Stream, space: Space) -> tuple[str, ...]:
    wanted = observer.settings.examples
    if not space.slow or space.examples(wanted) == wanted:
        return ()
    return (
        f"a {stream.kind} takes long to open: {space.examples(wanted)} problems were drawn instead "
        f"of {wanted}, besides the boundary problems (--generator-examples for more)",
    )


def _nothing(stream: Stream) -> Ending:
    if stream.length == 0:
        told = f"a {stream.kind} whose length is 0, where Keras wants one batch or more"
        return Ending("refused", 0, told)
    return Ending("exhausted", 0, "it yielded nothing")


def _known(declared: dict[str, Any]) -> dict[str, Any]:
    """Return the declared claims in the form in which :class:`Claims` holds them."""
    out = {k: v for k, v in declared.items() if k in Claims.__dataclass_fields__}
    if isinstance(out.get("scale"), (list, tuple)):
        out["scale"] = tuple(float(v) for v in out["scale"])
    return out


def _kind(observer: Observer, stream: Stream) -> str:
    obj = observer.subject.obj
    kind = stream.kind or ("class" if isinstance(obj, type) else "callable")
    if kind == "generator function" and not _is_generator_function(obj):
        return "factory of a generator" if callable(obj) else "generator object"
    return kind


def _is_generator_function(obj: Any) -> bool:
    import inspect

    return inspect.isgeneratorfunction(inspect.unwrap(obj)) if callable(obj) else False


def _closed(observer: Observer, base: Claims) -> Description:
    """Describe a subject that brings its own data; it may open only once, so don't look."""
    subject = observer.subject
    return Description(
        kind="closed iterator" if subject.one_shot else "closed factory",
        roles=subject.binding.rows(),
        claims=replace(base, shuffles="unknown", augments="unknown", labels="none"),
        space=Space(closed=True, one_shot=subject.one_shot),
        closed=True,
    )


def _tell_switches(observer: Observer, problem: Problem, plain: Stream, claims: Claims) -> None:
    """Find out whether an inferred switch for augmentation shuffles, too, or instead."""
    subject = observer.subject
    switches = [b for b in subject.binding.bounds if b.roles == ("augment",) and b.origin == "name"]
    if len(switches) != 1 or subject.binding.parameters("shuffle") or claims.shuffles != "never":
        return
    switch = switches[0]
    on = observer.record(replace(problem, augment=True), replace(claims, augments="always")).stream
    ids = identities(on)
    shuffles = bool((ids >= 0).any()) and not _in_source_order(ids)
    changes = not _same_pixels(plain, on)
    if shuffles:
        roles = ("augment", "shuffle") if changes else ("shuffle",)
        subject.rebind(switch.parameter, roles, "seen")
    elif not changes and _BOTH.fullmatch(switch.parameter.strip("_").lower()):
        subject.rebind(switch.parameter, (), "seen: changes nothing")


def _tell_augmenter(observer: Observer, problem: Problem, claims: Claims) -> None:
    """Find out whether what has the name of a switch is an object that augments.

    Only where its default is no flag: ``augment=None`` may be either.
    """
    subject = observer.subject
    for bound in subject.binding.bounds:
        if bound.roles != ("augment",) or bound.origin == "declared" or bound.constant is not None:
            continue
        if _opens_augmented(observer, problem, claims):
            return
        subject.rebind(bound.parameter, ("augmenter",), "seen: it is called")
        if not _opens_augmented(observer, problem, claims):
            subject.rebind(bound.parameter, bound.roles, bound.origin)


def _opens_augmented(observer: Observer, problem: Problem, claims: Claims) -> bool:
    on = observer.record(replace(problem, augment=True), replace(claims, augments="always")).stream
    return bool(on.batches) or on.ending is None or on.ending.kind != "raised"


def _refused_augmenter(observer: Observer, problem: Problem, claims: Claims) -> str:
    """Say how it failed with the kit's augmenter in place of its author's, "" if it did not.

    No role tells which methods of an augmenter are called: what fails there accuses nobody.
    """
    on = observer.record(replace(problem, augment=True), replace(claims, augments="always")).stream
    if on.batches or on.ending is None or on.ending.kind != "raised":
        return ""
    return (
        f"it was judged without augmentation, for it takes no augmenter of the kit's own "
        f"({on.ending.message}): judge a function of images, labels, batch_size and augment that "
        "passes it yours"
    )


class _Inference:
    """Collects claims that were not declared, with the reason for each."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims

    def say(self, name: str, value: Any, why: str) -> None:
        """Set a claim unless the user declared it."""
        if not self.claims.declared(name):
            origin = {**self.claims.origin, name: why}
            self.claims = replace(self.claims, **{name: value}, origin=origin)


def _infer(observer: Observer, claims: Claims, problem: Problem, run: Run) -> Claims:
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
    elif _in_source_order(ids) and _in_source_order(identities(other)):
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
    return (
        -1 not in first and first != second and set(first) == set(second) and len(set(first)) == n
    )


def _in_source_order(ids: Array) -> bool:
    """Whether samples first come in ascending order; windows that overlap or end early may."""
    first = list(dict.fromkeys(i for i in ids.tolist() if i >= 0))
    return bool(first) and first == sorted(first)


def _sorts_batches(observer: Observer, problem: Problem, claims: Claims) -> bool:
    """Whether rows ascend in every batch of passes that are shuffled all the same."""
    if claims.shuffles not in ("flag", "always"):
        return False
    stream = observer.record(replace(problem, shuffle=claims.switched), claims).stream
    parts = [batch.ids for batch in stream.batches]
    ascend = all((np.diff(ids) > 0).all() and (ids >= 0).all() for ids in parts)
    return (
        ascend and max(map(len, parts), default=0) > 1 and not _in_source_order(identities(stream))
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
    if roles & {"augment", "augmenter"}:
        out.say("augments", "flag", "role")
        return
    leaves = _images(stream)
    exact = np.concatenate([leaf.decoded.exact for leaf in leaves if leaf.decoded] or [np.ones(0)])
    same = _same_pixels(stream, other)
    if same and _turns_some(leaves):
        out.say("augments", "always", "seen: some images are turned, always the same ones")
        return
    if exact.all() and (same or not _drawn_values(leaves)):
        out.say("augments", "never", "seen: images as in the source")
        return
    if same:
        out.say("augments", "never", "seen: changed, but always in the same way")
        return
    out.say("augments", "always", "seen: images differ from draw to draw")


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


def _same_pixels(stream: Stream, other: Stream) -> bool:
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


def _promised_one_pass(subject: Subject, stream: Stream, problem: Problem, base: Claims) -> bool:
    if stream.certain or stream.sized or base.declared("endless"):
        return False
    return ended_after_a_pass(stream, problem) and says_it_ends(subject.obj, subject.owner)


def _one_pass(observer: Observer, problem: Problem, base: Claims) -> tuple[Run, Claims]:
    """Observe once more what is called anew for each pass, as it says of itself."""
    observer.subject.goes_on(forever=False)
    told = replace(base, endless=False, origin={**base.origin, "endless": "its docstring"})
    return observer.record(problem, told), told


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
