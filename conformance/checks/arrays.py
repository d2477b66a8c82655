"""arrays: shapes, dtypes and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.contract import MUST, SHOULD, NotApplicable, Violation, clause
from conformance.guards import augmented, batches_came, identities_seen, image_leaves
from conformance.pixels import median
from conformance.run import Leaf, Run, Stream

Array = NDArray[Any]

_PIXELS = ("stream", "long", "dim", "constant")


def _each_alike(run: Run, what: str, of: Callable[[Leaf], object]) -> None:
    batches_came(run)
    first: dict[str, tuple[int, object]] = {}
    for batch in run.batches:
        for leaf in batch.leaves:
            index, value = first.setdefault(leaf.path, (batch.index, of(leaf)))
            if of(leaf) != value:
                raise Violation(
                    expected=f"{what} {value} of {leaf.path}, as in batch {index}",
                    observed=f"{what} {of(leaf)}",
                    where=f"batch {batch.index}",
                )


@clause(MUST)
def shapes_are_constant(run: Run) -> None:
    """Every dimension but the batch's is the same in every batch.

    Why: TensorFlow infers the signature from two batches and fails on a third that differs.
    Fix: resize every image to one size; pass ``num_classes`` to one-hot encoders.
    """
    _each_alike(run, "row shape", lambda leaf: leaf.shape[1:])


@clause(MUST)
def dtypes_are_constant(run: Run) -> None:
    """Each part has one numeric dtype in all batches, the declared one where one is declared.

    Why: TensorFlow casts every batch to the dtype of the first, silently: 300.7 becomes 44 in uint8.
    Fix: end with one ``astype`` on every path through the code.
    """
    _each_alike(run, "dtype", lambda leaf: leaf.dtype)
    declared = run.claims.dtype if run.claims.declared("dtype") else None
    for leaf in run.batches[0].leaves:
        if not np.issubdtype(np.dtype(leaf.dtype), np.number) and leaf.dtype != "bool":
            raise Violation(
                expected="numbers", observed=f"dtype {leaf.dtype}", where=f"batch 0, {leaf.path}"
            )
        if declared and leaf.part == "input" and leaf.dtype != declared:
            raise Violation(
                expected=f"dtype {declared}, as declared",
                observed=leaf.dtype,
                where=f"batch 0, {leaf.path}",
            )


@clause(SHOULD)
def inputs_are_float32_or_smaller(run: Run) -> None:
    """Inputs are not float64.

    Why: float64 doubles memory and transfer, and Keras casts it to float32 anyway.
    Fix: ``.astype("float32")`` before dividing: NumPy divides uint8 into float64.
    """
    batches_came(run)
    for batch in run.batches:
        for leaf in batch.part("input"):
            if leaf.dtype == "float64":
                raise Violation(
                    expected="float32 or smaller",
                    observed="float64",
                    where=f"batch {batch.index}, {leaf.path}",
                )


@clause(MUST, scenarios=_PIXELS)
def values_are_finite(run: Run) -> None:
    """No NaN or infinity, for dim and constant images too.

    Why: one NaN makes every weight NaN; Keras raises nothing.
    Fix: guard divisions: ``(x - x.mean()) / max(x.std(), 1e-7)``.
    """
    batches_came(run)
    for batch in run.batches:
        for leaf in batch.leaves:
            if not leaf.finite:
                raise Violation(
                    expected="finite values",
                    observed="NaN or infinity",
                    where=f"batch {batch.index}, {leaf.path}",
                )


@clause(MUST, scenarios=("stream", "long", "dim"))
def values_keep_their_scale(run: Run) -> None:
    """One scale, or one per-image rule, for all batches, with augmentation on as well as off.

    Why: a network that sees [0, 1] in training and 0–255 in validation has learnt nothing usable.
    Fix: scale once, unconditionally, by a constant; never by the batch's maximum or ``if x.max() > 1``.
    """
    identities_seen(run)
    leaves = image_leaves(run.stream)
    if run.claims.scale == "per-image" and run.claims.declared("scale"):
        raise NotApplicable("a scale of its own for each image is declared")
    _declared_scale(run, leaves)
    _scaled_once(run, leaves)
    if augmented(run):
        _as_without(run, leaves)
        return
    gain = np.concatenate([leaf.decoded.gain for leaf in leaves if leaf.decoded])
    offset = np.concatenate([leaf.decoded.offset for leaf in leaves if leaf.decoded])
    ranges = np.concatenate([leaf.ranges for leaf in leaves])
    known = ~np.isnan(gain).any(axis=1)
    if known.sum() < 0.5 * len(known):
        _no_wrap_around(leaves)
        raise NotApplicable("images are changed in a way of the subject's own")
    gain, offset, ranges = gain[known], offset[known], ranges[known]
    near = _RESAMPLED if _is_resampled(run, leaves) else 0.02
    alike = _constant(gain, gain, near) and _constant(offset, 255 * gain, near)
    if not alike and not _own_rule(ranges, gain):
        low, high = float(np.abs(gain).min()), float(np.abs(gain).max())
        raise Violation(
            expected="one factor for all images, or one rule that each image follows by itself",
            observed=f"factors from {low:.4g} to {high:.4g} (1/255 = 0.003922) in one stream",
            where=_where_scale(run),
        )


_TWICE = {"1/255": 255.0**-2, "1/127.5": 127.5**-2, "1/255 and 1/127.5": 1 / (255 * 127.5)}
"""Factors of images that were scaled twice, each by a factor that people use."""


def _scaled_once(run: Run, leaves: tuple[Leaf, ...]) -> None:
    """Pass unless what is left of a contrast of 255 is what a scale leaves that is applied twice."""
    probed = run.known and run.problem.side and run.problem.scenario == "stream"
    if run.claims.declared("scale") or not probed:
        return
    ranges = np.concatenate([leaf.ranges for leaf in leaves])
    factor = float(median(ranges[:, 1] - ranges[:, 0])) / 255
    for name, twice in _TWICE.items():
        if abs(factor / twice - 1) < 5e-3:
            raise Violation(
                expected="images scaled once",
                observed=f"of a contrast of 255 {255 * factor:.4g} is left, as where {name} is "
                "applied twice",
                where=_where_scale(run),
                fix="scale once: does what reads the images, such as skimage's resize, do so already?",
            )


_RESAMPLED = 0.12
"""By which share factors may differ between images that were resized.

