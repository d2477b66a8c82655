"""order: source order without shuffling, another one with it."""

from __future__ import annotations

from math import lgamma, log

from conformance.contract import MUST, SHOULD, NotApplicable, Undecided, Violation, clause
from conformance.guards import (
    batches_came,
    identities_seen,
    passes,
    sampled_once,
    shuffled,
    whole_epochs,
)
from conformance.run import Batch, Epoch, Run, Stream
from conformance.wording import batch_lines, pass_line, samples

_ERROR = 1e-9
"""Largest probability with which chance may be taken for a fault."""

_NAMES = {"input": "pixels", "target": "labels", "weight": "weights"}


def _first_seen(epoch: Epoch) -> list[int]:
    """Return the identified samples in the order of their first coming."""
    return list(dict.fromkeys(i for i in epoch.ids.tolist() if i >= 0))


@clause(MUST)
def keeps_order_when_unshuffled(run: Run) -> None:
    """Without shuffling, samples come in source order, in every pass.

    Why: predictions are matched with file names by position.
    Fix: use ``numpy.arange(n)`` as the order where shuffle is off.
    """
    if shuffled(run):
        raise NotApplicable("it shuffles here")
    if run.problem.augment and not run.claims.switched:
        # ImageDataGenerator.flow shuffles as it augments: nobody predicts on such images
        raise NotApplicable("augmentation is on, and it has no switch for shuffling")
    sampled_once(run)
    identities_seen(run)
    if run.claims.shuffles == "fixed":
        raise Undecided(
            "it has an order of its own, the same at every opening",
            declare='shuffles = "always" or "never", or add a shuffle parameter',
        )
    first = min((i for i in run.ids.tolist() if i >= 0), default=0)
    for epoch in whole_epochs(run):
        order = _first_seen(epoch)
        # where passes drift against the stream's own period, it starts again in the middle
        k = next((i for i in range(1, len(order)) if order[i - 1] > order[i] != first), 0)
        if k:
            raise Violation(
                expected=f"samples in source order in {pass_line(epoch)}",
                observed=f"sample {order[k]} after sample {order[k - 1]}: {batch_lines(epoch.batches)}",
                where=pass_line(epoch),
            )


def _log_orders(run: Run) -> float:
    """Return the logarithm of how many orders chance chooses from."""
    window = run.claims.window
    free = min(window, run.n) if window and run.claims.shuffles == "window" else run.n
    return lgamma(free + 1) - (_log_within(run, free) if run.claims.sorted_batches else 0)


def _log_within(run: Run, rows: int) -> float:
    """Return the logarithm of how many orders leave each sample in its batch."""
    size = max(1, run.problem.batch_size)
    whole, rest = divmod(rows, size)
    return whole * lgamma(size + 1) + lgamma(rest + 1)


def _shuffled_epochs(run: Run) -> tuple[Epoch, ...]:
    """Return the whole passes of a run that is meant to be shuffled, all samples known."""
    if run.claims.shuffles == "unknown":
        identities_seen(run)
    if not shuffled(run):
        raise NotApplicable("it does not shuffle here")
    sampled_once(run)
    identities_seen(run)
    epochs = whole_epochs(run)
    if not epochs or any((e.ids < 0).any() for e in epochs):
        raise Undecided("some rows could not be traced to a sample")
    return epochs


def _wants_shuffling(run: Run) -> tuple[Epoch, ...]:
    """Return the same where chance would give one certain order too rarely to matter."""
    epochs = _shuffled_epochs(run)
    if _log_orders(run) < -log(_ERROR):
        raise NotApplicable(f"{run.n} samples can come in one order by chance")
    return epochs


@clause(MUST)
def shuffles_when_asked(run: Run) -> None:
    """With shuffling on, samples do not come in source order.

    Why: sorted classes make every batch one-sided.
    Fix: ``rng.permutation(n)`` at the start of each pass, used for images and labels alike.
    """
    epochs = _shuffled_epochs(run)
    if run.stream.indexable and not (run.claims.switched or run.claims.declared("shuffles")):
        epochs = epochs[1:]  # on_epoch_end shuffles, which Keras calls before the first epoch too
    ordered = [e for e in epochs if _first_seen(e) == sorted(_first_seen(e))]
    # what chance would allow once, it does not allow in pass after pass
    chance = _log_orders(run) * (len(epochs) if len(ordered) == len(epochs) else 1)
    if chance < -log(_ERROR):
        raise NotApplicable(f"{run.n} samples can come in source order by chance")
    if ordered:
        raise Violation(
            expected="another order than the source's",
            observed=f"source order: {batch_lines(ordered[0].batches)}",
            where=pass_line(ordered[0]),
        )


