"""From broken clauses to the one reason behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance import signs
from conformance.consequences import with_consequences
from conformance.problem import Problem
from conformance.run import Run
from conformance.signs import COVERAGE, Evidence
from conformance.verdict import Cause

if TYPE_CHECKING:
    from conformance.rulings import Broken


@dataclass(frozen=True)
class Pattern:
    """One known reason.

    Attributes:
        name: short, as the reports show it.
        seen: returns the evidence in a sentence, "" if it isn't there.
        explains: clauses that break for this reason.
        fix: what to change; "" for what the violation itself advises.
        besides: whether it is told even where another reason explains its clauses already.
    """

    name: str
    seen: Callable[[Evidence], str]
    explains: tuple[str, ...]
    fix: str
    besides: bool = False


def diagnose(broken: list[Broken], runs: Mapping[Problem, Run]) -> list[Cause]:
    """Group broken clauses under the reasons that can be told from the runs.

    A clause that no known reason explains is a cause of its own.
    """
    evidence = Evidence(broken, runs)
    left = [b.clause.id for b in broken]
    causes: list[Cause] = []
    for pattern in PATTERNS:
        candidates = list(evidence.broken) if pattern.besides else left
        theirs = tuple(c for c in candidates if c in pattern.explains)
        text = pattern.seen(evidence) if theirs else ""
        if text:
            ordered = tuple(sorted(theirs, key=pattern.explains.index))
            fix = pattern.fix or evidence.broken[ordered[0]].violation.fix
            causes.append(Cause(pattern.name, text, fix, ordered))
            left = [c for c in left if c not in theirs]
    for item in broken:
        if item.clause.id in left:
            causes.append(
                Cause(
                    ALONE.get(item.clause.id, item.clause.id),
                    item.violation.observed,
                    item.violation.fix or item.clause.fix,
                    (item.clause.id,),
                )
            )
    return with_consequences(causes)


_SOURCE_WRITES = (
    "purity.source_is_untouched",
    "augmentation.does_not_compound",
    "arrays.pixels_survive",
    "arrays.values_keep_their_scale",
    "augmentation.leaves_images_alone_otherwise",
    "order.keeps_order_when_unshuffled",
)

_LABELS = (
    "alignment.labels_match_images",
    "alignment.labels_match_augmented_images",
    "alignment.label_values_survive",
    "protocol.streams_are_independent",
)

_YIELD_SHORT = "yield the short batch: range(0, n, batch_size) is never empty for n >= 1"

REMAINDER_DROPPED = "the remainder is dropped"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "single samples, no batches",
        signs.unbatched,
        ("batching.batches_are_full", "protocol.is_accepted_by_keras"),
        "",
    ),
    Pattern(
        "stalls for n <= batch size",
        signs.stalls_up_to,
        ("protocol.never_stalls", "protocol.opens_cleanly"),
        _YIELD_SHORT,
    ),
    Pattern(
        "stalls for n < batch size",
        signs.stalls_below,
        ("protocol.never_stalls", "protocol.opens_cleanly"),
        _YIELD_SHORT,
    ),
    Pattern(
        "windows slide by one sample",
        signs.slides,
        COVERAGE,
        "give the range a step: range(0, n, batch_size)",
    ),
    Pattern(
        "the last window is lost",
        signs.last_window_lost,
        COVERAGE,
        "end the range at n: range(0, n, batch_size), not range(0, n - batch_size, batch_size)",
        besides=True,
    ),
    Pattern(
        REMAINDER_DROPPED,
        signs.tail_dropped,
        COVERAGE,
        'yield the shorter last batch too; or declare remainder = "drop"',
    ),
    Pattern(
        "samples are drawn with replacement",
        signs.with_replacement,
        (*COVERAGE, "order.shuffles_across_batches"),
        'draw one permutation a pass; or declare sampling = "random"',
    ),
    Pattern(
        "the stream wraps inside a batch",
        signs.wraps,
        COVERAGE,
        'end the pass with a shorter batch; or declare remainder = "continue"',
    ),
    Pattern(
        "batches do not tile the data",
        signs.tiling,
        COVERAGE,
        "cut one order of all samples into consecutive pieces: range(0, n, batch_size)",
    ),
    Pattern(
        "writes into its source",
        signs.broken_text("purity.source_is_untouched"),
        _SOURCE_WRITES,
        "copy before changing: batch = x[rows] (an index array copies), then augment batch",
    ),
    Pattern(
        "batches are views of the source",
        signs.memory(
            "source", "{path} of batch {batch} is a view of the caller's {other!r} ({problem})"
        ),
        ("purity.batches_own_their_memory",),
        "index with an array, or copy the slice: x[i:j].copy()",
    ),
    Pattern(
        "one buffer is reused",
        signs.memory(
            "changed", "{path} of batch {batch} changed after it was handed out ({problem})"
        ),
        (
            "purity.batches_own_their_memory",
            "batching.rows_are_real",
            "protocol.streams_are_independent",
        ),
        "allocate inside the loop, or yield buffer.copy()",
    ),
    Pattern(
        "random numbers repeat every pass",
        signs.reseeded,
        (
            "order.reshuffles_every_epoch",
            "augmentation.varies_between_epochs",
            "purity.global_randomness_is_respected",
            "order.different_seed_different_stream",
        ),
        "make one generator before the loop, rng = numpy.random.default_rng(seed), and draw from it",
    ),
    Pattern(
        "the order is drawn only once",
        signs.order_drawn_once,
        ("order.reshuffles_every_epoch", "order.shuffles_across_batches"),
        "draw the permutation inside the endless loop",
    ),
    Pattern(
        "images depend on their batch mates",
        signs.batch_statistics,
        (
            "arrays.pixels_survive",
            "arrays.values_keep_their_scale",
            "augmentation.leaves_images_alone_otherwise",
        ),
        "compute statistics per image, or once for the data set",
    ),
    Pattern(
        "labels slip from their images",
        signs.broken_text(
            "alignment.labels_match_images", "alignment.labels_match_augmented_images"
        ),
        _LABELS,
        "take images and labels with one index array",
    ),
    Pattern(
        "the stream ends",
        signs.broken_text("protocol.never_ends"),
        ("protocol.never_ends", "protocol.may_change_threads", "protocol.streams_are_independent"),
        "wrap the pass in while True; or declare endless = false if it is called anew per epoch",
    ),
)

ALONE: dict[str, str] = {
    "protocol.opens_cleanly": "it fails before its first batch",
    "protocol.never_stalls": "it stalls",
    "protocol.is_accepted_by_keras": "Keras would refuse it",
    "protocol.yields_tuples": "batches are no tuples of arrays",
    "protocol.keeps_its_structure": "the structure of batches changes",
    "protocol.can_start_again": "a second pass differs from the first",
    "protocol.knows_its_length": "its length is wrong",
    "protocol.streams_are_independent": "streams share state",
    "protocol.may_change_threads": "it is tied to one thread",
    "protocol.fails_honestly": "bad input goes unnoticed",
    "protocol.indexing_is_pure": "the content of a batch depends on when it is asked for",
    "epoch.every_sample_appears": "samples are missing",
    "epoch.no_sample_repeats": "samples repeat",
    "epoch.epochs_do_not_blend": "passes run into each other",
    "epoch.epoch_length_is_stable": "its period is not a pass",
    "batching.batches_are_full": "short batches in the middle of a pass",
    "batching.no_batch_is_oversized": "batches are too large",
    "batching.no_batch_is_empty": "empty batches",
    "batching.parts_have_equal_length": "parts of a batch differ in length",
    "batching.rows_are_real": "rows that are no sample",
    "alignment.weights_match_images": "weights slip from their images",
    "alignment.inputs_match_each_other": "inputs of different samples in one row",
    "alignment.masks_follow_images": "masks don't follow their images",
    "alignment.label_values_survive": "labels lose their values",
    "alignment.label_map_is_stable": "classes are numbered anew in each process",
    "arrays.shapes_are_constant": "shapes change",
    "arrays.dtypes_are_constant": "dtypes change",
    "arrays.inputs_are_float32_or_smaller": "inputs are float64",
    "arrays.values_are_finite": "values that are not finite",
    "arrays.values_keep_their_scale": "the scale of values changes",
    "arrays.pixels_survive": "pixels change on the way",
    "purity.source_is_untouched": "it writes into its source",
    "purity.batches_own_their_memory": "batches share memory",
    "purity.global_randomness_is_respected": "it reseeds the process-wide random generators",
    "order.keeps_order_when_unshuffled": "the order changes without shuffling",
    "order.shuffles_when_asked": "it does not shuffle",
    "order.reshuffles_every_epoch": "passes repeat one order",
    "order.shuffles_across_batches": "the same samples stay together",
    "order.same_seed_same_stream": "a seed does not fix the stream",
    "order.different_seed_different_stream": "the seed has no effect",
    "augmentation.augments_when_asked": "augmentation does nothing",
    "augmentation.leaves_images_alone_otherwise": "it augments although switched off",
    "augmentation.varies_between_epochs": "every pass has the same variants",
    "augmentation.varies_within_a_batch": "one draw for the whole batch",
    "augmentation.does_not_compound": "augmentation adds up from pass to pass",
}
"""Names for a clause that is broken for a reason of its own."""
