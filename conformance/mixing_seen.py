"""Whether a first look shows images that are mixed of several samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from conformance.claims import Claims
from conformance.problem import Problem
from conformance.run import Stream

if TYPE_CHECKING:
    from conformance.observe import Observer

_PART = 0.05
"""Share from which on a sample counts as a part of an image."""

_KNOWN, _MIXED = 0.7, 0.25
"""Shares of the rows that must be taken apart, and of those that must have two parts."""


def with_mixing(observer: Observer, claims: Claims, problem: Problem, plain: Stream) -> Claims:
    """Return the claims with ``augmentation = "mixing"`` where it is seen, and when it mixes.

    Blends and collages can't be taken for anything else: the weighted sum of two sources, or the
    pixels of two, explain an image within rounding, or they don't. So no author need declare it.
    """
    if claims.declared("augmentation") and (
        claims.augmentation != "mixing" or claims.declared("augments")
    ):
        return claims
    tries = [("always", False)] if _changed(plain) else []
    if observer.subject.binding.roles() & {"augment", "augmenter"}:
        tries.append(("flag", True))
    for how, augment in tries:
        trial = replace(claims, augmentation="mixing", augments="always")
        stream = observer.record(replace(problem, augment=augment), trial).stream
        if _mixed(stream):
            why = "seen: images are made of several samples"
            if how == "always" and claims.shuffles != "flag":
                claims = claims.seen(why, shuffles="unknown")  # no row is one sample
            return claims.seen(why, augments=how, augmentation="mixing")
    return claims


def _changed(stream: Stream) -> bool:
    """Whether some input images are not their sources up to an affine change of values."""
    return any(
        leaf.decoded is not None
        and leaf.decoded.layout is not None
        and not leaf.decoded.exact.all()
        for batch in stream.batches
        for leaf in batch.part("input")
    )


def _mixed(stream: Stream) -> bool:
    shares = [
        leaf.mixed.low
        for batch in stream.batches
        for leaf in batch.part("input")
        if leaf.mixed is not None
    ]
    if not shares:
        return False
    low = np.concatenate(shares)
    known = low[~np.isnan(low).any(axis=1)]
    parts = (known >= _PART).sum(axis=1)
    return len(known) >= _KNOWN * len(low) and bool((parts >= 2).mean() >= _MIXED)
