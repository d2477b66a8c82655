"""alignment: what belongs to a sample stays with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.contract import MUST, NotApplicable, Undecided, Violation, clause
from conformance.couples import couples
from conformance.guards import augmented, batches_came, identities_seen, mixes
from conformance.labels import Pairing, is_drawn, numbers, outgrown, pairings, unchanged
from conformance.mixtures import mixtures
from conformance.pixels import median
from conformance.problem import EXPLORATORY
from conformance.run import Batch, Leaf, Run
from conformance.sources.names import class_name
from conformance.wording import samples

_ALL = ("stream", "long", "twins", "threads")

_DRAWN = "targets of augmented images have values that no label has, as mirrored steering angles"
_SAY_DRAWN = (
    'if augmentation is meant to change labels, claims = { augmentation = "label-changing" }'
)


def _judge_labels(run: Run) -> None:
    if run.problem.closed:
        identities_seen(run)
    if run.claims.structure == "autoencoder":
        _judge_reconstructions(run)
        return
    if run.labels is None:
        raise NotApplicable("it takes no labels")
    if mixes(run):
        _judge_mixed(run)
        return
    identities_seen(run)
    if run.claims.structure == "pairs":
        _judge_couples(run)
        return
    if run.claims.labels in ("none", "image"):
        if not any(b.part("target") for b in run.batches):
            raise NotApplicable("it yields no targets")
        if run.claims.labels == "none":
            raise Undecided("its targets are nothing that labels could be read from")
        raise NotApplicable("its targets are images")
    if run.claims.augmentation == "label-changing" and augmented(run):
        raise Undecided("augmentation is declared to change labels")
    _within_classes(run)
    pairs = [p for stream in run.streams for p in pairings(run, stream)]
    wrong = [p for p in pairs if p.right is False]
    if wrong and augmented(run) and all(p.drawn for p in wrong):
        raise Undecided(_DRAWN, declare=_SAY_DRAWN)
    if wrong:
        raise _mislabelled(run, wrong, len(pairs))
    known = sum(p.right is not None for p in pairs)
    if known == 0:
        raise Undecided("no target could be compared with its image's label")
    total = sum(b.rows for stream in run.streams for b in stream.batches)
    if known < 0.5 * total:
        raise Undecided("too few images could be traced to a sample")


def _within_classes(run: Run) -> None:
    """Pass unless labels of an exploratory problem are more than the classes that are counted on."""
    if run.problem.scenario in EXPLORATORY and outgrown(run):
        raise NotApplicable("its one-hot rows are for fewer classes, and have no place for others")


def _judge_reconstructions(run: Run) -> None:
    """Judge targets that are images, where each is to be its input's."""
    identities_seen(run)
    compared = 0
    for stream in run.streams:
        for batch in stream.batches:
            for leaf in [t for t in batch.part("target") if t.decoded is not None][:1]:
                ids = leaf.decoded.ids[: len(batch.ids)] if leaf.decoded is not None else batch.ids
                own = batch.ids[: len(ids)]
                both = (own >= 0) & (ids >= 0)
                compared += int(both.sum())
                apart = np.flatnonzero(both & (own != ids))
                if apart.size:
                    row = int(apart[0])
                    raise Violation(
                        expected=f"the image of sample {own[row]} as the target of its own input",
                        observed=f"the image of sample {ids[row]} in {leaf.path}",
                        where=f"batch {batch.index}, row {row}",
                    )
    if not compared:
        raise Undecided("no target could be traced to a sample")


def _judge_couples(run: Run) -> None:
    """Judge targets that say whether two images are of one class."""
    found = [p for stream in run.streams for p in couples(run, stream)]
    if not found:
        raise NotApplicable("its targets tell of pairs, not of single samples")
    wrong = [p for p in found if p.right is False]
    if wrong:
        first = wrong[0]
        sort = "one class" if "two" in first.seen else "two classes"
        raise Violation(
            expected=f"the target that stands for images of {sort}",
            observed=f"{first.seen}; {len(wrong)} of {len(found)} rows are mislabelled",
            where=f"batch {first.batch}, row {first.row}, sample {first.sample} on the left",
        )
    if all(p.right is None for p in found):
        raise Undecided("its targets tell of pairs something else than whether classes are equal")


