"""sharding: what several workers that train together are given."""

from __future__ import annotations

from itertools import combinations

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.guards import identities_seen, sampled_once, shuffled
from conformance.run import Run, Stream
from conformance.wording import batch_lines, counted, samples


@clause(MUST, scenarios=("shards",))
def shards_partition_the_data(run: Run) -> None:
    """The shards are disjoint, cover the data together and take equally many steps.

    Why: shared samples weigh double, lost ones never train, and a worker that ends early hangs all.
    Fix: give shard i the samples ``i, i + count, …``: ``order[index::count]``.
    """
    if len(run.streams) < 2:
        raise NotApplicable("it takes no shard index and count")
    sampled_once(run)
    identities_seen(run)
    shards = [_members(run, stream) for stream in run.streams]
    _disjoint(run, shards)
    _complete(run, shards)
    _equal(run)


def _members(run: Run, stream: Stream) -> frozenset[int]:
    if stream.ending is not None and stream.ending.kind != "exhausted":
        raise NotApplicable(f"a shard ends early: {stream.ending.message}")
    ids = [i for b in stream.batches for i in b.ids.tolist()]
    if -1 in ids:
        raise Undecided("some rows could not be traced to a sample")
    return frozenset(ids)


def _disjoint(run: Run, shards: list[frozenset[int]]) -> None:
    count = len(shards)
    common = {s for a, b in combinations(shards, 2) for s in a & b}
    # a few samples twice are how shards of equal length are made where the count divides no n
    padding = count - 1 if run.n % count else 0
    if len(common) > padding:
        a, b = next((a, b) for a, b in combinations(range(count), 2) if shards[a] & shards[b])
        raise Violation(
            expected=f"each of {run.n} samples in one of {count} shards",
            observed=f"{samples(sorted(shards[a] & shards[b]))} in shard {a} and in shard {b}",
            where=f"shard {b}: {batch_lines(run.streams[b].batches, 3)}",
        )


def _complete(run: Run, shards: list[frozenset[int]]) -> None:
    missing = sorted(set(run.members) - frozenset().union(*shards))
    size = run.problem.batch_size
    allowed = len(shards) * (size - 1) if run.claims.remainder == "drop" else 0
    if len(missing) > allowed:
        raise Violation(
            expected=f"all {run.n} samples in the {len(shards)} shards together",
            observed=f"{samples(missing)} in none",
        )


def _equal(run: Run) -> None:
    """Pass if all shards take as many steps a pass, where the numbers allow it."""
    count, size = len(run.streams), run.problem.batch_size
    steps = -(-run.n // (count * size))
    if count * (size * (steps - 1) + 1) > run.n or run.claims.remainder == "drop":
        return
    taken = [_steps(run, stream) for stream in run.streams]
    if None not in taken and len(set(taken)) > 1:
        raise Violation(
            expected=f"equally many steps for each of {count} shards ({run.problem.describe()})",
            observed=", ".join(
                f"shard {k}: {counted(t or 0, 'batch')}" for k, t in enumerate(taken)
            ),
        )


def _steps(run: Run, stream: Stream) -> int | None:
    """Return the batches of a pass; None where they can't be told."""
    if stream.sized:
        return sum(b.pass_index == 0 for b in stream.batches)
    if shuffled(run):
        return None
    keys = [tuple(b.ids.tolist()) for b in stream.batches]
    for period in range(1, len(keys) // 2 + 1):
        if all(keys[i] == keys[i + period] for i in range(len(keys) - period)):
            return period
    return None
