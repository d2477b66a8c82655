"""training: Keras in the loop."""

from __future__ import annotations

from collections import Counter
from math import isnan, log2

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.guards import (
    TOO_FEW_TO_SPLIT,
    augmented,
    identities_seen,
    image_leaves,
    passes,
    sampled_once,
    shuffled,
)
from conformance.labels import pairings
from conformance.run import Batch, Epoch, Run, Stream
from conformance.training.record import Lesson, Training
from conformance.wording import batch_lines, counted, samples

_LONGEST = 300
_CERTAIN_BITS = 20
"""Bits of agreement beyond which chance is ruled out; what is found is confirmed once more."""

_OURS = ("ran out of data", "super().__init__")
"""What Keras warns of where the subject is at fault; all else is a habit of Keras'."""


def _trained(run: Run) -> Training:
    """Return what Keras did.

    Raises:
        NotApplicable: training is not owed here.
        Undecided: nothing could be trained, or Keras itself did not come back.
    """
    training = run.training
    if run.ending is not None:
        ending = run.ending
        if ending.kind in ("stalled", "raised") or ending.line:
            raise NotApplicable(f"training did not end: {ending.message}")
        raise Undecided(
            f"training did not come back, and nothing shows that it is the generator's fault: "
            f"{ending.message}"
        )
    if training is None:
        raise NotApplicable("nothing was trained")
    if training.waived:
        raise NotApplicable(training.waived)
    if training.missing:
        why, _, install = training.missing.partition(": ")
        raise Undecided(why, declare=install)
    return training


def _without_error(run: Run) -> Training:
    """Return what Keras did where it came to its end."""
    training = _trained(run)
    if training.error:
        raise NotApplicable(
            f"training failed (see training.fit_accepts_it): {_told(training.error)}"
        )
    return training


def _told(error: str) -> str:
    """Return an error without the arrays that Keras prints after "Received:"."""
    text = error.partition(" Received: ")[0]
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


@clause(MUST, scenarios=("fit",))
def fit_accepts_it(run: Run) -> None:
    """model.fit trains on it to the end, without an error or a warning that is its fault.

    Why: Keras looks at two batches; what comes later fails in mid-training, or ends epochs early.
    Fix: read the error below; yield ``(x, y)`` arrays of one structure, for as long as it is asked.
    """
    ending = run.ending
    if ending is not None and (ending.kind in ("stalled", "raised") or ending.line):
        raise Violation(
            expected="training that comes to its end",
            observed=f"{ending.kind}: {ending.message}",
            where=ending.line or f"batch {ending.batch}",
        )
    training = _trained(run)
    refused = training.error.startswith("ValueError") and not training.pulled
    if refused and run.claims.sampling == "part":
        raise NotApplicable(TOO_FEW_TO_SPLIT)
    if training.error:
        raise Violation(
            expected=f"{training.epochs} epochs without an error",
            observed=_told(training.error),
            where=training.error_line or f"after {counted(training.pulled, 'batch')}",
        )
    owed = training.steps * training.epochs
    came = len(run.batches)
    for text in training.warnings:
        if _OURS[1] in text:
            raise Violation(expected="no warning of Keras'", observed=text)
        if _OURS[0] in text and came < owed:
            raise Violation(
                expected=f"{owed} batches for {training.epochs} epochs of {training.steps} steps",
                observed=f"{came}; Keras then logs empty epochs with loss 0.0: {text}",
                where=f"batch {came}",
            )


@clause(MUST, scenarios=("fit",))
def the_model_sees_every_sample(run: Run) -> None:
    """What arrives in train_step is each sample once an epoch, with its own label.

    Why: peeked batches, reused buffers and silent casts change what Keras hands to the model.
    Fix: yield fresh arrays of one dtype, ``ceil(n / batch_size)`` of them a pass.
    """
    _without_error(run)
    _coverage(run, run.stream)