Cubic and Lanczos filters, the habit of PIL, overshoot at edges, are cut off at 0 and 255, and round
dim images to few levels.
"""


def _is_resampled(run: Run, leaves: tuple[Leaf, ...]) -> bool:
    """Whether images have another size than their source."""
    return any(leaf.shape[1:].count(run.problem.side) < 2 for leaf in leaves if len(leaf.shape) > 2)


def _constant(values: Array, unit: Array, tolerance: float) -> bool:
    """Whether each column is one value, within a share of the median unit."""
    reach = tolerance * np.abs(median(unit)) + 1e-9
    return bool((np.abs(values - median(values)) <= reach).all())


def _own_rule(ranges: Array, gain: Array) -> bool:
    """Whether each image was brought to a mean and deviation, or to a range, of its own.

    ``tf.image.per_image_standardization`` divides the dimmest images by a constant instead, so that
    their deviations stay below that of all others.
    """
    low, high, mean, deviation = ranges.T
    reach = 0.02 * max(1e-9, float(median(high - low)))
    dim = deviation < deviation.max() - reach
    divided = dim.mean() < 0.8 and _constant(gain[dim], gain[dim], 0.02)
    standardised = np.ptp(mean) <= reach and (not dim.any() or divided)
    stretched = np.ptp(high) <= reach and np.ptp(low) <= reach
    topped = np.ptp(high) <= reach and bool((low >= -1e-6).all())
    return bool(standardised or stretched or topped)


def _where_scale(run: Run) -> str:
    tops = [
        f"batch {b.index}: {b.leaves[0].low:.3g}…{b.leaves[0].high:.3g}"
        for b in run.batches[:3]
        if b.leaves
    ]
    return "; ".join(tops)


def _declared_scale(run: Run, leaves: tuple[Leaf, ...]) -> None:
    scale = run.claims.scale
    if not run.claims.declared("scale") or not isinstance(scale, tuple):
        return
    slack = 0.02 * (scale[1] - scale[0])
    for leaf in leaves:
        if leaf.low < scale[0] - slack or leaf.high > scale[1] + slack:
            raise Violation(
                expected=f"values in [{scale[0]:g}, {scale[1]:g}], as declared",
                observed=f"[{leaf.low:.4g}, {leaf.high:.4g}]",
                where=leaf.path,
            )


def _as_without(run: Run, leaves: tuple[Leaf, ...]) -> None:
    """Compare the range of augmented images with that of images without augmentation."""
    scale = run.claims.scale
    if run.problem.scenario != "dim":
        _no_wrap_around(leaves)
    if run.problem.scenario == "dim" or not isinstance(scale, tuple) or not run.problem.augment:
        raise NotApplicable("its images have no scale to compare with")
    ranges = np.concatenate([leaf.ranges for leaf in leaves])
    # rows of a single level are batching.rows_are_real's, unless there are no others
    level = ranges[:, 0] == ranges[:, 1]
    ranges = ranges[~level] if not level.all() else ranges
    wide = float(median(ranges[:, 1] - ranges[:, 0]))
    usual = scale[1] - scale[0]
    if usual > 0 and not 0.25 < wide / usual < 4:
        raise Violation(
            expected=f"images within about [{scale[0]:.4g}, {scale[1]:.4g}], as without augmentation",
            observed=f"[{median(ranges[:, 0]):.4g}, {median(ranges[:, 1]):.4g}] with it",
            where=f"all {len(ranges)} images of the run",
        )


def _no_wrap_around(leaves: tuple[Leaf, ...]) -> None:
    for leaf in leaves:
        if leaf.decoded is None:
            continue
        wrapped = np.flatnonzero(leaf.decoded.wrapped)
        if wrapped.size:
            raise Violation(
                expected="brighter pixels to stay brighter (clipped at 255)",
                observed="the brightest parts of the source come out dark: 8-bit values wrapped around",
                where=f"{leaf.path}, row {int(wrapped[0])}",
            )


@clause(MUST)
def pixels_survive(run: Run) -> None:
    """Without augmentation a sample has the same pixels in every pass, whatever its batch mates.

    Why: a batch-wise statistic or a swapped channel makes one image many, or another one.
    Fix: preprocess each image by itself, with constants, into an array of its own.
    """
    if augmented(run):
        raise NotApplicable("augmentation is on")
    identities_seen(run)
    leaves = image_leaves(run.stream)
    seen: dict[int, tuple[int, int]] = {}
    for leaf in leaves:
        for row, (sample, value) in enumerate(zip(_ids(leaf), leaf.digests, strict=True)):
            before = seen.setdefault(int(sample), (value, row))
            if sample >= 0 and before[0] != value and not _only_rounding(leaves, int(sample)):
                raise Violation(
                    expected=f"the same pixels for sample {sample} whenever it comes",
                    observed="other pixels in another batch or pass",
                    where=f"{leaf.path}, row {row}",
                )
    _upright(leaves, run)
    _one_order_of_channels(run, leaves)


def _ids(leaf: Leaf) -> Array:
    return leaf.decoded.ids if leaf.decoded is not None else np.zeros(0, int)


def _only_rounding(leaves: tuple[Leaf, ...], sample: int) -> bool:
    """Whether a sample's variants differ by less than float32 arithmetic may."""
    ranges = np.concatenate([leaf.ranges[_ids(leaf) == sample] for leaf in leaves])
    decoded = [leaf.decoded for leaf in leaves if leaf.decoded is not None]
    gain = np.concatenate([d.gain[d.ids == sample] for d in decoded])
    exact = np.concatenate([d.exact[d.ids == sample] for d in decoded])
    spread = float(median(ranges[:, 1] - ranges[:, 0])) or 1.0
    if not exact.all() or np.isnan(gain).any():
        return False
    return bool(
        np.ptp(ranges, axis=0).max() <= 1e-4 * spread
        and np.ptp(gain, axis=0).max() <= 1e-4 * np.abs(gain).max()
    )


