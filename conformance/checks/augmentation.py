"""augmentation: on means on, off means off, and every draw is a new one from the source."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from conformance.contract import MUST, SHOULD, NotApplicable, Undecided, Violation, clause
from conformance.guards import (
    SOURCE_HINT,
    augmented,
    batches_came,
    identities_seen,
    image_leaves,
    whole_epochs,
)
from conformance.pixels import median
from conformance.run import Leaf, Run
from conformance.wording import pass_line

_ENOUGH = 200
"""Rows without a single change that make "switched on" a lie, rare augmentation included."""


def _changed(run: Run) -> tuple[int, int]:
    """Return how many rows differ from their source by more than values, and how many came."""
    leaves = image_leaves(run.stream)
    exact = np.concatenate([leaf.decoded.exact for leaf in leaves if leaf.decoded] or [np.zeros(0)])
    variants: dict[int, set[int]] = defaultdict(set)
    for leaf in leaves:
        if leaf.decoded is not None:
            for sample, value in zip(leaf.decoded.ids.tolist(), leaf.digests, strict=True):
                variants[sample].add(value)
    several = any(len(v) > 1 for v in variants.values())
    return (int((~exact.astype(bool)).sum()) or int(several), len(exact))


def _wants_augmentation(run: Run) -> None:
    if run.claims.augments == "unknown":
        raise Undecided(
            "its source is unknown, so is what augmentation changes", declare=SOURCE_HINT
        )
    if run.claims.augments == "never" or not augmented(run):
        raise NotApplicable("augmentation is off, or it has none")
    batches_came(run)
    if not run.known:
        raise Undecided("its source is unknown")


@clause(MUST, scenarios=("long",))
def augments_when_asked(run: Run) -> None:
    """Switched on, augmentation changes images, wherever they stand in a batch.

    Why: a flag that nothing reads leaves a network without the regularisation its author counts on.
    Fix: apply the augmenter on the path that is yielded, to every image, and use what it returns.
    """
    _wants_augmentation(run)
    _everywhere(run)
    if run.claims.augments == "always":
        raise NotApplicable("it has no switch for augmentation")
    changed, rows = _changed(run)
    if rows < _ENOUGH:
        raise NotApplicable(f"only {rows} rows came")
    if changed == 0:
        raise Violation(
            expected="images that differ from their source",
            observed=f"{rows} rows with augmentation on, each its source image exactly",
        )


def _everywhere(run: Run) -> None:
    """Pass unless all images that were changed stood in one and the same row of their batches."""
    rows = [
        np.flatnonzero(~leaf.decoded.exact)
        for leaf in image_leaves(run.stream)
        if leaf.decoded is not None and leaf.rows >= _ROWS
    ]
    changed = np.concatenate([*rows, np.zeros(0, int)])
    if len(changed) >= _DRAWS and len(set(changed.tolist())) == 1:
        raise Violation(
            expected="images of every row augmented now and then",
            observed=f"only row {int(changed[0])} is ever changed, in {len(changed)} of "
            f"{len(rows)} batches",
        )


_ROWS, _DRAWS = 4, 30
"""Rows of a batch, and changed images, from which on one row alone is no chance: 4 ** -29."""


@clause(MUST)
def leaves_images_alone_otherwise(run: Run) -> None:
    """Switched off, augmentation changes nothing.

    Why: validation on augmented images measures something else in every epoch.
    Fix: guard every random change with the flag.
    """
    if run.claims.augments != "flag":
        raise NotApplicable("it has no switch for augmentation")
    if run.problem.augment:
        raise NotApplicable("augmentation is on")
    identities_seen(run)
    leaves = image_leaves(run.stream)
    seen: dict[int, int] = {}
    for leaf in leaves:
        if leaf.decoded is None:
            continue
        for row, (sample, value) in enumerate(
            zip(leaf.decoded.ids.tolist(), leaf.digests, strict=True)
        ):
            if leaf.decoded.exact[row] or sample < 0:
                continue
            if leaf.decoded.turned[row] or seen.setdefault(sample, value) != value:
                raise Violation(
                    expected=f"sample {sample} as in the source",
                    observed="flipped, moved or otherwise changed, with augmentation off",
                    where=f"{leaf.path}, row {row}",
                )


@clause(MUST, scenarios=("stream", "long"))
def varies_between_epochs(run: Run) -> None:
    """A sample is not given the same variant in every pass.

    Why: augmentation drawn once, or reseeded every epoch, is a fixed data set.
    Fix: draw from (seed, epoch, sample), or from one generator that is never reseeded.
    """
    _wants_augmentation(run)
    if run.claims.expansion > 1:
        raise NotApplicable("fixed expansions may repeat")
    epochs = whole_epochs(run, at_least=3)
    changed, rows = _changed(run)
    if changed == 0:
        raise NotApplicable("nothing is augmented (see augmentation.augments_when_asked)")
    if rows < 36 or len(run.batches) - len(epochs[0].batches) < 30:
        raise NotApplicable("too few draws to tell from chance")
    identities_seen(run)
    variants: dict[int, list[int]] = defaultdict(list)
    for leaf in image_leaves(run.stream):
        if leaf.decoded is not None:
            for sample, value in zip(leaf.decoded.ids.tolist(), leaf.digests, strict=True):
                variants[sample].append(value)
    known = [set(v) for sample, v in variants.items() if sample >= 0]
    lost = variants[-1]
    if 2 * len(set(lost)) > len(lost):
        return  # of images that can't be traced hardly one came twice
    if len(known) < 6:
        raise NotApplicable("too few samples could be traced")
    if all(len(v) == 1 for v in known):
        raise Violation(
            expected="other variants of a sample in other passes",
            observed=f"each of {len(known)} samples has one variant in all {len(epochs)} passes",
            where=pass_line(epochs[-1]),
        )


@clause(SHOULD, scenarios=("draws",))
def varies_within_a_batch(run: Run) -> None:
    """Each image of a batch gets a draw of its own.

    Why: one draw for the whole batch gives fewer variants and batches that lean one way.
    Fix: draw the parameters inside the loop over images.
    """
    _wants_augmentation(run)
    if run.claims.expansion > 1:
        raise NotApplicable("fixed expansions may be made batch by batch")
    leaves = [leaf for leaf in image_leaves(run.stream) if leaf.decoded is not None]
    if len({leaf.shape[1:] for leaf in leaves}) > 1:
        raise NotApplicable("images of one size would be needed to compare")
    groups = [leaf.decoded.motion for leaf in leaves if leaf.decoded and leaf.rows >= 3]
    everything = {int(m) for g in groups for m in g}
    if len(groups) >= 4 and len(everything) == 1 and _moved(leaves):
        raise Violation(
            expected="different draws for the images of one batch",
            observed=f"all images are moved alike, in each of {len(groups)} batches: one draw for all",
        )
    if len(groups) < 4 or len(everything) < 2:
        raise NotApplicable("too few batches, or no geometric augmentation to compare")
    if all(len(set(g.tolist())) == 1 for g in groups):
        raise Violation(
            expected="different draws for the images of one batch",
            observed=f"all images of a batch are moved alike, in each of {len(groups)} batches, "
            f"while batches differ ({len(everything)} variants)",
        )


def _moved(leaves: list[Leaf]) -> bool:
    """Whether no image lies as its source does; a change of values alone leaves it in its place."""
    likeness = np.concatenate([leaf.decoded.likeness for leaf in leaves if leaf.decoded])
    return bool(len(likeness) and (np.abs(likeness) < 0.7).all())


@clause(MUST, scenarios=("long",))
def does_not_compound(run: Run) -> None:
    """Pass k is as far from the source as pass 1.

    Why: augmenting what was augmented before drifts until images are unrecognisable.
    Fix: start each draw from the source image; keep augmented images nowhere.
    """
    _wants_augmentation(run)
    epochs = whole_epochs(run, at_least=12)
    closeness = []
    width = []
    for epoch in epochs:
        leaves = [
            leaf for b in epoch.batches for leaf in b.part("input")[:1] if leaf.decoded is not None
        ]
        if not leaves:
            raise NotApplicable("its inputs are no images")
        closeness.append(np.concatenate([leaf.decoded.likeness for leaf in leaves if leaf.decoded]))
        width.append(
            median(np.concatenate([leaf.ranges[:, 1] - leaf.ranges[:, 0] for leaf in leaves]))
        )
    first = np.concatenate(closeness[:1])
    if np.isnan(first).mean() > 0.3:
        raise Undecided("augmented images could not be traced to their samples")
    early = float(np.nan_to_num(np.concatenate(closeness[:2])).mean())
    late = float(np.nan_to_num(np.concatenate(closeness[-6:])).mean())
    if early - late > 0.3:
        raise Violation(
            expected=f"images as close to their source in the last passes as in the first (correlation {early:.2f})",
            observed=f"correlation {late:.2f} after {len(epochs)} passes: changes add up",
            where=pass_line(epochs[-1]),
        )
    if width[0] > 0 and width[-1] < width[0] / 3:
        raise Violation(
            expected=f"values that span {width[0]:.3g}, as in the first pass",
            observed=f"{width[-1]:.3g} after {len(epochs)} passes: scaling adds up",
            where=pass_line(epochs[-1]),
        )
