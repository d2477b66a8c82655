"""protocol: how a generator opens, goes on and ends."""

from __future__ import annotations

from collections import Counter
from typing import Any

from numpy.typing import NDArray

from conformance.contract import MUST, SHOULD, NotApplicable, Undecided, Violation, clause
from conformance.guards import (
    TOO_FEW_TO_SPLIT,
    augmented,
    batches_came,
    identities_seen,
    mixes,
    passes,
)
from conformance.labels import pairings
from conformance.run import Batch, Ending, Run, Stream
from conformance.wording import batch_lines, counted, samples

Array = NDArray[Any]

_EVERYWHERE = ("stream", "long", "twins", "threads", "seeds", "dim", "constant", "draws")


def _first_ending(run: Run) -> Ending | None:
    return run.ending or next((s.ending for s in run.streams if s.ending), None)


def _where(ending: Ending) -> str:
    return ending.line or f"batch {ending.batch}"


@clause(MUST)
def opens_cleanly(run: Run) -> None:
    """The first batch comes for every number of samples and batch size.

    Why: a generator that fails for n < batch_size or a last batch of one works until the data changes.
    Fix: step through ``range(0, n, batch_size)`` and slice; slices may be shorter than asked for.
    """
    ending = _first_ending(run)
    if ending is None or not ending.opening:
        return
    if ending.kind in ("stalled", "waiting"):
        raise NotApplicable("it stalled (see protocol.never_stalls)")
    if ending.kind in ("refused", "unbatched"):
        raise NotApplicable("it was not drawn from (see protocol.is_accepted_by_keras)")
    if (
        run.claims.remainder == "drop"
        and run.n < run.problem.batch_size
        and ending.kind in ("exhausted", "raised")
    ):
        raise NotApplicable("fewer samples than a batch, and the remainder is declared dropped")
    if run.claims.sampling == "part" and ending.error == "ValueError":
        raise NotApplicable(TOO_FEW_TO_SPLIT)
    seen = {
        "exhausted": "it ended without yielding a batch",
        "memory": f"it was stopped: {ending.message}",
        "died": f"the process ended: {ending.message}",
    }.get(ending.kind, ending.message)
    raise Violation(expected="a first batch", observed=seen, where=_where(ending))


@clause(MUST, scenarios=_EVERYWHERE)
def never_stalls(run: Run) -> None:
    """Every next() returns.

    Why: a loop that never reaches its yield hangs model.fit for good, without a message.
    Fix: make sure each turn of the endless loop yields, also for n < batch_size and n == batch_size.
    """
    ending = _first_ending(run)
    if ending is None:
        if not run.streams:
            raise NotApplicable("it was not opened")
        return
    if ending.kind == "stalled":
        raise Violation(
            expected=f"batch {ending.batch}",
            observed=f"a busy loop that never yields, at {ending.line or 'an unknown line'}",
            where=_where(ending),
        )
    if ending.kind == "waiting":
        raise Violation(
            expected=f"batch {ending.batch}",
            observed=f"next() waits and does not return: {ending.message}",
            where=_where(ending),
        )
    if ending.kind in ("memory", "died") and not ending.opening:
        raise Violation(
            expected=f"batch {ending.batch}", observed=ending.message, where=_where(ending)
        )


@clause(MUST)
def is_accepted_by_keras(run: Run) -> None:
    """Keras accepts it: a generator object, or a PyDataset, tf.data.Dataset or DataLoader.

    Why: model.fit answers "Unrecognized data type" to zip, map, cycle and iterators of your own.
    Fix: wrap the iterator in a generator function: ``def gen(): yield from iterator``.
    """
    if run.stream.refusal:
        raise Violation(expected="a kind that Keras takes", observed=run.stream.refusal)
    if run.stream.ending is not None and run.stream.ending.kind in ("refused", "unbatched"):
        raise Violation(
            expected="batches, from a kind that Keras takes",
            observed=run.stream.ending.message,
            fix=run.stream.ending.advice,
        )
    if not run.stream.kind:
        raise NotApplicable("it did not open (see protocol.opens_cleanly)")


