"""Finding a feed: which form of labels, number of classes and dtype a subject works with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from conformance.claims import Claims
from conformance.labels import numbers, outgrown
from conformance.problem import Problem
from conformance.roles import DATA, Binding
from conformance.run import Run
from conformance.sources.material import PIXELS, PIXELS_SIDE
from conformance.sources.names import LABELS, class_name
from conformance.unbatched import unbatched

if TYPE_CHECKING:
    from conformance.observe import Observer
    from conformance.subject import Subject

_CLASSES = (0, 5, 2, 10, 3)
"""Numbers of classes to try; 0 is one a sample, which shows the most."""

_NAMED_CLASSES = (5, 2, 3, 10, 0)
"""The same where classes are named: which number a name gets shows only when names recur."""

_BESIDE = {"labels", "masks", "mask_paths", "mask_dir", "image_dir"}
"""What stands beside file names that are called as if they were images."""

_ONE = ({"images"}, {"pairs"})
"""What the only data of a subject is called that may hold images and labels both."""

_SIZES = ("image_size", "image_shape", "image_height", "image_width", "n_channels")
"""Roles of parameters that may have to keep their defaults."""

_SIDES = (20, 100)
"""Sides of images to try: code that crops photographs fails on small ones."""

_LABEL_ROLES = ("labels", "onehot_labels", "string_labels", "float_labels")
"""What a parameter called ``y`` may expect, the commonest first."""


def feed(observer: Observer, problem: Problem, claims: Claims) -> tuple[Run, Problem]:
    """Try feeds until one brings batches that make sense; return the best that was found.

    A feed of which no batch comes, or one with parts of different lengths, may merely be the
    wrong one: the next is tried. The subject stays bound to the feed that is returned.
    """
    subject = observer.subject
    best: tuple[int, Run, Problem, Binding] | None = None
    sides = (subject.fixed_side,) if subject.fixed_side else _SIDES
    plain = subject.binding
    tries = (*product(sides, tuple(_bindings(plain))), *product(sides, _last_resorts(plain)))
    for side, binding in tries:
        subject.binding = binding
        if side != sides[0] and (not subject.reads_files or (best and best[0] > 1)):
            continue
        resorted = binding.roles() - plain.roles() == {"image_dir"} and not _beside_masks(plain)
        if best and resorted and not _lost(best[1], plain):
            continue
        for classes in _numbers(subject):
            for form, dtype in product(subject.forms, subject.dtypes):
                asked = replace(problem, classes=classes, dtype=dtype, form=form, side=side)
                if form == PIXELS:
                    asked = replace(asked, side=PIXELS_SIDE)
                run = observer.record(asked, claims)
                worth = _worth(run, guesses=subject.guesses)
                if worth == _GOOD and _may_hold_both(binding) and not _traced(run):
                    worth = _GOOD - 1  # rows of an image pass for images as well
                if best is None or worth > best[0]:
                    best = (worth, run, asked, binding)
                if worth == _GOOD:
                    return run, asked
                ending = run.stream.ending
                refused = ending is not None and ending.kind == "refused"
                if refused or unbatched(run.stream, asked):
                    return run, asked
    if best is None:
        raise RuntimeError("no feed was tried")
    _, run, asked, subject.binding = best
    return run, asked


def _numbers(subject: Subject) -> tuple[int, ...]:
    """Return the numbers of classes to try: none above a number that its signature fixes."""
    if not subject.labelled:
        return (0,)
    numbers = _NAMED_CLASSES if subject.named else _CLASSES
    limit = subject.most_classes
    return tuple(dict.fromkeys(min(k or limit, limit) for k in numbers)) if limit else numbers


_GOOD = 3


def _worth(run: Run, *, guesses: bool) -> int:
    """Return 0 for no batch, 1 for an early error or empty ones, 2 for parts that don't fit, 3 for good."""
    if not run.batches:
        return 0
    ending = run.stream.ending
    if ending is not None and ending.kind == "raised" and len(run.batches) < run.problem.steps:
        return 1
    first = run.batches[0]
    rows = {leaf.rows for leaf in first.leaves}
    if rows == {0} or any(0 in leaf.shape[1:] for leaf in first.leaves):
        return 1
    mistold = outgrown(run) or (guesses and _mistold(run))
    return _GOOD if len(rows) == 1 and not first.complaint and not mistold else 2


