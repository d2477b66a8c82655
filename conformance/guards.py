"""What clauses ask before they judge: is it owed here, and can it be seen?"""

from __future__ import annotations

import numpy as np

from conformance.contract import NotApplicable, Undecided
from conformance.run import Epoch, Leaf, Run, Stream

SOURCE_HINT = (
    "give its source with --generator-source module:attr, or name a factory that takes its data"
)

TOO_FEW_TO_SPLIT = "so few samples may be refused by what splits them"


def batches_came(run: Run) -> None:
    """Pass if there is a batch to judge."""
    if run.claims.remainder == "drop" and run.n < run.problem.batch_size:
        raise NotApplicable("fewer samples than a batch, and the remainder is declared dropped")
    if not run.batches:
        raise NotApplicable("no batch came (see protocol.opens_cleanly, protocol.never_stalls)")


def identities_seen(run: Run) -> None:
    """Pass if samples can be told apart in what was yielded."""
    batches_came(run)
    if not run.known:
        raise Undecided(
            "its source is unknown, so samples can't be told apart", declare=SOURCE_HINT
        )
    if mixes(run):
        raise Undecided("images are mixed of several samples, so no row is one sample")
    if not any((b.ids >= 0).any() for b in run.batches):
        raise Undecided(
            "no row could be traced to a sample of the source",
            declare='declare augmentation = "photometric" or switch augmentation off, '
            "or name a function that yields the images before they are changed beyond recognition",
        )


def sampled_once(run: Run) -> None:
    """Pass unless sampling with replacement or balancing is declared."""
    if not run.claims.once:
        raise NotApplicable(f"sampling = {run.claims.sampling!r} is declared")


def augmented(run: Run) -> bool:
    """Whether what the run yields is meant to be augmented."""
    return run.problem.augment or run.claims.augments == "always"


def mixes(run: Run) -> bool:
    """Whether an image of the run may be made of several samples."""
    return run.claims.augmentation == "mixing" and augmented(run)


def shuffled(run: Run) -> bool:
    """Whether the run is meant to be shuffled."""
    how = run.claims.shuffles
    if how == "flag" or (how == "window" and run.claims.switched):
        return run.problem.shuffle
    return how in ("always", "window")


def whole_epochs(run: Run, at_least: int = 1) -> tuple[Epoch, ...]:
    """Return the whole passes.

    Raises:
        NotApplicable: fewer than asked for came.
    """
    epochs = passes(run, run.stream)
    if len(epochs) < at_least:
        raise NotApplicable(f"fewer than {at_least} whole passes came")
    return epochs


def passes(run: Run, stream: Stream) -> tuple[Epoch, ...]:
    """Return the whole passes of a stream; of a continued one, blocks of n rows."""
    if run.claims.remainder != "continue" or stream.sized:
        return tuple(e for e in run.epochs_of(stream) if e.whole)
    ids = np.concatenate([b.ids for b in stream.batches] or [np.zeros(0, int)])
    size = run.n * run.claims.expansion
    starts = np.cumsum([0, *(b.rows for b in stream.batches)])
    out = []
    for k in range(len(ids) // size):
        low, high = k * size, (k + 1) * size
        inside = tuple(
            b for b, s in zip(stream.batches, starts, strict=False) if s < high and s + b.rows > low
        )
        out.append(Epoch(k, inside, ids[low:high], whole=True))
    return tuple(out)


def image_leaves(stream: Stream, part: str = "input") -> tuple[Leaf, ...]:
    """Return the image arrays of the first such path, batch by batch."""
    paths = [
        leaf.path
        for b in stream.batches
        for leaf in b.part(part)
        if leaf.decoded is not None and leaf.decoded.layout is not None
    ]
    if not paths:
        return ()
    return tuple(
        leaf
        for b in stream.batches
        for leaf in b.part(part)
        if leaf.path == paths[0] and leaf.decoded is not None and leaf.decoded.layout is not None
    )