@clause(MUST)
def yields_tuples(run: Run) -> None:
    """Each batch is a tuple (x,), (x, y) or (x, y, w) of arrays, nested with tuple or dict only.

    Why: Keras refuses lists and bare arrays, and only when it looks at the first batch.
    Fix: ``yield x, y`` with NumPy arrays; name several inputs with a dict.
    """
    if not run.batches:
        batches_came(run)
    for batch in run.batches:
        if batch.complaint:
            raise Violation(
                expected="a tuple of one to three arrays or nests of arrays",
                observed=batch.complaint,
                where=f"batch {batch.index}",
            )


@clause(MUST)
def keeps_its_structure(run: Run) -> None:
    """Arity, nesting, None-ness and ranks are the same in every batch.

    Why: TensorFlow fails on a changed structure in the middle of an epoch; JAX and torch train on.
    Fix: yield the same parts in every batch, the last one included.
    """
    batches_came(run)
    first = run.batches[0]
    for batch in run.batches:
        if batch.structure != first.structure:
            raise Violation(
                expected=f"{first.structure} as in batch {first.index}",
                observed=batch.structure,
                where=f"batch {batch.index}",
            )


@clause(MUST)
def never_ends(run: Run) -> None:
    """An endless generator outlives the epochs asked for and what Keras pulls ahead.

    Why: Keras only warns "Your input ran out of data" and logs the empty epochs with loss 0.0.
    Fix: wrap the pass in ``while True:``; or declare endless = false if it is called anew per epoch.
    """
    stream = run.stream
    if stream.sized:
        raise NotApplicable("it is sized: a pass has an end")
    batches_came(run)
    ending = stream.ending
    if ending is not None and ending.kind in ("exhausted", "raised"):
        how = "it ended" if ending.kind == "exhausted" else ending.message
        raise Violation(
            expected=f"a stream without end ({counted(run.steps, 'batch')} a pass)",
            observed=f"{how} after {counted(ending.batch, 'batch')}",
            where=_where(ending),
        )


@clause(MUST)
def can_start_again(run: Run) -> None:
    """A sized stream gives the same samples when it is iterated again.

    Why: Keras iterates it once an epoch; what is used up after the first leaves empty epochs.
    Fix: make a new iterator in ``__iter__``; keep no position between passes.
    """
    if not run.stream.sized:
        raise NotApplicable("it is endless: Keras never starts it again")
    batches_came(run)
    if not run.claims.once:
        raise NotApplicable(f"sampling = {run.claims.sampling!r} is declared")
    epochs = tuple(run.epochs_of(run.stream))
    if len(epochs) < run.problem.passes:
        ending = run.stream.ending
        raise Violation(
            expected=f"{run.problem.passes} passes",
            observed=f"{len(epochs)}, then {ending.message if ending else 'nothing'}",
            where=f"pass {len(epochs) + 1}",
        )
    identities_seen(run)
    first = Counter(epochs[0].ids.tolist())
    for epoch in epochs[1:]:
        again = Counter(epoch.ids.tolist())
        allowed = run.n % run.problem.batch_size if run.claims.remainder == "drop" else 0
        if -1 not in first and -1 not in again and sum((first - again).values()) > allowed:
            lost = sorted((first - again).elements())
            raise Violation(
                expected=f"the samples of the first pass ({len(epochs[0].ids)} rows)",
                observed=f"{len(epoch.ids)} rows; missing: {samples(lost)}",
                where=f"pass {epoch.index + 1}",
            )


@clause(MUST)
def knows_its_length(run: Run) -> None:
    """num_batches, else len, is the number of non-empty batches that cover the data once.

    Why: Keras never asks beyond it: an understated length hides samples, an overstated one fails.
    Fix: ``math.ceil(n / batch_size)``; floor only where the remainder is dropped on purpose.
    """
    stream = run.stream
    if stream.length is None:
        raise NotApplicable("it has no length")
    if isinstance(stream.length, bool) or not isinstance(stream.length, int):
        raise Violation(expected="an int", observed=f"{stream.length!r}")
    if run.claims.remainder == "drop" and run.n < run.problem.batch_size:
        raise NotApplicable("fewer samples than a batch, and the remainder is declared dropped")
    wanted = run.steps
    if run.known and run.claims.once and stream.length != wanted:
        raise Violation(
            expected=f"{counted(wanted, 'batch')} for {run.problem.describe()}",
            observed=f"length {stream.length}",
        )
    if stream.length < 1:
        raise Violation(expected="at least 1", observed=str(stream.length))


