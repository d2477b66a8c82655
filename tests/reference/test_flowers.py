"""The measure: on the real photographs the right generator teaches, the tutorial's does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reference_impl.comparison import compare
from reference_impl.settings import Settings


@pytest.mark.slow
def test_the_reference_teaches_what_the_tutorial_s_generator_does_not(
    flower_photos: Path, tmp_path: Path
) -> None:
    settings = Settings(flower_photos, tmp_path, epochs=24, image_size=96, verbose=0)

    comparison = compare(settings)

    # the mean of the last epochs: a single one wavers by a few photographs
    reference = np.mean(comparison.reference["val_accuracy"][-4:])
    tutorial = np.mean(comparison.tutorial["val_accuracy"][-4:])
    assert reference > comparison.chance + 0.15
    assert reference > tutorial + 0.1
    assert comparison.reference["loss"][-1] < comparison.reference["loss"][0]