def _judge_mixed(run: Run) -> None:
    """Compare the shares of labels with the shares of samples in each image."""
    batches_came(run)
    if run.problem.scenario in EXPLORATORY:
        raise NotApplicable("what is cut out of images of another sort is its own affair")
    found = [m for stream in run.streams for m in mixtures(run, stream)]
    wrong = [m for m in found if m.right is False]
    if wrong:
        first = wrong[0]
        raise Violation(
            expected=f"shares as in the image: {first.expected}",
            observed=f"{first.seen}; {len(wrong)} of {len(found)} rows are mislabelled",
            where=f"batch {first.batch}, row {first.row}",
        )
    if sum(m.right is True for m in found) < 0.5 * len(found) or not found:
        raise Undecided("most images could not be taken apart into samples of the source")


def _mislabelled(run: Run, wrong: list[Pairing], total: int) -> Violation:
    first = wrong[0]
    own = run.labels[first.sample] if run.labels is not None else "?"
    whose = f", the label of sample {first.meant}" if first.meant >= 0 else ""
    return Violation(
        expected=f"label {own} beside the image of sample {first.sample}",
        observed=f"{first.seen}{whose}; {len(wrong)} of {total} rows are mislabelled",
        where=f"batch {first.batch}, row {first.row}",
    )


@clause(MUST, scenarios=(*_ALL, *EXPLORATORY))
def labels_match_images(run: Run) -> None:
    """Each label is its image's, in every batch, the last one and a hundred later included.

    Why: a label that belongs to another image is noise that no metric shows.
    Fix: shuffle one index array and take both images and labels with it.
    """
    if run.problem.augment:
        raise NotApplicable("augmentation is on (see alignment.labels_match_augmented_images)")
    _judge_labels(run)


@clause(MUST, scenarios=_ALL)
def labels_match_augmented_images(run: Run) -> None:
    """Each label is its image's with augmentation on as well.

    Why: an augmenter that shuffles (``flow`` does by default) returns images in another order.
    Fix: augment image by image, or pass labels through the same call.
    """
    if not augmented(run):
        raise NotApplicable("augmentation is off")
    _judge_labels(run)


@clause(MUST, scenarios=_ALL)
def weights_match_images(run: Run) -> None:
    """Each sample weight is its image's.

    Why: a weight on the wrong sample turns class balancing into noise.
    Fix: take weights with the same index array as images and labels.
    """
    if run.weights is None:
        raise NotApplicable("it takes no sample weights")
    identities_seen(run)
    rows = _weighted(run)
    if not rows:
        raise Undecided("it takes weights but yields none as a third part")
    ratios = np.array([value / run.weights[sample] for _, _, sample, value in rows])
    middle = float(median(ratios))
    for (batch, row, sample, value), ratio in zip(rows, ratios, strict=True):
        if abs(ratio - middle) > 5e-3 * abs(middle) or (run.n > 1 and middle == 0):
            raise Violation(
                expected=f"weight {run.weights[sample]:.3f} beside sample {sample}",
                observed=f"{value:.3f}",
                where=f"batch {batch}, row {row}",
            )
    if run.n > 2 and abs(middle - 1) > 1e-2 and np.ptp(ratios) > 1e-3:
        raise Undecided("its weights are not those that were given")


def _weighted(run: Run) -> list[tuple[int, int, int, float]]:
    """Return batch, row, sample and weight of each row, of the output whose weights were given.

    Of several outputs those are passed over whose weights are all the same.
    """
    outputs: dict[str, list[tuple[int, int, int, float]]] = defaultdict(list)
    for b in run.batches:
        for leaf in b.part("weight"):
            if leaf.values is not None and leaf.values.shape[1] == 1:
                outputs[leaf.path] += [
                    (b.index, row, int(sample), float(value[0]))
                    for row, (sample, value) in enumerate(zip(b.ids, leaf.values, strict=False))
                    if sample >= 0
                ]
    varied = [rows for rows in outputs.values() if len({weight for *_, weight in rows}) > 1]
    return next(iter(varied or outputs.values()), [])