@clause(MUST, scenarios=("twins",))
def streams_are_independent(run: Run) -> None:
    """Two streams that are drawn alternately are each as right as one alone.

    Why: training and validation are often open at once; state shared between them mixes them up.
    Fix: keep positions, buffers and orders in local variables of the generator.
    """
    if run.ending is not None and run.ending.kind in ("stalled", "waiting"):
        raise Violation(
            expected="each of two streams right, whoever else is open",
            observed=f"with two streams open, next() does not return: {run.ending.message}",
            where=_where(run.ending),
        )
    if len(run.streams) < 3:
        raise NotApplicable("it could not be opened twice")
    alone, *twins = run.streams
    trouble = _trouble(run, alone)
    if trouble:
        raise NotApplicable(f"one stream alone is not right already: {trouble}")
    for name, stream in zip("AB", twins, strict=True):
        trouble = _trouble(run, stream)
        if trouble:
            raise Violation(
                expected="each of two streams right, whoever else is open",
                observed=f"stream {name}: {trouble} (alone, a stream is right)",
                where=f"stream {name}: {batch_lines(stream.batches, 4)}",
            )


def _trouble(run: Run, stream: Stream) -> str:
    """Return what is wrong with a stream in a few words, "" if nothing is."""
    if stream.ending is not None and not stream.sized:
        return stream.ending.message
    if any(s.kind == "changed" for s in stream.sharing):
        return "a batch changed after it was handed out"
    if mixes(run):
        return ""  # no row is one sample
    wrong = next((p for p in pairings(run, stream) if p.right is False), None)
    if wrong:
        return f"sample {wrong.sample} has target {wrong.seen}"
    if not run.claims.once or not run.known:
        return ""
    allowed = run.n - run.steps * run.problem.batch_size if run.claims.remainder == "drop" else 0
    for epoch in passes(run, stream):
        if (epoch.ids < 0).any():
            continue
        missing = set(run.members) - set(epoch.ids.tolist())
        if len(missing) > max(0, allowed):
            return f"{samples(sorted(missing))} missing from pass {epoch.index + 1}"
    return ""


@clause(MUST, scenarios=("threads",))
def may_change_threads(run: Run) -> None:
    """Resumed in turn by different threads, it goes on.

    Why: TensorFlow pulls batches from several threads; handles tied to one thread fail in training.
    Fix: open thread-bound handles (sqlite3, some file objects) where they are used, not outside.
    """
    if len(run.streams) < 2:
        raise NotApplicable("it could not be opened twice")
    alone, turned = run.streams[:2]
    if alone.ending is not None:
        raise NotApplicable("it ends in one thread already (see protocol.never_ends)")
    if turned.ending is not None and turned.ending.kind == "raised":
        raise Violation(
            expected="a batch, whichever thread asks",
            observed=turned.ending.message,
            where=_where(turned.ending),
        )


@clause(SHOULD, scenarios=("stream", "long", "zero", "uneven", "unreadable"))
def fails_honestly(run: Run) -> None:
    """No explicit StopIteration; batch size 0, lengths that differ and unreadable files raise.

    A file that can't be read may also lose its whole row, label included.

    Why: PEP 479 turns StopIteration into a RuntimeError in mid-epoch; bad input trains silently.
    Fix: end with ``return``; check arguments first and raise ValueError naming what is wrong.
    """
    ending = _first_ending(run)
    scenario = run.problem.scenario
    if scenario == "uneven" and run.labels is None:
        raise NotApplicable("it takes no labels")
    if scenario in ("stream", "long"):
        if ending is not None and "generator raised StopIteration" in ending.message:
            raise Violation(
                expected="an end by return",
                observed="raise StopIteration inside a generator, which Python turns into RuntimeError",
                where=_where(ending),
            )
        return
    if scenario == "unreadable":
        _loses_the_row(run)
        return
    told = "batch size 0" if scenario == "zero" else "labels one shorter than images"
    if ending is not None and ending.kind == "raised":
        return
    if ending is not None and ending.kind in ("stalled", "waiting", "died", "memory"):
        raise Violation(
            expected=f"ValueError for {told}", observed=f"{ending.kind}: {ending.message}"
        )
    seen = "no error"
    if run.batches:
        rows = [tuple(leaf.rows for leaf in b.leaves) for b in run.batches]
        odd = next(
            (b for b, r in zip(run.batches, rows, strict=True) if len(set(r)) > 1 or 0 in r),
            run.batches[0],
        )
        seen = f"no error: batch {odd.index} has {' and '.join(str(leaf.rows) for leaf in odd.leaves)} rows"
    elif ending is not None:
        seen = "no error: it ended without a batch"
    raise Violation(expected=f"ValueError for {told}", observed=seen)


