"""purity: what a generator leaves alone."""

from __future__ import annotations

from conformance.contract import MUST, SHOULD, NotApplicable, Violation, clause
from conformance.guards import batches_came
from conformance.run import Run, Sharing, Stream

_ALL = ("stream", "long", "twins", "threads", "seeds")


@clause(MUST, scenarios=_ALL)
def source_is_untouched(run: Run) -> None:
    """The caller's images, labels and lists are bit for bit what they were.

    Why: augmentation written back into the source compounds: after some epochs nothing is left.
    Fix: never assign into an argument; index arrays (``x[rows]``) copy, slices and ``x /= 255`` don't.
    """
    if not run.known:
        raise NotApplicable("it was given no data")
    for stream in run.streams:
        for parameter, change in stream.touched.items():
            raise Violation(
                expected=f"{parameter!r} as the caller passed it",
                observed=f"{change}",
                where=f"parameter {parameter!r}",
            )
    if not run.streams:
        raise NotApplicable("it was not observed")


@clause(MUST, scenarios=_ALL)
def batches_own_their_memory(run: Run) -> None:
    """A batch that was handed out never changes and shares no memory with another or the source.

    Why: Keras pulls batches ahead: a reused buffer is overwritten before it is trained on.
    Fix: allocate per batch, or yield ``buffer.copy()``; index with an array instead of a slice.
    """
    batches_came(run)
    for stream in run.streams:
        for finding in stream.sharing:
            if finding.kind == "batch" and _is_a_constant(stream, finding):
                continue
            raise Violation(
                expected="memory of its own for each batch",
                observed=_told(finding),
                where=f"batch {finding.batch}, {finding.path}",
            )


def _told(finding: Sharing) -> str:
    if finding.kind == "source":
        return f"{finding.path} is a view of the caller's {finding.other!r}: whoever writes to the batch writes to the data"
    if finding.kind == "changed":
        return f"{finding.path} of batch {finding.batch} changed when batch {finding.later} was made: one buffer is reused"
    return f"{finding.path} of batch {finding.batch} and of batch {finding.later} share one buffer"


def _is_a_constant(stream: Stream, finding: Sharing) -> bool:
    """Whether the shared leaf is one fixed array that carries no sample, as a vector of ones."""
    digests = {
        digest
        for batch in stream.batches
        for leaf in batch.leaves
        if leaf.path == finding.path
        for digest in leaf.digests
    }
    return len(digests) == 1


@clause(SHOULD, scenarios=("stream", "long"))
def global_randomness_is_respected(run: Run) -> None:
    """It does not reseed the process-wide random generators.

    Why: reseeding makes every other random draw of the program repeat: dropout, splits, other data.
    Fix: use a generator of its own: ``rng = numpy.random.default_rng(seed)``.
    """
    if not run.streams:
        raise NotApplicable("it was not observed")
    for generator, culprit in run.stream.reseeded.items():
        blame = "" if culprit == "the subject" else culprit
        raise Violation(
            expected=f"the global state of {generator} advanced at most by draws",
            observed=f"reseeded by {culprit}"
            + (" (a library that the subject calls)" if blame else ""),
            blame=blame,
        )
