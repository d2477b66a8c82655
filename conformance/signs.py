"""Signs by which a reason for broken clauses is known: what the runs show, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.problem import Problem
from conformance.run import Run
from conformance.wording import samples

if TYPE_CHECKING:
    from conformance.rulings import Broken

COVERAGE = (
    "epoch.every_sample_appears",
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "batching.batches_are_full",
    "batching.no_batch_is_oversized",
    "protocol.knows_its_length",
    "protocol.can_start_again",
)
"""Clauses about which samples come when."""


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


def unbatched(evidence: Evidence) -> str:
    """Say that what came were single samples."""
    endings = (run.ending for run in evidence.runs.values())
    return next((e.message for e in endings if e is not None and e.kind == "unbatched"), "")


def _strides(run: Run) -> list[int]:
    firsts = [int(b.ids[0]) for b in run.batches if b.rows and b.ids[0] >= 0]
    return [b - a for a, b in pairwise(firsts) if b > a]


def slides(evidence: Evidence) -> str:
    """Say that windows overlap but for one sample."""
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
    return set(run.members) - seen if run.epochs and -1 not in seen else set()


def last_window_lost(evidence: Evidence) -> str:
    """Say that the last batch is missing although the batch size divides the data."""
    if not evidence.breaks(*COVERAGE):
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


def tail_dropped(evidence: Evidence) -> str:
    """Say that exactly the remainder never came."""
    for run in evidence.plain:
        n, size = run.n, run.problem.batch_size
        tail = n % size
        if tail and _missing(run) == set(range(n - tail, n)):
            return (
                f"with {run.problem.describe()}, {samples(range(n - tail, n))} never came: the "
                f"remainder of {n} % {size} = {tail} is dropped"
            )
    return ""


def wraps(evidence: Evidence) -> str:
    """Say that a batch goes on with the next pass."""
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


def with_replacement(evidence: Evidence) -> str:
    """Say that every pass draws some samples twice, and never the same ones."""
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


def broken_text(*clause_ids: str) -> Callable[[Evidence], str]:
    """Return a sign that is what was observed of the first of these clauses that is broken."""

    def seen(evidence: Evidence) -> str:
        return next((evidence.observed(c) for c in clause_ids if evidence.breaks(c)), "")

    return seen


def tiling(evidence: Evidence) -> str:
    """Group what breaks the covering of the data in a way that has no name of its own."""
    broken = [c for c in COVERAGE if evidence.breaks(c)]
    return evidence.observed(broken[0]) if len(broken) > 1 else ""


def reseeded(evidence: Evidence) -> str:
    """Say that passes repeat, or that the subject seeds a process-wide generator."""
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


def order_drawn_once(evidence: Evidence) -> str:
    """Say that every pass has the order of the first."""
    text = evidence.observed("order.reshuffles_every_epoch")
    return f"the order is drawn once: {text}" if text else ""


def batch_statistics(evidence: Evidence) -> str:
    """Say that the pixels of a sample depend on the batch it is in."""
    text = evidence.observed("arrays.pixels_survive")
    return text if "other pixels in another batch" in text else ""


def stalls_below(evidence: Evidence) -> str:
    """Say that data of fewer samples than a batch stall, and only those."""
    return _stalls(evidence, lambda p: p.n < p.batch_size)


def stalls_up_to(evidence: Evidence) -> str:
    """Say that data of one batch at most stall, and only those."""
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


def memory(kind: str, text: str) -> Callable[[Evidence], str]:
    """Return a sign that batches share memory in this way."""

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