def _coverage(run: Run, stream: Stream, whose: str = "the model") -> None:
    """Pass if each epoch that arrived holds each sample once, with its label."""
    sampled_once(run)
    _has_passes(run)
    if run.claims.sampling == "part" and run.claims.endless:
        raise NotApplicable("how many batches its part of the source takes is its own affair")
    identities_seen(run)
    _labelled(run, stream, whose)
    spare = run.n - run.steps * run.problem.batch_size if run.claims.remainder == "drop" else 0
    for epoch in passes(run, stream):
        unknown = int((epoch.ids < 0).sum())
        counts = Counter(i for i in epoch.ids.tolist() if i >= 0)
        missing = sorted(set(run.members) - set(counts))
        often = sorted(i for i, c in counts.items() if c > run.claims.expansion)
        if often or len(missing) > max(0, spare) + unknown:
            seen = f"{samples(missing)} missing" if missing else ""
            twice = f"{samples(often)} more than once" if often else ""
            raise Violation(
                expected=f"{whose} sees each of {run.n} samples once in {_epoch(epoch)}",
                observed=f"{', '.join(filter(None, (seen, twice)))}: {batch_lines(epoch.batches)}",
                where=_epoch(epoch),
            )
        if len(missing) > max(0, spare):
            raise Undecided("too many rows could not be traced to a sample")


def _has_passes(run: Run) -> None:
    if run.claims.remainder == "continue":
        raise NotApplicable(
            'remainder = "continue" is declared: epochs have no samples of their own'
        )


def _labelled(run: Run, stream: Stream, whose: str) -> None:
    if (
        run.labels is None
        or run.claims.labels in ("none", "image")
        or run.claims.structure == "pairs"
    ):
        return
    if run.claims.augmentation in ("mixing", "label-changing") and augmented(run):
        return
    mislabelled = (p for p in pairings(run, stream) if p.right is False and not p.drawn)
    wrong = next(mislabelled, None)
    if wrong is not None:
        raise Violation(
            expected=f"{whose} sees sample {wrong.sample} with label {run.labels[wrong.sample]}",
            observed=f"it arrives with {wrong.seen}",
            where=f"batch {wrong.batch}, row {wrong.row}",
        )


def _epoch(epoch: Epoch) -> str:
    return f"epoch {epoch.index + 1}"


@clause(MUST, scenarios=("validate",))
def validation_is_the_same_every_epoch(run: Run) -> None:
    """What arrives in test_step is the same in every epoch, validated the way the subject allows.

    Why: a validation loss over other samples each time moves without any learning.
    Fix: validate with a PyDataset (one worker), a tf.data.Dataset, or a function called anew.
    """
    training = _without_error(run)
    sampled_once(run)
    _has_passes(run)
    if shuffled(run) and run.claims.remainder == "drop":
        raise NotApplicable(
            "it shuffles always and drops the remainder, another one in each pass: validate on a "
            "stream that does not shuffle"
        )
    epochs = passes(run, run.stream)
    if len(epochs) < 2:
        raise NotApplicable(f"fewer than 2 validations came ({training.way})")
    first = _content(run, epochs[0])
    for epoch in epochs[1:]:
        if _content(run, epoch) != first:
            raise Violation(
                expected=f"in {_epoch(epoch)} what came in epoch 1 ({training.way}): "
                f"{batch_lines(epochs[0].batches)}",
                observed=_difference(epochs[0], epoch),
                where=_epoch(epoch),
            )


def _content(run: Run, epoch: Epoch) -> object:
    """Return what must not change: the pixels in any order, or the samples where pixels may."""
    if run.claims.augments == "always":
        identities_seen(run)
        if (epoch.ids < 0).any():
            raise Undecided("augmented rows could not be traced to samples")
        return sorted(epoch.ids.tolist())
    if run.problem.closed and run.claims.augments != "never":
        raise Undecided("it may augment, and its source is unknown")
    return sorted(d for b in epoch.batches for leaf in b.part("input")[:1] for d in leaf.digests)


def _difference(first: Epoch, other: Epoch) -> str:
    if (other.ids >= 0).all() and sorted(first.ids.tolist()) != sorted(other.ids.tolist()):
        return batch_lines(other.batches)
    return "other pixels of the same samples" if (other.ids >= 0).all() else "other images"


@clause(MUST, scenarios=("workers", "forked", "spawned"))
def workers_agree(run: Run) -> None:
    """With several workers a PyDataset gives what it gives with one, and no two draw alike.

    Why: workers share buffers between threads, and forked processes start from one random state.
    Fix: make a new array for each batch; derive randomness from (seed, epoch, index).
    """
    training = _trained(run)
    if training.error:
        if "pickle" in training.error.lower():
            raise NotApplicable(f"it can't be pickled for other processes: {training.error}")
        if len(run.streams) < 2:
            raise NotApplicable(
                f"training failed (see training.fit_accepts_it): {_told(training.error)}"
            )
        raise Violation(
            expected=f"training with {training.way}",
            observed=_told(training.error),
            where=training.error_line,
        )
    if len(run.streams) < 2:
        raise NotApplicable("it was not trained on with several workers")
    alone, many = run.streams
    trouble = _trouble(run, alone)
    if trouble:
        raise NotApplicable(f"with one worker it is not right already: {trouble}")
    _coverage(run, many, f"with {training.way}, the model")
    if augmented(run):
        _own_randomness(alone, many, training)
    else:
        _same_pixels(alone, many, training)


