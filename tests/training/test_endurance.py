"""What subjects hold on to, how they shard and how they split."""

from __future__ import annotations

import pytest

from conformance.checks.resources import memory_is_bounded
from conformance.claims import Claims
from conformance.config import Settings
from conformance.contract import Violation
from conformance.endurance import Endurance, flat
from conformance.judge import Judge
from conformance.problem import Problem
from conformance.run import Run
from conformance.verdict import SubjectReport

from .conftest import config


def report(spec: str, **asked: object) -> SubjectReport:
    settings = Settings(examples=0, in_process=True, **asked)  # type: ignore[arg-type]
    judge = Judge(config(spec), settings)
    try:
        return judge.report()
    finally:
        judge.close()


MEMORY = "resources.memory_is_bounded"
RELEASED = "resources.files_and_threads_are_released"
SHARDS = "sharding.shards_partition_the_data"
SPLIT = "splitting.train_and_validation_are_disjoint"


@pytest.mark.parametrize("spec", ["right", "caches_each_sample"])
def test_bounded_memory_passes(spec: str) -> None:
    seen = report(spec)
    assert seen[MEMORY].outcome == "passed", seen[MEMORY].reason
    assert seen[RELEASED].outcome == "passed", seen[RELEASED].reason


@pytest.mark.parametrize("spec", ["keeps_small_notes", "keeps_rows_and_labels"])
def test_notes_of_each_batch_are_found(spec: str) -> None:
    verdict = report(spec)[MEMORY]
    assert verdict.outcome == "failed"
    assert "bytes more with every batch" in verdict.finding.observed


@pytest.mark.parametrize("spec", ["strided", "padded"])
def test_shards_that_partition_pass(spec: str) -> None:
    verdict = report(spec)[SHARDS]
    assert verdict.outcome == "passed", verdict


def test_shards_are_not_owed_by_others() -> None:
    assert report("right")[SHARDS].outcome == "not_applicable"


@pytest.mark.parametrize(
    ("train", "validation", "outcome", "word"),
    [
        ("train_part", "validation_part", "passed", ""),
        ("train_part", "overlapping_part", "failed", "2 of 12 are, byte for byte"),
        ("augmented_part", "validation_part", "undecided", "it augments"),
        ("right", "one_pass", "not_applicable", "the split is made before"),
        ("right", "validation_part", "undecided", "brings its own data"),
    ],
)
def test_train_and_validation(train: str, validation: str, outcome: str, word: str) -> None:
    verdict = report(train, validation=config(validation))[SPLIT]
    assert verdict.outcome == outcome, verdict
    assert word in (verdict.finding.observed if verdict.finding else verdict.reason)


def test_profiles_set_the_depth() -> None:
    lengths = {}
    for profile in ("quick", "default"):
        text = next(n for n in report("right", profile=profile).notes if n.startswith("profile"))
        lengths[profile] = int(text.partition("up to ")[2].split()[0])
    assert 100 <= lengths["quick"] < lengths["default"]


def test_a_users_steps_are_explained() -> None:
    notes = report("right", samples=282, batch_size=6, steps=46, epochs=2).notes
    assert any("epoch 2 starts at batch 47" in note for note in notes)


def test_missing_numbers_are_asked_for() -> None:
    notes = report("right", steps=46).notes
    assert any("--generator-samples N and --generator-batch-size N" in note for note in notes)


def measured(settled: int, grown: int) -> Run:
    """Memory that grows by ``grown`` bytes in all, seen 24 times, of which ``settled`` stay."""
    held = tuple(k * grown // 23 for k in range(24))
    resident = tuple((40 << 20) + level for level in held)
    found = Endurance(240, held=held, resident=resident, settled=settled)
    return Run(Problem(64, 16, scenario="many"), Claims(), (), endurance=found)


def test_garbage_that_waits_for_its_collection_is_no_leak() -> None:
    memory_is_bounded(measured(settled=0, grown=20 << 20))
    with pytest.raises(Violation, match="bytes more with every batch"):
        memory_is_bounded(measured(settled=20 << 20, grown=20 << 20))


STEADY = [40 << 20] * 10


@pytest.mark.parametrize(
    ("held", "resident", "steady"),
    [
        ([5000] * 10, STEADY, True),
        ([5000, 90_000, 5000, 90_000, 5000, 90_000, 5000, 90_000, 5000, 90_000], STEADY, True),
        ([0, 5000, 9000, *[9000] * 7], STEADY, True),
        ([k * 10 * 256 for k in range(10)], STEADY, False),
        ([k * 10 * 256 - 20_000 * (k % 2) for k in range(10)], STEADY, False),
        ([5000] * 10, [(40 << 20) + k * 10 * (11 << 10) for k in range(10)], False),
    ],
)
def test_measuring_ends_early_only_where_nothing_grows(
    held: list[int], resident: list[int], steady: bool
) -> None:
    assert flat(held, resident) is steady