@clause(MUST, scenarios=_ALL)
def inputs_match_each_other(run: Run) -> None:
    """The parts of a multi-input sample are of one sample.

    Why: two inputs of different samples make a sample that never existed.
    Fix: cut all inputs with the same index array.
    """
    batches_came(run)
    if run.claims.structure == "pairs":
        raise NotApplicable("pairs of different samples are declared")
    compared = 0
    for stream in run.streams:
        for batch in stream.batches:
            named = [
                (leaf.path, ids)
                for leaf in batch.part("input")
                if (ids := _ids(run, leaf)) is not None
            ]
            for (path, ids), (other, others) in _couples(named):
                both = (ids[: len(others)] >= 0) & (others[: len(ids)] >= 0)
                apart = np.flatnonzero(both & (ids[: len(others)] != others[: len(ids)]))
                compared += int(both.sum())
                if apart.size:
                    row = int(apart[0])
                    raise Violation(
                        expected=f"{path} and {other} of one sample in each row",
                        observed=f"{samples([ids[row]])} in {path}, {samples([others[row]])} in {other}",
                        where=f"batch {batch.index}, row {row}",
                    )
    if not compared:
        raise NotApplicable("it has one input")


def _ids(run: Run, leaf: Leaf) -> np.ndarray | None:
    if leaf.decoded is not None:
        return leaf.decoded.ids
    if leaf.values is None or run.table is None or leaf.values.shape[1] != run.table.shape[1]:
        return None
    distance = np.abs(leaf.values[:, None] - run.table[None]).max(axis=2)
    return np.where(distance.min(axis=1) < 1e-3, distance.argmin(axis=1), -1)


def _couples(
    named: list[tuple[str, np.ndarray]],
) -> Iterable[tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]]]:
    return ((named[0], other) for other in named[1:])


_TOGETHER = 0.95
"""Share of the clear pixels on which a mask and its image agree; chance gives about 0.7."""

_TRACES = 2e-3
"""Share of a mask's pixels that may have a value between: none are expected."""


@clause(MUST, scenarios=(*_ALL, "wide", "gray", "jpeg", "unpadded", "resized"))
def masks_follow_images(run: Run) -> None:
    """A mask undergoes its image's geometry, and stays a mask.

    Why: a mask that misses a flip, or is another image's, teaches the network to be wrong.
    Fix: draw the parameters once for both; interpolate masks by nearest, or threshold them again.
    """
    if not run.masked:
        raise NotApplicable("it takes no masks")
    batches_came(run)
    found = [
        (batch, leaf)
        for stream in run.streams
        for batch in stream.batches
        for leaf in batch.leaves
        if leaf.masked is not None
    ]
    if not found:
        raise Undecided("it yields nothing that could be masks")
    clear = [_mask_follows(batch, leaf) for batch, leaf in found]
    if sum(clear) < 0.5 * sum(leaf.rows for _, leaf in found):
        raise Undecided("in most images the mask's object can't be told from the rest")


def _mask_follows(batch: Batch, leaf: Leaf) -> int:
    """Judge the masks of one batch; return how many could be judged."""
    masked = leaf.masked
    if masked is None:
        return 0
    agreement = np.fmax(masked.agreement, masked.central)
    apart = np.flatnonzero(agreement < _TOGETHER)
    if apart.size:
        row = int(apart[0])
        raise Violation(
            expected=f"the mask {leaf.path} where its object is in the image",
            observed=f"mask and image agree on {agreement[row]:.0%} of the pixels only",
            where=f"batch {batch.index}, row {row}, {samples([batch.ids[row]])}",
        )
    strange = np.flatnonzero(masked.invented > _TRACES)
    if strange.size:
        row = int(strange[0])
        raise Violation(
            expected=f"two values in {leaf.path}, as in the masks that were given",
            observed=f"{masked.invented[row]:.1%} of the pixels have values in between",
            where=f"batch {batch.index}, row {row}",
        )
    return int((~np.isnan(agreement)).sum())


@clause(MUST, scenarios=("renumbered",))
def label_map_is_stable(run: Run) -> None:
    """Classes get the same numbers in another process, hash seed and order of listing.

    Why: a model that is loaded next week names its predictions by another table.
    Fix: ``sorted(set(names))``; never the order of a set, of ``os.listdir`` or of the samples.
    """
    if len(run.streams) < 2:
        raise NotApplicable("it could not be observed in another process")
    if run.claims.labels == "image":
        raise NotApplicable("its targets are images")
    if not any(b.part("target") for b in run.batches):
        raise NotApplicable("it yields no targets")
    here, there = (numbers(run, stream) for stream in run.streams)
    shared = sorted(set(here) & set(there))
    if not shared:
        raise Undecided("no target could be compared with its image's class")
    changed = [k for k in shared if here[k] != there[k]]
    if changed:
        k = changed[0]
        raise Violation(
            expected=f"{here[k]} for class {class_name(int(k))!r} in every process",
            observed=f"{there[k]} in a process with another hash seed, where folders and lists "
            f"come in another order; {len(changed)} of {len(shared)} classes are numbered anew",
        )