def _mistold(run: Run) -> bool:
    """Whether targets aren't one number for each class that the names of files tell."""
    if run.labels is None or not any(t.values is not None for t in run.batches[0].part("target")):
        return False
    found = numbers(run, run.stream)
    return set(found) != set(map(float, run.labels)) or len(set(found.values())) < len(found)


def _may_hold_both(binding: Binding) -> bool:
    """Whether the only data of a subject is one argument, which may hold labels as well."""
    return binding.roles() & (set(DATA) | LABELS) in _ONE


def _traced(run: Run) -> bool:
    return any((batch.ids >= 0).any() for batch in run.batches)


def _bindings(binding: Binding) -> Iterator[Binding]:
    """Yield the binding itself, then with inferred parameters read in other ways.

    A path beside a folder of masks is rather the flat folder of their images than one of classes.
    """
    flat = _flat(binding) if _beside_masks(binding) else None
    if flat is not None:
        yield from (flat, binding) if _is_path(binding) else (binding, flat)
    else:
        yield binding
    for bound in binding.bounds:
        if bound.origin == "declared":
            continue
        if bound.roles == ("labels",):
            for role in _LABEL_ROLES[1:]:
                yield _with(binding, bound.parameter, (role,), "seen: the form that it takes")
        if _may_hold_both(binding) and set(bound.roles) in _ONE:
            for role in ("arrays", "pairs"):
                yield _with(binding, bound.parameter, (role,), "seen: the form that it takes")
        if bound.roles == ("images",) and binding.roles() & _BESIDE:
            yield _with(binding, bound.parameter, ("paths",), "seen: the form that it takes")
        if bound.roles == ("augment",) and bound.constant is None:
            yield _with(binding, bound.parameter, ("augmenter",), "seen: it is called")
        if bound.roles and bound.roles[0] in _SIZES and bound.has_default:
            yield _with(binding, bound.parameter, (), "default")


def _beside_masks(binding: Binding) -> bool:
    return "mask_dir" in binding.roles() and not binding.roles() & {"image_dir", "images", "paths"}


def _flat(binding: Binding) -> Binding | None:
    """Return the binding with its inferred folder read as a flat one, None without such a folder."""
    for bound in binding.bounds:
        if bound.roles == ("directory",) and bound.origin == "name":
            return _with(binding, bound.parameter, ("image_dir",), "seen: a folder of files")
    return None


def _is_path(binding: Binding) -> bool:
    names = (b.parameter for b in binding.bounds if b.roles == ("directory",))
    return any(name.lower().endswith("path") for name in names)


def _last_resorts(binding: Binding) -> tuple[Binding, ...]:
    """Return the binding with folders read as flat ones that hold the images.

    Who finds no file there may look for ever, so nothing else must have brought a batch.
    """
    only = len(binding.roles() & set(DATA)) == 1
    return tuple(
        _with(binding, bound.parameter, ("image_dir",), "seen: a folder of files")
        for bound in binding.bounds
        if (bound.roles == ("directory",) and bound.origin != "declared" and only)
        or (bound.origin == "default" and isinstance(bound.constant, str))
    )


def _lost(run: Run, binding: Binding) -> bool:
    """Whether it failed because a folder holds folders of classes, or isn't where it looks."""
    ending = run.stream.ending
    if run.batches or ending is None or ending.kind != "raised":
        return False
    return "directory" not in binding.roles() or class_name(0)[:-1] in ending.message


def _with(binding: Binding, parameter: str, roles: tuple[str, ...], origin: str) -> Binding:
    return Binding(
        tuple(
            replace(b, roles=roles, origin=origin) if b.parameter == parameter else b
            for b in binding.bounds
            if roles or b.parameter != parameter
        )
    )
