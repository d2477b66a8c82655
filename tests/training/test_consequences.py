"""What training shows once more is grouped under the reason that is known already."""

from __future__ import annotations

from conformance.consequences import with_consequences
from conformance.verdict import Cause


def cause(name: str, *clauses: str) -> Cause:
    return Cause(name, "seen", "fix", clauses)


def test_lost_samples_entail_what_the_model_misses() -> None:
    tail = cause("the remainder is dropped", "epoch.every_sample_appears")
    seen = cause("alone", "training.the_model_sees_every_sample")
    assert with_consequences([tail, seen]) == [
        cause("the remainder is dropped", *tail.clauses, *seen.clauses)
    ]


def test_what_only_training_shows_stays_a_cause_of_its_own() -> None:
    leak = cause("memory grows", "resources.memory_is_bounded")
    workers = cause("workers draw alike", "training.workers_agree")
    assert with_consequences([workers, leak]) == [leak, workers]
