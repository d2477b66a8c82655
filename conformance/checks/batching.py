"""batching: how many rows a batch has, and that they are real."""

from __future__ import annotations

import numpy as np

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.guards import SOURCE_HINT, augmented, batches_came, identities_seen, image_leaves
from conformance.run import Run
from conformance.wording import batch_line, counted, pass_line


def _size_known(run: Run) -> None:
    batches_came(run)
    if run.problem.closed:
        raise Undecided("its batch size and number of samples are its own", declare=SOURCE_HINT)


@clause(MUST)
def batches_are_full(run: Run) -> None:
    """All batches of a pass but the last have batch_size rows.

    Why: short batches in the middle change the gradient's noise and the number of steps.
    Fix: only the last batch of a pass may be shorter.
    """
    if run.ending is not None and run.ending.kind == "unbatched":
        raise Violation(
            expected="batches of batch_size rows",
            observed=run.ending.message,
            fix=run.ending.advice,
        )
    _size_known(run)
    wanted = run.batch_size
    if run.claims.expansion > 1 and wanted == run.problem.batch_size:
        raise NotApplicable("the pass is expanded: each variant of it may have a shorter batch")
    for epoch in run.epochs_of(run.stream):
        continued = run.claims.remainder == "continue"
        middle = epoch.batches if continued or not epoch.whole else epoch.batches[:-1]
        if not continued and not epoch.whole:
            middle = epoch.batches[: max(0, run.steps - 1)]
        for batch in middle:
            if 0 < batch.rows < wanted:
                raise Violation(
                    expected=f"{counted(wanted, 'row')} in every batch but the last of a pass",
                    observed=f"{counted(batch.rows, 'row')}: {batch_line(batch)}",
                    where=f"batch {batch.index} of {pass_line(epoch)}",
                )


@clause(MUST)
def no_batch_is_oversized(run: Run) -> None:
    """No batch has more rows than batch_size.

    Why: memory is planned for batch_size; a larger batch also means that samples repeat or merge.
    Fix: slice ``[start : start + batch_size]``; declare expansion if each sample yields several rows.
    """
    _size_known(run)
    for batch in run.batches:
        if batch.rows > run.batch_size:
            raise Violation(
                expected=f"at most {counted(run.batch_size, 'row')}",
                observed=f"{counted(batch.rows, 'row')}: {batch_line(batch)}",
                where=f"batch {batch.index}",
            )


@clause(MUST)
def no_batch_is_empty(run: Run) -> None:
    """No batch has zero rows.

    Why: Keras takes empty batches silently; the loss becomes 0 or nan.
    Fix: step through ``range(0, n, batch_size)``, which never starts at n.
    """
    if not run.batches:
        batches_came(run)
    for batch in run.batches:
        if batch.leaves and batch.rows == 0:
            raise Violation(
                expected="at least one row",
                observed=f"batch {batch.index} has none",
                where=f"batch {batch.index}",
            )


@clause(MUST)
def parts_have_equal_length(run: Run) -> None:
    """Inputs, targets and weights of a batch have as many rows.

    Why: Keras doesn't check it for generators, and broadcastable targets train silently.
    Fix: cut all parts with the same index array.
    """
    batches_came(run)
    for batch in run.batches:
        rows = {leaf.path: leaf.rows for leaf in batch.leaves}
        if len(set(rows.values())) > 1:
            raise Violation(
                expected="equal lengths",
                observed=", ".join(f"{path}: {counted(n, 'row')}" for path, n in rows.items()),
                where=f"batch {batch.index}",
            )


@clause(MUST)
def rows_are_real(run: Run) -> None:
    """No stale, padded or uninitialised row: each is a sample of the source.

    Why: rows of zeros or of the batch before teach the network that labels mean nothing.
    Fix: allocate buffers of the actual length of each batch, or cut them before the yield.
    """
    identities_seen(run)
    leaves = image_leaves(run.stream)
    exact = np.concatenate([leaf.decoded.exact for leaf in leaves if leaf.decoded])
    constant = np.concatenate([leaf.ranges[:, 0] == leaf.ranges[:, 1] for leaf in leaves])
    plain = not augmented(run) and exact.mean() >= 0.5
    if not plain and constant.mean() > 0.5:
        raise Undecided("most rows are of a single level")
    for leaf, batch in zip(leaves, _holding(run, leaves[0].path), strict=True):
        if leaf.decoded is None:
            continue
        flat = leaf.ranges[:, 0] == leaf.ranges[:, 1]
        unreal = flat | (leaf.decoded.ids < 0) if plain else flat
        if unreal.any():
            rows = np.flatnonzero(unreal).tolist()
            level = f" (all {leaf.ranges[rows[0], 0]:g})" if flat[rows[0]] else ""
            raise Violation(
                expected="every row an image of the source",
                observed=f"row {', '.join(map(str, rows[:6]))} of batch {batch} is no sample{level}",
                where=f"batch {batch}, {leaf.path}",
            )
    if not plain and not augmented(run):
        raise NotApplicable("images are changed in a way of the subject's own")


def _holding(run: Run, path: str) -> list[int]:
    return [
        b.index
        for b in run.batches
        for leaf in b.leaves
        if leaf.path == path and leaf.decoded is not None and leaf.decoded.layout is not None
    ]
