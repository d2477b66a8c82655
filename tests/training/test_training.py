"""What the training chapter says of right subjects and of wrong ones."""

from __future__ import annotations

import pytest

from conformance.training.remarks import remarks

from .conftest import Trainer

FIT = "training.fit_accepts_it"
SEEN = "training.the_model_sees_every_sample"
VALIDATED = "training.validation_is_the_same_every_epoch"
WORKERS = "training.workers_agree"
TAUGHT = "training.it_teaches"


@pytest.mark.parametrize("spec", ["right", "named_inputs", "segmentation", "dataset"])
@pytest.mark.parametrize(
    ("clause", "scenario"), [(FIT, "fit"), (SEEN, "fit"), (VALIDATED, "validate")]
)
def test_right_subjects_train(trainer: Trainer, spec: str, clause: str, scenario: str) -> None:
    verdict = trainer.verdict(clause, spec, scenario)
    assert verdict.outcome == "passed", verdict.reason


def test_what_arrives_is_what_was_yielded_epoch_by_epoch(trainer: Trainer) -> None:
    run = next(iter(trainer.runs("right", "fit").values()))
    assert [b.ids.tolist() for b in run.batches if b.pass_index == 1] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13]
    ]  # fmt: skip
    assert run.training.pulled >= 12


def test_finite_generator_is_called_again_for_each_epoch(trainer: Trainer) -> None:
    verdict = trainer.verdict(SEEN, "one_pass", "fit", endless=False)
    assert verdict.outcome == "passed", verdict.reason


def test_generator_that_ends_unasked_is_told_of_empty_epochs(trainer: Trainer) -> None:
    verdict = trainer.verdict(FIT, "one_pass", "fit")
    assert verdict.outcome == "failed"
    assert "ran out of data" in verdict.reason


@pytest.mark.parametrize(
    ("spec", "told"),
    [("raises_late", "KeyError: 'batch five'"), ("dataset_that_raises", "KeyError: 'index two'")],
)
def test_error_in_mid_training_names_the_line(trainer: Trainer, spec: str, told: str) -> None:
    verdict = trainer.verdict(FIT, spec, "fit")
    assert verdict.outcome == "failed"
    assert verdict.reason.startswith(told)
    assert "subjects.py" in verdict.reason


def test_hang_in_training_is_survived_and_named(trainer: Trainer) -> None:
    verdict = trainer.verdict(FIT, "sleeps_under_keras", "fit", limit=0.7)
    assert verdict.outcome == "failed"
    assert "sleeps_under_keras" in verdict.reason
    assert trainer.verdict(FIT, "right", "fit").outcome == "passed"


def test_reused_buffer_reaches_the_model_changed(trainer: Trainer) -> None:
    verdict = trainer.verdict(SEEN, "conformance.mutants.reuses_its_buffer:generator", "fit")
    assert verdict.outcome == "failed"


def test_generator_object_is_told_why_validation_moves(trainer: Trainer) -> None:
    verdict = trainer.verdict(VALIDATED, "live", "validate")
    assert verdict.outcome == "not_applicable"
    assert "can't start that again" in verdict.reason


def test_augmented_validation_moves(trainer: Trainer) -> None:
    spec = "conformance.mutants.augments_after_its_first_epoch:generator"
    verdict = trainer.verdict(VALIDATED, spec, "validate")
    assert verdict.outcome == "failed"
    assert "other pixels of the same samples" in verdict.reason


@pytest.mark.parametrize("scenario", ["workers", "forked"])
def test_workers_of_a_right_dataset_agree(trainer: Trainer, scenario: str) -> None:
    verdict = trainer.verdict(WORKERS, "dataset", scenario)
    assert verdict.outcome == "passed", verdict.reason


def test_threads_that_share_a_buffer_disagree(trainer: Trainer) -> None:
    verdict = trainer.verdict(WORKERS, "dataset_of_one_buffer", "workers")
    assert verdict.outcome == "failed" or "not right already" in verdict.reason


def test_processes_with_one_random_state_draw_alike(trainer: Trainer) -> None:
    verdict = trainer.verdict(WORKERS, "conformance.mutants.workers_draw_alike:generator", "forked")
    assert verdict.outcome == "failed"
    assert "same random state" in verdict.reason


def test_lesson_is_learned(trainer: Trainer) -> None:
    assert trainer.verdict(TAUGHT, "right", "teach").outcome == "passed"


def test_labels_of_others_teach_nothing(trainer: Trainer) -> None:
    verdict = trainer.verdict(TAUGHT, "labels_are_noise", "teach")
    assert verdict.outcome == "failed"


def test_masks_are_no_classes_to_learn(trainer: Trainer) -> None:
    assert trainer.verdict(TAUGHT, "segmentation", "teach").outcome == "not_applicable"


def test_generators_are_told_of_keras_habits(trainer: Trainer) -> None:
    runs = [*trainer.runs("right", "fit").values(), *trainer.runs("right", "validate").values()]
    text = " ".join(remarks(runs))
    assert "validated on other samples in each epoch" in text
    assert "steps_per_epoch = ceil(n / batch_size)" in text
    assert not remarks(trainer.runs("dataset", "validate").values())


def test_workers_that_a_subject_chooses_itself_are_looked_at(trainer: Trainer) -> None:
    own = trainer.verdict(WORKERS, "dataset_with_workers_of_its_own", "forked", augments="always")
    assert own.outcome == "failed"
    assert "repeats the draws" in own.reason


def test_passes_that_go_on_have_no_validation_of_their_own(trainer: Trainer) -> None:
    verdict = trainer.verdict(VALIDATED, "dataset", "validate", remainder="continue")
    assert verdict.outcome == "not_applicable"