@clause(MUST, scenarios=("stream", "long", "classes"))
def label_values_survive(run: Run) -> None:
    """Labels keep their values: no overflow, no interpolation, one-hot rows of constant width.

    Why: int8 turns class 200 into -56; ``to_categorical`` without num_classes counts per batch.
    Fix: use int32 or float32 targets and pass ``num_classes``.
    """
    batches_came(run)
    told = run.claims.labels in ("same", "onehot", "map") and run.claims.structure != "pairs"
    if run.labels is None or not told:
        raise NotApplicable("it yields no labels that were given to it")
    _within_classes(run)
    widths: dict[str, tuple[int, ...]] = {}
    for batch in run.batches:
        for leaf in batch.part("target"):
            width = widths.setdefault(leaf.path, leaf.shape[1:])
            if leaf.shape[1:] != width:
                raise Violation(
                    expected=f"targets of shape (rows, {', '.join(map(str, width))})",
                    observed=f"{leaf.shape}",
                    where=f"batch {batch.index}, {leaf.path}",
                )
        for leaf in batch.part("target")[:1]:
            _values_known(run, batch, leaf)
    _fractions_kept(run)


def _fractions_kept(run: Run) -> None:
    """Pass unless every target is the whole part of its label, and some labels have fractions."""
    if run.labels is None or run.labels.dtype.kind != "f" or run.claims.labels == "onehot":
        return
    rows = [
        (float(run.labels[sample]), float(value[0]))
        for batch in run.batches
        for leaf in batch.part("target")[:1]
        if leaf.values is not None and leaf.values.shape[1] == 1
        for sample, value in zip(batch.ids, leaf.values, strict=False)
        if sample >= 0
    ]
    cut = [(label, value) for label, value in rows if label != value]
    whole = all(value == np.trunc(label) for label, value in rows)
    if cut and whole and len({value for _, value in rows}) > 2:
        raise Violation(
            expected=f"label {cut[0][0]:g}, as it was given",
            observed=f"{cut[0][1]:g}: all {len(rows)} targets are whole numbers",
        )


def _all_drawn(
    labels: NDArray[Any], batch: Batch, values: NDArray[Any], rows: NDArray[Any]
) -> bool:
    """Whether these rows hold what augmentation of their images may have made of their labels."""
    same = unchanged(batch)
    return all(
        not same[row] and batch.ids[row] >= 0 and is_drawn(values[row], labels[batch.ids[row]])
        for row in rows
    )


def _values_known(run: Run, batch: Batch, leaf: Leaf) -> None:
    mixed = augmented(run) and run.claims.augmentation in ("mixing", "label-changing")
    if leaf.values is None or run.labels is None or mixed:
        return
    if run.claims.labels == "same":
        known = run.labels.astype(float)
        apart = np.abs(leaf.values[:, :1] - known[None]).min(axis=1)
        strange = np.flatnonzero(apart > 1e-3 * np.maximum(1, np.abs(leaf.values[:, 0])))
        if strange.size and augmented(run) and _all_drawn(known, batch, leaf.values, strange):
            raise Undecided(_DRAWN, declare=_SAY_DRAWN)
        if strange.size:
            row = int(strange[0])
            raise Violation(
                expected=f"one of the labels {known.min():g}…{known.max():g} that were given",
                observed=f"{leaf.values[row, 0]:g}",
                where=f"batch {batch.index}, row {row}",
            )
    if run.claims.labels == "onehot":
        total = leaf.values.sum(axis=1)
        if leaf.values.shape[1] == 1:
            total = np.ones_like(total)  # two classes in one column
        strange = np.flatnonzero((np.abs(total - 1) > 1e-2) | (leaf.values.min(axis=1) < -1e-6))
        if strange.size:
            row = int(strange[0])
            raise Violation(
                expected="one-hot rows, which add up to 1",
                observed=f"{np.array2string(leaf.values[row], precision=2, threshold=8)}",
                where=f"batch {batch.index}, row {row}",
            )