_SWAPPED = 7
"""Which of the eight turns of :func:`~conformance.pixels.turn` swaps height and width."""


def _upright(leaves: tuple[Leaf, ...], run: Run) -> None:
    for leaf in leaves:
        if leaf.decoded is not None and leaf.decoded.layout == "reshaped":
            raise Violation(
                expected="channels moved first, as the shape says",
                observed="channels-last memory under a channels-first shape: pixels are scrambled",
                where=f"{leaf.path}, shape {leaf.shape} (transpose, don't reshape)",
            )
    turned = [
        (leaf, row)
        for leaf in leaves
        if leaf.decoded
        for row in np.flatnonzero(leaf.decoded.turned)
    ]
    turns = {int(k) for leaf in leaves if leaf.decoded for k in leaf.decoded.turned}
    if turns == {_SWAPPED} and run.claims.layout == "transposed":
        return
    if turned and not _has_two_views(run.stream):
        leaf, row = turned[0]
        always = ', as in every image (declare layout = "transposed" if on purpose)'
        raise Violation(
            expected="images upright, as in the source",
            observed=f"transposed{always}"
            if turns == {_SWAPPED}
            else "flipped, turned or transposed, with augmentation off",
            where=f"{leaf.path}, row {row}",
        )


def _has_two_views(stream: Stream) -> bool:
    """Whether an input is turned in one way throughout beside another that is upright.

    Networks with two views of an image are built so on purpose.
    """
    turns: dict[str, set[int]] = {}
    for leaf in (leaf for batch in stream.batches for leaf in batch.part("input")):
        if leaf.decoded is not None:
            turns.setdefault(leaf.path, set()).update(leaf.decoded.turned.tolist())
    return {0} in turns.values() and all(len(found) == 1 for found in turns.values())


def _one_order_of_channels(run: Run, leaves: tuple[Leaf, ...]) -> None:
    names = {n for leaf in leaves if leaf.decoded for n in leaf.decoded.channels if n != "?"}
    if len(names) > 1:
        raise Violation(
            expected="one order of the channels in all batches",
            observed=" and ".join(sorted(names)),
        )
    name = next(iter(names), "rgb")
    declared = run.claims.channels if run.claims.declared("channels") else None
    if declared and name != declared and not (declared == "gray" and "gray" in name):
        raise Violation(expected=f"channels {declared}, as declared", observed=name)
    scrambled = name in ("bgr", "rbg", "grb", "gbr", "brg")
    centred = isinstance(run.claims.scale, tuple) and run.claims.scale[0] < -50
    if scrambled and not declared and not (name == "bgr" and centred):
        raise Violation(
            expected="channels in the order of the source",
            observed=f"{name} (declare channels = {name!r} if on purpose)",
        )
