from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from reference_impl import plot
from reference_impl.plot import plot_comparison, plot_history

HISTORY = {
    "loss": [1.5, 1.2, 1.0],
    "accuracy": [0.3, 0.5, 0.6],
    "val_loss": [1.4, 1.3, 1.25],
    "val_accuracy": [0.35, 0.4, 0.45],
}


def has_colour(path: Path, colour: str) -> bool:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((np.abs(pixels - wanted).max(axis=2) < 3).sum() > 50)


def test_both_curves_are_drawn(tmp_path: Path) -> None:
    path = plot_history(HISTORY, tmp_path / "plot.png", "title")

    assert has_colour(path, plot._TRAINING)
    assert has_colour(path, plot._VALIDATION)


def test_a_history_without_validation_has_one_curve(tmp_path: Path) -> None:
    training = {key: values for key, values in HISTORY.items() if not key.startswith("val_")}
    path = plot_history(training, tmp_path / "plot.png")

    assert has_colour(path, plot._TRAINING)
    assert not has_colour(path, plot._VALIDATION)


def test_a_single_epoch_can_be_seen(tmp_path: Path) -> None:
    path = plot_history({k: v[:1] for k, v in HISTORY.items()}, tmp_path / "plot.png")

    assert has_colour(path, plot._TRAINING)


def test_a_comparison_shows_both_generators(tmp_path: Path) -> None:
    worse = {**HISTORY, "val_accuracy": [0.2, 0.2, 0.2], "val_loss": [1.6, 1.6, 1.6]}
    path = plot_comparison(worse, HISTORY, 0.2, tmp_path / "comparison.png", "title")

    assert has_colour(path, plot._FAULTY)
    assert has_colour(path, plot._TRAINING)
