"""epoch: every sample once a pass."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.guards import (
    batches_came,
    identities_seen,
    mixes,
    sampled_once,
    shuffled,
    whole_epochs,
)
from conformance.run import Batch, Epoch, Run
from conformance.wording import batch_line, batch_lines, counted, pass_line, samples


def _unknown(epoch: Epoch) -> int:
    return int((epoch.ids < 0).sum())


@clause(MUST)
def every_sample_appears(run: Run) -> None:
    """Every pass yields every sample of the source; a dropped remainder must be declared.

    Why: a sample that never appears never trains the model, and Keras can't notice.
    Fix: step through ``range(0, n, batch_size)`` and yield the shorter last batch too; if it is one
    part of a split on purpose, declare sampling = "part".
    """
    sampled_once(run)
    identities_seen(run)
    full = run.steps * run.problem.batch_size
    may_miss = max(0, run.n - full) if run.claims.remainder == "drop" else 0
    for epoch in whole_epochs(run):
        missing = sorted(set(run.members) - set(epoch.ids.tolist()))
        if len(missing) > may_miss + _unknown(epoch):
            raise Violation(
                expected=f"all {run.n} samples in {pass_line(epoch)}"
                + (f", less {may_miss} of the declared remainder" if may_miss else ""),
                observed=f"{samples(missing)} missing: {batch_lines(epoch.batches)}",
                where=pass_line(epoch),
            )
        if len(missing) > may_miss:
            raise Undecided("too many rows could not be traced to a sample")


@clause(MUST)
def no_sample_repeats(run: Run) -> None:
    """No sample comes twice in a pass; expansion and sampling with replacement must be declared.

    Why: repeated samples weigh more in the loss than their author thinks, others less.
    Fix: advance by batch_size, not by 1; draw a permutation, not random indices.
    """
    sampled_once(run)
    identities_seen(run)
    allowed = run.claims.expansion
    for epoch in whole_epochs(run):
        counts = Counter(i for i in epoch.ids.tolist() if i >= 0)
        often = sorted(i for i, c in counts.items() if c > allowed)
        if often:
            example = often[0]
            holders = [b.index for b in epoch.batches if example in b.ids]
            raise Violation(
                expected=f"each sample {'once' if allowed == 1 else f'{allowed} times'} in {pass_line(epoch)}",
                observed=f"{samples(often)} more often: {batch_lines(epoch.batches)}",
                where=f"sample {example} is in "
                + (
                    f"batches {', '.join(map(str, holders))}"
                    if len(holders) > 1
                    else f"batch {holders[0]}, {counts[example]} times"
                ),
            )


@clause(MUST)
def epochs_do_not_blend(run: Run) -> None:
    """No sample of the next pass comes before this one is complete, unless declared continued.

    Why: a stream that wraps inside a batch, or refills a buffer early, has no epochs at all.
    Fix: finish a pass before the next begins; or declare remainder = "continue" if it merely begins
    within a batch.
    """
    sampled_once(run)
    identities_seen(run)
    if run.claims.expansion > 1:
        raise NotApplicable("expansion is declared")
    if run.stream.sized:
        raise NotApplicable("it is sized: its passes are apart")
    if (run.ids < 0).any():
        raise Undecided("some rows could not be traced to a sample")
    if any(_clean(run.batches, steps) for steps in {run.steps, run.n // run.problem.batch_size}):
        return
    continued = run.claims.remainder == "continue"
    seen: set[int] = set()
    for batch in run.batches:
        for row, sample in enumerate(batch.ids.tolist()):
            if sample in seen:
                missing = sorted(set(run.members) - seen)
                if missing or (row and not continued):
                    rest = f"while {samples(missing)} had not come" if missing else "inside a batch"
                    raise Violation(
                        expected="a pass that is complete before the next begins",
                        observed=f"sample {sample} again {rest}: {batch_line(batch)}",
                        where=f"batch {batch.index}, row {row}",
                    )
                seen = set()
            seen.add(sample)


def _clean(batches: tuple[Batch, ...], steps: int) -> bool:
    """Whether the stream falls into groups of ``steps`` batches without a repeat in any."""
    if steps < 1:
        return False
    for start in range(0, len(batches), steps):
        ids = [i for b in batches[start : start + steps] for i in b.ids.tolist()]
        if len(ids) != len(set(ids)):
            return False
    return True


@clause(MUST)
def epoch_length_is_stable(run: Run) -> None:
    """The stream's own period is the pass, so that steps_per_epoch never drifts.

    Why: with a period of 5 batches and steps_per_epoch=4, every epoch begins somewhere else.
    Fix: ``steps_per_epoch = ceil(n / batch_size)`` batches make a pass, the shorter last one included.
    """
    batches_came(run)
    sampled_once(run)
    if run.stream.sized:
        raise NotApplicable("it is sized: its passes are apart")
    if run.claims.remainder == "continue":
        raise NotApplicable('remainder = "continue" is declared')
    period, how = _period(run)
    if period is None:
        raise NotApplicable(how)
    if period != run.steps:
        raise Violation(
            expected=f"a period of {counted(run.steps, 'batch')} ({run.problem.describe()})",
            observed=f"{how} every {counted(period, 'batch')}: {batch_lines(run.batches)}",
            where=f"batch {period}",
        )


def _period(run: Run) -> tuple[int | None, str]:
    """Return the stream's own period in batches and what shows it, or None and why not."""
    keys = [tuple(b.ids.tolist()) for b in run.batches]
    told = run.known and not mixes(run) and not any(-1 in k for k in keys)
    if told and not shuffled(run):
        for period in range(1, len(keys) // 2 + 1):
            if all(keys[i] == keys[i + period] for i in range(len(keys) - period)):
                return period, "its order repeats"
    full = min(run.batch_size, max((b.rows for b in run.batches), default=0))
    short = [b.index for b in run.batches if 0 < b.rows < full]
    gaps = {b - a for a, b in pairwise(short)}
    if len(short) >= 3 and len(gaps) == 1:
        return gaps.pop(), "a short batch falls"
    return None, "no period can be seen in this stream"
