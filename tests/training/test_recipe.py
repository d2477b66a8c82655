"""What a user's own numbers will show the model."""

from __future__ import annotations

import pytest

from conformance.claims import Claims
from conformance.config import Settings
from conformance.observe import Description
from conformance.problem import Space
from conformance.training.recipe import Recipe, explain, told


def said(**numbers: object) -> str:
    return " ".join(explain(Recipe(**numbers)))  # type: ignore[arg-type]


def test_one_step_short_starts_the_next_epoch_late() -> None:
    text = said(n=282, batch_size=6, steps=46, epochs=3)
    assert "steps_per_epoch=46 of 47 batches, epoch 2 starts at batch 47" in text
    assert "epoch 3 starts at batch 46" in text
    assert "6 samples are not seen in epoch 1" in text


def test_a_short_last_batch_counts_its_own_rows() -> None:
    assert "2 samples are not seen in epoch 1" in said(n=20, batch_size=6, steps=3, epochs=9)


def test_samples_that_no_epoch_sees() -> None:
    assert "8 samples are never seen in 2 epochs" in said(n=20, batch_size=6, steps=1, epochs=2)


@pytest.mark.parametrize(("n", "size", "steps"), [(20, 6, 4), (24, 6, 4), (1, 1, 1), (5, 8, 1)])
def test_whole_passes_need_no_words(n: int, size: int, steps: int) -> None:
    assert said(n=n, batch_size=size, steps=steps, epochs=3) == ""


def test_two_passes_an_epoch_are_said() -> None:
    assert "every sample 2 times" in said(n=20, batch_size=6, steps=8)


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_train_for_ever(steps: int) -> None:
    text = said(n=5, batch_size=6, steps=steps)
    assert "never ends" in text
    assert "ceil(n / batch_size) = 1" in text


def test_endless_without_steps_is_warned_of_and_sized_is_not() -> None:
    assert "steps_per_epoch=4" in said(n=20, batch_size=6)
    assert said(n=20, batch_size=6, sized=True) == ""


def test_dropped_remainder_shortens_the_pass() -> None:
    assert said(n=20, batch_size=6, steps=3, drops=True) == ""
    assert "no batch at all" in said(n=4, batch_size=6, steps=1, drops=True)


def test_validation_on_a_generator_moves() -> None:
    text = said(n=20, batch_size=6, steps=4, validation_steps=3)
    assert "batches 1 and 2 come again" in text
    assert "no two epochs are validated on the same samples" in text
    assert "nothing else" in said(n=20, batch_size=6, steps=4, validation_steps=2)


def test_validation_that_leaves_samples_out() -> None:
    text = said(n=20, batch_size=6, steps=4, validation_steps=5, validation_n=40)
    assert "leaves 10 of 40 samples out" in text


def test_numbers_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        explain(Recipe(n=0, batch_size=6))


@pytest.mark.parametrize(("drops", "words"), [(False, "46 of 47"), (True, "96 of 100 samples")])
def test_a_remainder_that_was_seen_to_be_dropped_counts(drops: bool, words: str) -> None:
    numbers = {"samples": 100, "batch_size": 32, "steps": 3} if drops else {}
    settings = Settings(**(numbers or {"samples": 282, "batch_size": 6, "steps": 46}))
    description = Description("generator function", (), Claims(endless=True), Space())
    assert words in " ".join(told(settings, description, drops=drops))