def _trouble(run: Run, stream: Stream) -> str:
    try:
        _coverage(run, stream)
    except Violation as violation:
        return violation.observed
    return ""


def _same_pixels(alone: Stream, many: Stream, training: Training) -> None:
    wanted = {d for leaf in image_leaves(alone) for d in leaf.digests}
    for leaf in image_leaves(many):
        strange = [k for k, d in enumerate(leaf.digests) if d not in wanted]
        if strange:
            raise Violation(
                expected="the pixels that come with one worker",
                observed=f"others with {training.way}",
                where=f"{leaf.path}, row {strange[0]}",
            )


def _own_randomness(alone: Stream, many: Stream, training: Training) -> None:
    """Look for two batches whose rows were given the same draws, one by one."""
    bits = _bits(alone)
    if _twins(alone, bits):
        raise NotApplicable("with one worker, too, batches repeat the draws of others")
    twins = _twins(many, bits)
    if twins:
        first, second = twins
        raise Violation(
            expected="draws of its own for each batch, as with one worker",
            observed=f"with {training.way}, batch {second.index} (epoch {second.pass_index + 1}) "
            f"repeats the draws of batch {first.index} (epoch {first.pass_index + 1}) row by row: "
            "workers begin with the same random state",
            where=f"batch {second.index}",
        )


def _draws(batch: Batch) -> tuple[int, ...]:
    """Return what tells the geometric draws of the rows of a batch apart."""
    for leaf in batch.part("input"):
        if leaf.decoded is not None:
            return tuple(leaf.decoded.motion.tolist())
    return ()


def _bits(stream: Stream) -> float:
    """Return how many bits one draw holds, from how often two of them agree."""
    counts = Counter(draw for b in stream.batches for draw in _draws(b))
    total = sum(counts.values())
    if total < 2:
        return 0.0
    agreeing = sum(c * (c - 1) for c in counts.values()) / (total * (total - 1))
    return -log2(agreeing) if agreeing > 0 else log2(total)


def _twins(stream: Stream, bits: float) -> tuple[Batch, Batch] | None:
    """Return two batches with the same draws where chance would hardly make them."""
    seen: dict[tuple[int, ...], Batch] = {}
    for batch in stream.batches:
        draws = _draws(batch)
        if len(draws) * bits < _CERTAIN_BITS:
            continue
        if draws in seen:
            return seen[draws], batch
        seen[draws] = batch
    return None


_LEARNED, _APART, _CLOSE = 0.9, 0.3, 0.15
"""Shares of rows named rightly: learned beyond doubt, apart from chance, not to be told from it."""


@clause(MUST, scenarios=("teach",))
def it_teaches(run: Run) -> None:
    """A small network learns its labels clearly better than shuffled ones.

    Why: labels that don't belong to their images, or images without content, train to nothing.
    Fix: look at ``next(generator)`` as pictures, with their labels as titles.
    """
    lesson = _without_error(run).lesson
    if run.labels is None:
        raise NotApplicable("it takes no labels")
    if run.claims.structure == "pairs":
        raise NotApplicable("its targets tell of pairs, which one image doesn't")
    if lesson is None or lesson.trouble:
        raise NotApplicable(lesson.trouble if lesson else "no lesson was given")
    if lesson.right >= _LEARNED or lesson.right >= lesson.shuffled + _APART:
        return
    if _nothing_learned(lesson):
        raise Violation(
            expected=f"a network that names most of {lesson.classes} classes rightly, as it does "
            f"when trained on the source ({lesson.control:.0%})",
            observed=f"{lesson.right:.0%} of {lesson.rows} rows are named rightly, "
            f"{lesson.shuffled:.0%} with shuffled labels",
        )
    raise Undecided(
        f"{lesson.right:.0%} of the rows are named rightly, {lesson.shuffled:.0%} with shuffled "
        "labels: too little to tell"
    )


def _nothing_learned(lesson: Lesson) -> bool:
    able = not isnan(lesson.control) and lesson.control >= _LEARNED
    return able and lesson.right < lesson.shuffled + _CLOSE