def _loses_the_row(run: Run) -> None:
    """Pass unless an unreadable file leaves a label without image, or an image of nothing."""
    batches_came(run)
    lost = run.n // 2
    expected = f"an error for the file of sample {lost}, which is no image, or none of its row"
    for batch in run.batches:
        rows = {leaf.path: leaf.rows for leaf in batch.leaves}
        if len(set(rows.values())) > 1:
            raise Violation(
                expected=expected,
                observed=", ".join(f"{path}: {counted(n, 'row')}" for path, n in rows.items()),
                where=f"batch {batch.index}",
            )
        flat = [
            row
            for leaf in batch.part("input")
            for row in range(leaf.rows)
            if leaf.decoded is not None
            and leaf.decoded.layout is not None
            and leaf.decoded.ids[row] < 0
            and leaf.ranges[row, 0] == leaf.ranges[row, 1]
        ]
        if flat:
            raise Violation(
                expected=expected,
                observed="an image of a single level in its place",
                where=f"batch {batch.index}, row {flat[0]}",
            )


@clause(MUST, scenarios=("index",))
def indexing_is_pure(run: Run) -> None:
    """dataset[k] holds the same samples and labels within an epoch, in whatever order it is asked.

    Why: Keras fetches index 0 before training, and workers ask in any order, more than once.
    Fix: derive batch k from k alone; shuffle in ``on_epoch_end``, keep no position.
    """
    if len(run.streams) < 2:
        raise NotApplicable("it has no index access")
    if run.streams[0].ending is not None:
        raise NotApplicable("it fails in order already (see protocol.opens_cleanly)")
    ending = run.streams[1].ending
    if ending is not None and ending.kind == "raised":
        raise Violation(
            expected="each batch again, whenever it is asked for",
            observed=f"{ending.message} when asked again",
            where=_where(ending),
        )
    if mixes(run):
        raise NotApplicable("samples are mixed, perhaps anew whenever a batch is asked for")
    first = {b.pass_index: b for b in run.streams[0].batches}
    for batch in run.streams[1].batches:
        before = first.get(batch.pass_index)
        if before is None:
            continue
        same_targets = _steady_targets(run, before) == _steady_targets(run, batch)
        if not _may_be_alike(before.ids, batch.ids) or not same_targets:
            raise Violation(
                expected=f"dataset[{batch.pass_index}] holds {samples(before.ids)}, as at first",
                observed=f"{samples(batch.ids)} when asked again",
                where=f"index {batch.pass_index}",
            )
        if run.known and (min(before.ids, default=0) < 0 or min(batch.ids, default=0) < 0):
            raise Undecided("rows could not be traced to samples")
        pixels = [leaf.digests for leaf in batch.part("input")]
        again = [leaf.digests for leaf in before.part("input")]
        if not run.problem.augment and run.claims.augments != "always" and pixels != again:
            raise Violation(
                expected=f"the same pixels in dataset[{batch.pass_index}], augmentation off",
                observed="other pixels when asked again",
                where=f"index {batch.pass_index}",
            )


def _may_be_alike(first: Array, second: Array) -> bool:
    """Whether two lists of samples are one as far as they are known."""
    if len(first) != len(second):
        return False
    return bool(((first == second) | (first < 0) | (second < 0)).all())


def _steady_targets(run: Run, batch: Batch) -> list[tuple[int, ...]]:
    """Return what identifies targets that no augmentation changes: masks move with their image."""
    targets = batch.part("target")
    if augmented(run):
        if run.claims.augmentation == "label-changing":
            return []
        targets = tuple(t for t in targets if t.masked is None and len(t.shape) <= 2)
    return [leaf.digests for leaf in targets]
