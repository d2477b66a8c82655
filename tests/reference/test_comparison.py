from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference_impl.augmentation import TUTORIAL
from reference_impl.comparison import compare
from reference_impl.settings import Settings, SettingsError
from reference_impl.tutorial import tutorial_minibatches

from .test_generator import numbered


def test_the_tutorial_s_generator_has_its_faults() -> None:
    images, labels = numbered(10)
    stream = tutorial_minibatches(images, labels, 4, shuffle=False, aug=None, seed=0)
    batches = [y.tolist() for _, y in itertools.islice(stream, 7)]

    # one sample onwards instead of one batch, the last window missing, then from the start
    assert batches == [*([k, k + 1, k + 2, k + 3] for k in range(6)), [0, 1, 2, 3]]


def test_the_tutorial_s_generator_writes_to_its_source() -> None:
    images = np.random.default_rng(0).random((10, 16, 16, 3), np.float32)
    labels, before = np.arange(10), images.copy()
    stream = tutorial_minibatches(images, labels, 4, shuffle=False, aug=TUTORIAL, seed=0)
    next(stream)

    assert not np.array_equal(images[:4], before[:4])
    assert np.array_equal(images[4:], before[4:])


def test_a_comparison_is_repeated_by_its_seed(synthetic_photos: Path, tmp_path: Path) -> None:
    settings = Settings(
        synthetic_photos, tmp_path / "a", epochs=2, batch_size=8, image_size=24, verbose=0
    )
    first, second = compare(settings), compare(replace(settings, out=tmp_path / "b"))

    for who in ("tutorial", "reference"):
        one, other = getattr(first, who), getattr(second, who)
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
    assert first.tutorial["loss"] != pytest.approx(first.reference["loss"], rel=1e-4)
    assert first.chance == pytest.approx(1 / 3)


def test_streamed_photographs_can_not_be_compared(synthetic_photos, tmp_path) -> None:
    with pytest.raises(SettingsError, match="in memory"):
        compare(Settings(synthetic_photos, tmp_path, stream=True))
