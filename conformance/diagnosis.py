"""From broken clauses to the one reason behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.consequences import with_consequences
from conformance.problem import Problem
from conformance.run import Run
from conformance.verdict import Cause
from conformance.wording import samples

if TYPE_CHECKING:
    from conformance.rulings import Broken

_COVERAGE = (
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "batching.batches_are_full",
    "batching.no_batch_is_oversized",
    "protocol.knows_its_length",
    "protocol.can_start_again",
)


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


class Evidence:
    """What is known when a reason is looked for."""

    def __init__(self, broken: list[Broken], runs: Mapping[Problem, Run]) -> None:
        self.broken = {b.clause.id: b for b in broken}
        self.plain = [
            r
            for p, r in runs.items()
            if p.scenario == "stream" and not p.shuffle and not p.augment and r.batches and r.known
        ]
        self.runs = runs

    def breaks(self, *clause_ids: str) -> bool:
        """Whether any of these clauses is broken."""
        return any(c in self.broken for c in clause_ids)

    def observed(self, clause_id: str) -> str:
        """Return what was seen of a broken clause, "" if it is not broken."""
        item = self.broken.get(clause_id)
        return item.violation.observed if item else ""


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


def _unbatched(evidence: Evidence) -> str:
    endings = (run.ending for run in evidence.runs.values())
    return next((e.message for e in endings if e is not None and e.kind == "unbatched"), "")


def _strides(run: Run) -> list[int]:
    firsts = [int(b.ids[0]) for b in run.batches if b.rows and b.ids[0] >= 0]
    return [b - a for a, b in pairwise(firsts) if b > a]


def _slides(evidence: Evidence) -> str:
    for run in evidence.plain:
        strides = _strides(run)
        if run.problem.batch_size >= 2 and len(strides) >= 2 and set(strides) == {1}:
            a, b = run.batches[:2]
            return (
                f"with {run.problem.describe()}, batch 0 holds {samples(a.ids)} and batch 1 "
                f"{samples(b.ids)}: the window moves by 1 instead of by {run.problem.batch_size}"
            )
    return ""


def _missing(run: Run) -> set[int]:
    seen = {i for e in run.epochs for i in e.ids.tolist()}
    return set(range(run.n)) - seen if run.epochs and -1 not in seen else set()


def _last_window_lost(evidence: Evidence) -> str:
    if not evidence.breaks(*_COVERAGE):
        return ""
    for run in evidence.plain:
        if run.stream.ending is not None:
            continue
        n, size = run.n, run.problem.batch_size
        everything = set(run.ids.tolist())
        if n > size and n % size == 0 and everything and -1 not in everything:
            lost = set(range(n)) - everything
            if n - 1 in lost and len(lost) <= size:
                return (
                    f"with {run.problem.describe()}, {samples(sorted(lost))} never came although "
                    f"{size} divides {n}: the last window is lost"
                )
    return ""


def _tail_dropped(evidence: Evidence) -> str:
    for run in evidence.plain:
        n, size = run.n, run.problem.batch_size
        tail = n % size
        if tail and _missing(run) == set(range(n - tail, n)):
            return (
                f"with {run.problem.describe()}, {samples(range(n - tail, n))} never came: the "
                f"remainder of {n} % {size} = {tail} is dropped"
            )
    return ""


def _wraps(evidence: Evidence) -> str:
    for run in evidence.plain:
        for batch in run.batches:
            ids = batch.ids.tolist()
            if (
                len(ids) > 1
                and run.n > len(ids)
                and 0 in ids[1:]
                and ids[ids.index(0) - 1] == run.n - 1
            ):
                return (
                    f"with {run.problem.describe()}, batch {batch.index} holds {samples(ids)}: "
                    "it goes on with the next pass inside a batch"
                )
    return ""


def _with_replacement(evidence: Evidence) -> str:
    if not evidence.breaks("epoch.no_sample_repeats") or not evidence.breaks(
        "epoch.every_sample_appears"
    ):
        return ""
    for problem, run in evidence.runs.items():
        if problem.scenario != "stream" or len(run.epochs) < 2 or run.n < 5:
            continue
        orders = {tuple(e.ids.tolist()) for e in run.epochs}
        if len(orders) == len(run.epochs) and all(
            len(set(o)) < len(o) and -1 not in o for o in orders
        ):
            one = run.epochs[0].ids.tolist()
            return (
                f"with {problem.describe()}, pass 1 draws {samples(one, 12)}: samples are drawn "
                "with replacement"
            )
    return ""


def _broken_text(*clause_ids: str) -> Callable[[Evidence], str]:
    def seen(evidence: Evidence) -> str:
        return next((evidence.observed(c) for c in clause_ids if evidence.breaks(c)), "")

    return seen


def _tiling(evidence: Evidence) -> str:
    """Group what breaks the covering of the data in a way that has no name of its own."""
    broken = [c for c in _COVERAGE if evidence.breaks(c)]
    return evidence.observed(broken[0]) if len(broken) > 1 else ""


def _reseeded(evidence: Evidence) -> str:
    if not evidence.breaks("order.reshuffles_every_epoch", "augmentation.varies_between_epochs"):
        return ""
    if all(
        evidence.breaks(c)
        for c in ("order.reshuffles_every_epoch", "augmentation.varies_between_epochs")
    ):
        return "order and augmentation are the same in every pass: " + evidence.observed(
            "order.reshuffles_every_epoch"
        )
    for run in evidence.runs.values():
        for stream in run.streams:
            for generator, culprit in stream.reseeded.items():
                if culprit == "the subject":
                    return f"{generator} is seeded anew while batches are drawn, so passes repeat"
    return ""


def _order_drawn_once(evidence: Evidence) -> str:
    text = evidence.observed("order.reshuffles_every_epoch")
    return f"the order is drawn once: {text}" if text else ""


def _batch_statistics(evidence: Evidence) -> str:
    text = evidence.observed("arrays.pixels_survive")
    return text if "other pixels in another batch" in text else ""


def _stalls_below(evidence: Evidence) -> str:
    return _stalls(evidence, lambda p: p.n < p.batch_size)


def _stalls_up_to(evidence: Evidence) -> str:
    return _stalls(evidence, lambda p: p.n <= p.batch_size)


def _stalls(evidence: Evidence, small: Callable[[Problem], bool]) -> str:
    ended = {p: r.ending for p, r in evidence.runs.items() if small(p)}
    stalls = {p: e for p, e in ended.items() if e and e.kind in ("stalled", "waiting")}
    large = [r.ending is None for p, r in evidence.runs.items() if p.batch_size and not small(p)]
    # where larger data stalls as well the reason is another one
    if not stalls or len(stalls) < len(ended) or sum(large) < len(large) / 2:
        return ""
    tried = dict.fromkeys(f"n={p.n}, batch_size={p.batch_size}" for p in stalls)
    line = next(iter(stalls.values())).line
    return (
        f"with {' and with '.join(list(tried)[:3])} the loop is empty and never yields, at "
        f"{line or 'an unknown line'}"
    )


def _memory(kind: str, text: str) -> Callable[[Evidence], str]:
    def seen(evidence: Evidence) -> str:
        for problem, run in evidence.runs.items():
            for stream in run.streams:
                for finding in stream.sharing:
                    if finding.kind == kind and not (kind == "changed" and stream.touched):
                        return text.format(
                            path=finding.path,
                            batch=finding.batch,
                            other=finding.other,
                            problem=problem.describe(),
                        )
        return ""

    return seen


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
        _unbatched,
        ("batching.batches_are_full", "protocol.is_accepted_by_keras"),
        "",
    ),
    Pattern(
        "stalls for n <= batch size",
        _stalls_up_to,
        ("protocol.never_stalls", "protocol.opens_cleanly"),
        _YIELD_SHORT,
    ),
    Pattern(
        "stalls for n < batch size",
        _stalls_below,
        ("protocol.never_stalls", "protocol.opens_cleanly"),
        _YIELD_SHORT,
    ),
    Pattern(
        "windows slide by one sample",
        _slides,
        _COVERAGE,
        "give the range a step: range(0, n, batch_size)",
    ),
    Pattern(
        "the last window is lost",
        _last_window_lost,
        _COVERAGE,
        "end the range at n: range(0, n, batch_size), not range(0, n - batch_size, batch_size)",
        besides=True,
    ),
    Pattern(
        REMAINDER_DROPPED,
        _tail_dropped,
        _COVERAGE,
        'yield the shorter last batch too; or declare remainder = "drop"',
    ),
    Pattern(
        "samples are drawn with replacement",
        _with_replacement,
        (*_COVERAGE, "order.shuffles_across_batches"),
        'draw one permutation a pass; or declare sampling = "random"',
    ),
    Pattern(
        "the stream wraps inside a batch",
        _wraps,
        _COVERAGE,
        'end the pass with a shorter batch; or declare remainder = "continue"',
    ),
    Pattern(
        "batches do not tile the data",
        _tiling,
        _COVERAGE,
        "cut one order of all samples into consecutive pieces: range(0, n, batch_size)",
    ),
    Pattern(
        "writes into its source",
        _broken_text("purity.source_is_untouched"),
        _SOURCE_WRITES,
        "copy before changing: batch = x[rows] (an index array copies), then augment batch",
    ),
    Pattern(
        "batches are views of the source",
        _memory(
            "source", "{path} of batch {batch} is a view of the caller's {other!r} ({problem})"
        ),
        ("purity.batches_own_their_memory",),
        "index with an array, or copy the slice: x[i:j].copy()",
    ),
    Pattern(
        "one buffer is reused",
        _memory("changed", "{path} of batch {batch} changed after it was handed out ({problem})"),
        (
            "purity.batches_own_their_memory",
            "batching.rows_are_real",
            "protocol.streams_are_independent",
        ),
        "allocate inside the loop, or yield buffer.copy()",
    ),
    Pattern(
        "random numbers repeat every pass",
        _reseeded,
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
        _order_drawn_once,
        ("order.reshuffles_every_epoch", "order.shuffles_across_batches"),
        "draw the permutation inside the endless loop",
    ),
    Pattern(
        "images depend on their batch mates",
        _batch_statistics,
        (
            "arrays.pixels_survive",
            "arrays.values_keep_their_scale",
            "augmentation.leaves_images_alone_otherwise",
        ),
        "compute statistics per image, or once for the data set",
    ),
    Pattern(
        "labels slip from their images",
        _broken_text("alignment.labels_match_images", "alignment.labels_match_augmented_images"),
        _LABELS,
        "take images and labels with one index array",
    ),
    Pattern(
        "the stream ends",
        _broken_text("protocol.never_ends"),
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