@clause(MUST)
def reshuffles_every_epoch(run: Run) -> None:
    """With shuffling on, passes differ in their order.

    Why: one order for all epochs repeats the same batches, and the same gradient noise.
    Fix: draw the permutation inside the endless loop, from a generator made outside it.
    """
    epochs = _wants_shuffling(run)
    orders = [e.ids.tolist() for e in epochs]
    if orders[0] == sorted(orders[0]):
        raise NotApplicable("it does not shuffle at all (see order.shuffles_when_asked)")
    for k in range(1, len(orders)):
        if orders[k] == orders[k - 1]:
            raise Violation(
                expected="another order in each pass",
                observed=f"{pass_line(epochs[k])} repeats {pass_line(epochs[k - 1])}: {batch_lines(epochs[k].batches, 3)}",
                where=pass_line(epochs[k]),
            )


@clause(MUST)
def shuffles_across_batches(run: Run) -> None:
    """With shuffling on, the sets of samples that form batches change too.

    Why: shuffling batches, or rows inside a batch, leaves the same samples together for ever.
    Fix: permute samples before cutting batches.
    """
    if run.claims.shuffles == "window":
        raise NotApplicable("a shuffle window is declared")
    epochs = _shuffled_epochs(run)
    size = run.problem.batch_size
    if size < 2 or size >= run.n:
        raise NotApplicable("batches of one, or one batch for all")
    if len(epochs) < 2:
        raise NotApplicable("fewer than 2 whole passes came")
    sets = lgamma(run.n + 1) - _log_within(run, run.n) - lgamma(run.n // size + 1)
    if sets * (len(epochs) - 1) < -log(_ERROR):
        raise NotApplicable(f"{run.n} samples can come in the same batches by chance")
    if all(e.ids.tolist() == sorted(e.ids.tolist()) for e in epochs):
        raise NotApplicable("it does not shuffle at all (see order.shuffles_when_asked)")
    if len({tuple(e.ids.tolist()) for e in epochs}) == 1:
        raise NotApplicable("it does not reshuffle (see order.reshuffles_every_epoch)")
    groups = [{frozenset(b.ids.tolist()) for b in e.batches if len(b.ids) == size} for e in epochs]
    common = set.intersection(*groups)
    if len(common) == min(len(g) for g in groups) and common:
        example = sorted(next(iter(common)))
        raise Violation(
            expected="other sets of samples in the batches of each pass",
            observed=f"the same {len(common)} sets in every pass, e.g. {samples(example)}",
            where=pass_line(epochs[1]),
        )


def _content(stream: Stream, parts: tuple[str, ...] = tuple(_NAMES)) -> list[list[tuple[int, ...]]]:
    return [[leaf.digests for part in parts for leaf in b.part(part)] for b in stream.batches]


def _three(run: Run) -> None:
    if not run.claims.seeded:
        raise NotApplicable("it takes no seed")
    if len(run.streams) < (2 if run.problem.scenario == "elsewhere" else 3):
        raise NotApplicable("it could not be opened so often")
    batches_came(run)
    if not (shuffled(run) or run.problem.augment or run.claims.augments == "always"):
        raise NotApplicable("nothing in it is random")


@clause(MUST, scenarios=("seeds", "elsewhere"))
def same_seed_same_stream(run: Run) -> None:
    """Opened twice with one seed, it yields the same stream, whatever the global state.

    Why: a seed that doesn't fix the stream makes a result that can't be repeated.
    Fix: draw everything from ``rng = numpy.random.default_rng(seed)``, nothing from globals.
    """
    _three(run)
    # class numbers that differ between processes have a clause of their own
    parts = tuple(_NAMES) if run.problem.scenario == "seeds" else ("input",)
    first, second = (_content(stream, parts) for stream in run.streams[:2])
    if first != second:
        a, b = run.streams[0].batches, run.streams[1].batches
        last = min(len(a), len(b)) - 1
        k = next((i for i in range(last + 1) if first[i] != second[i]), last)
        raise Violation(
            expected="the same stream from the same seed",
            observed=f"batch {k} holds {samples(a[k].ids)}, then {samples(b[k].ids)}"
            if list(a[k].ids) != list(b[k].ids)
            else f"other {_differing(a[k], b[k])} in batch {k}",
            where=f"batch {k}",
        )


def _differing(first: Batch, second: Batch) -> str:
    for part, name in _NAMES.items():
        pairs = zip(first.part(part), second.part(part), strict=False)
        if any(a.digests != b.digests for a, b in pairs):
            return name
    return "values"


@clause(SHOULD, scenarios=("seeds",))
def different_seed_different_stream(run: Run) -> None:
    """Opened with another seed, it yields another stream.

    Why: a seed without effect gives "repeated runs" that are one run.
    Fix: pass the seed on to the generator that draws.
    """
    _three(run)
    if not passes(run, run.streams[0]) or lgamma(run.n + 1) < -log(_ERROR):
        raise NotApplicable("too few samples came")
    if _content(run.streams[0]) == _content(run.streams[2]):
        raise Violation(expected="another stream from another seed", observed="the same one")
