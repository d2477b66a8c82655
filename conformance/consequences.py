"""Training shows once more what is wrong already without Keras: such breaks are consequences."""

from __future__ import annotations

from dataclasses import replace

from conformance.verdict import Cause

_FOLLOWS: dict[str, tuple[str, ...]] = {
    "training.fit_accepts_it": ("protocol.", "arrays.", "batching.", "alignment.label"),
    "training.the_model_sees_every_sample": ("epoch.", "batching.", "alignment.", "purity."),
    "training.validation_is_the_same_every_epoch": (
        "augmentation.leaves_images_alone_otherwise",
        "protocol.streams_are_independent",
        "purity.",
        "arrays.pixels_survive",
    ),
    "training.workers_agree": ("protocol.indexing_is_pure", "purity."),
    "training.it_teaches": (
        "alignment.label",
        "arrays.",
        "augmentation.does_not_compound",
        "purity.",
    ),
}
"""Clause of training -> beginnings of the clauses whose breaks show in it, too."""


def with_consequences(causes: list[Cause]) -> list[Cause]:
    """Put clauses of training that stand alone to the first cause that entails them."""
    kept = [c for c in causes if not _alone(c)]
    for cause in (c for c in causes if _alone(c)):
        clause = cause.clauses[0]
        k = next((k for k, other in enumerate(kept) if _entails(other, clause)), None)
        if k is None:
            kept.append(cause)
        else:
            kept[k] = replace(kept[k], clauses=(*kept[k].clauses, clause))
    return kept


def _alone(cause: Cause) -> bool:
    return len(cause.clauses) == 1 and cause.clauses[0] in _FOLLOWS


def _entails(cause: Cause, clause: str) -> bool:
    return any(c.startswith(_FOLLOWS[clause]) for c in cause.clauses)
