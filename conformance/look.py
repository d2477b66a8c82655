"""The first look: what a subject seems to promise, from a few batches of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from conformance.claims import Claims
from conformance.feed import feed
from conformance.inference import in_source_order, infer, same_pixels, sorts_batches
from conformance.mixing_seen import with_mixing
from conformance.observe import Description, identities
from conformance.problem import Problem, Space
from conformance.promises import (
    ended_after_a_pass,
    says_it_ends,
)
from conformance.run import Ending, Run, Stream
from conformance.unbatched import unbatched

if TYPE_CHECKING:
    from conformance.observe import Observer
    from conformance.subject import Subject

Array = NDArray[Any]

_BOTH = re.compile(r"(is_?|do_?|for_?)?train(ing)?(_?mode)?")
"""Switches that may mean shuffling, augmentation, or both."""

_FEWEST_TO_SPLIT = 10
"""Samples, of each class where they are in folders, of which no usual split leaves nothing."""

_MANY = 150
"""Samples for a subject that has a batch size of its own."""


def first_look(observer: Observer) -> Description:
    """Feed the subject, see what comes, and resolve its claims.

    Raises:
        UsageError: the spec or a declaration is wrong.
        SubjectError: the user's module fails on import.
    """
    subject = observer.subject
    declared = dict(subject.declaration.claims)
    base = Claims(origin=dict.fromkeys(declared, "declared"), **_known(declared))
    if not subject.fed:
        return _closed(observer, base)
    fixed = len(subject.given.images) if subject.given is not None else 0
    own_size = bool(fixed) or "batch_size" not in subject.binding.roles()
    run, problem, base = _fed(observer, _first_problem(fixed, own_size), base)
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
    if own_size:
        hard = int(Counter(b.rows for b in stream.batches).most_common(1)[0][0])
        own = replace(problem, n=fixed or 4 * hard, batch_size=hard, passes=2)
        run, problem, base = _fed(observer, own, base)
    claims = infer(observer, replace(base, hard_batch=hard), problem, run)
    claims, refused = _with_switches(observer, claims, problem, run.stream)
    space = _space(observer, claims, problem, stream, hard=hard, fixed=fixed, refused=bool(refused))
    return Description(
        kind=_kind(observer, run.stream),
        roles=subject.binding.rows(),
        claims=claims,
        space=space,
        notes=(*_notes(observer, stream, space), *filter(None, [refused])),
        learned=subject.learned,
        method=subject.method,
    )


def _first_problem(fixed: int, own_size: bool) -> Problem:
    """Return what to feed first: of all that it has, by a size of its own, or by a small one."""
    if fixed:
        return Problem(fixed, max(1, fixed // 3), passes=1)
    return Problem(_MANY, 50, passes=1) if own_size else Problem(n=27, batch_size=4, passes=2)


def _fed(observer: Observer, look: Problem, base: Claims) -> tuple[Run, Problem, Claims]:
    """Feed the subject; once more where the stream showed that it is endless, or of one pass."""
    subject = observer.subject
    run, problem = feed(observer, look, base)
    if run.stream.boundless and not run.stream.certain and not base.declared("endless"):
        subject.goes_on(forever=True)
        run, problem = feed(observer, look, base)
    elif _promised_one_pass(subject, run.stream, problem, base):
        run, base = _one_pass(observer, problem, base)
    return run, problem, base


def _with_switches(
    observer: Observer, claims: Claims, problem: Problem, plain: Stream
) -> tuple[Claims, str]:
    """Return the claims with what its switches were seen to do, and why it took no augmenter."""
    _tell_augmenter(observer, problem, claims)
    _tell_switches(observer, problem, plain, claims)
    roles = observer.subject.binding.roles()
    claims = replace(claims, switched="shuffle" in roles)
    if claims.switched and claims.shuffles != "flag":
        claims = claims.seen(shuffles="flag")
    if not roles & {"augment", "augmenter"} and claims.augments == "flag":
        claims = replace(claims, augments="never", origin={**claims.origin, "augments": "seen"})
    refused = _refused_augmenter(observer, problem, claims) if "augmenter" in roles else ""
    if refused and claims.augments == "flag":
        claims = claims.seen(augments="never")
    claims = with_mixing(observer, claims, problem, plain)
    return replace(claims, sorted_batches=sorts_batches(observer, problem, claims)), refused


def _space(
    observer: Observer,
    claims: Claims,
    problem: Problem,
    stream: Stream,
    *,
    hard: int,
    fixed: int,
    refused: bool,
) -> Space:
    """Return the problems that it can be given."""
    subject = observer.subject
    roles = subject.binding.roles()
    return Space(
        can_shuffle="shuffle" in roles,
        can_augment=bool(roles & {"augment", "augmenter"}) and not refused,
        coupled=any({"shuffle", "augment"} <= set(b.roles) for b in subject.binding.bounds),
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
        fewest=_fewest(subject, problem, claims),
    )


def _fewest(subject: Subject, problem: Problem, claims: Claims) -> int:
    """Return how many samples its source needs: enough of each class to be split where it splits."""
    fewest = 1 if "+" in problem.form else subject.fewest(problem.classes)
    return _FEWEST_TO_SPLIT * fewest if claims.sampling == "part" else fewest


def _dtypes(observer: Observer, problem: Problem, claims: Claims) -> tuple[str, ...]:
    """Return the dtypes of images that it can be given: floats may be refused.

    Who reads the PNG file of an id finds none for images of floats, and Pillow makes no image of
    them.
    """
    dtypes = observer.subject.dtypes
    if problem.dtype != "uint8" or "float32" not in dtypes:
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
    if not len(ids) or (ids < 0).any():
        return  # rows that can't be read were changed, and their order can't be seen
    shuffles = not in_source_order(ids)
    changes = not same_pixels(plain, on)
    if shuffles:
        roles = ("augment", "shuffle") if changes else ("shuffle",)
        subject.rebind(switch.parameter, roles, "seen")
    elif not changes and _BOTH.fullmatch(switch.parameter.strip("_").lower()):
        subject.rebind(switch.parameter, (), "seen: changes nothing")


def _tell_augmenter(observer: Observer, problem: Problem, claims: Claims) -> None:
    """Find out whether what has the name of a switch is an object that augments.

    Only where its default is no flag: ``augment=None`` may be either, or a list of functions.
    """
    subject = observer.subject
    for bound in subject.binding.bounds:
        if bound.roles != ("augment",) or bound.origin == "declared" or bound.constant is not None:
            continue
        if _opens_augmented(observer, problem, claims):
            return
        subject.rebind(bound.parameter, ("augmenter",), "seen: it is called")
        if not bound.has_default and not _opens_augmented(observer, problem, claims):
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


def _promised_one_pass(subject: Subject, stream: Stream, problem: Problem, base: Claims) -> bool:
    if stream.certain or stream.sized or base.declared("endless"):
        return False
    return ended_after_a_pass(stream, problem) and says_it_ends(subject.obj, subject.owner)


def _one_pass(observer: Observer, problem: Problem, base: Claims) -> tuple[Run, Claims]:
    """Observe once more what is called anew for each pass, as it says of itself."""
    observer.subject.goes_on(forever=False)
    told = replace(base, endless=False, origin={**base.origin, "endless": "its docstring"})
    return observer.record(problem, told), told
