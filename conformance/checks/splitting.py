"""splitting: what trains and what validates."""

from __future__ import annotations

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.run import Run, Stream
from conformance.wording import samples


@clause(MUST, scenarios=("pair",))
def train_and_validation_are_disjoint(run: Run) -> None:
    """No sample, and no byte-identical copy of one, is trained on and validated on.

    Why: a model that has seen the validation data is praised for its memory.
    Fix: split indices once, before anything is repeated or augmented, and give each side its own.
    """
    if len(run.streams) < 2:
        why = run.ending.message if run.ending else "no second generator was named"
        raise Undecided(f"training and validation can't be compared: {why}")
    train, validation = run.streams
    for name, stream in (("training", train), ("validation", validation)):
        if not stream.batches:
            seen = stream.ending.message if stream.ending else "it yields nothing"
            raise Undecided(f"no {name} batch came: {seen}")
    if run.problem.closed or not run.problem.side:
        _by_content(train, validation)
    else:
        _by_identity(run, train, validation)


def _by_identity(run: Run, train: Stream, validation: Stream) -> None:
    """Compare which samples of the one source both were given come in each."""
    seen = [{i for b in s.batches for i in b.ids.tolist()} for s in (train, validation)]
    if any(-1 in ids for ids in seen):
        raise Undecided("some rows could not be traced to a sample")
    if all(len(ids) == run.n for ids in seen):
        raise NotApplicable("each yields all that it is given: the split is made before")
    common = seen[0] & seen[1]
    if common:
        raise Violation(
            expected=f"each of {run.n} samples in one of the two",
            observed=f"{samples(sorted(common))} in both",
        )


def _by_content(train: Stream, validation: Stream) -> None:
    """Compare rows of their own data, byte by byte."""
    first, second = _rows(train), _rows(validation)
    common = sorted(set(first) & set(second))
    if common:
        batch, row = second[common[0]]
        other, place = first[common[0]]
        raise Violation(
            expected="no input of the validation data among those of the training data",
            observed=f"{len(common)} of {len(second)} are, byte for byte",
            where=f"validation batch {batch}, row {row} is training batch {other}, row {place}",
        )
    for name, stream in (("training", train), ("validation", validation)):
        if not _comes_again(stream):
            raise Undecided(
                f"no input of the {name} data came twice in {len(stream.batches)} batches: it "
                "augments, or a pass is longer than what was drawn, so copies can't be recognised",
                declare="name generators with augmentation off, and of a pass that fits",
            )


def _rows(stream: Stream) -> dict[int, tuple[int, int]]:
    """Return where each different row of the first input came first."""
    found: dict[int, tuple[int, int]] = {}
    for batch in stream.batches:
        for leaf in batch.part("input")[:1]:
            for row, digest in enumerate(leaf.digests):
                found.setdefault(digest, (batch.index, row))
    return found


def _comes_again(stream: Stream) -> bool:
    """Whether a whole batch of rows had all come before, as in a second pass."""
    seen: set[int] = set()
    for batch in stream.batches:
        digests = {d for leaf in batch.part("input")[:1] for d in leaf.digests}
        if digests and digests <= seen:
            return True
        seen |= digests
    return False
