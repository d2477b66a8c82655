"""Synthetic photographs: JPEGs whose class can be learned, where no real ones are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLASSES = {"amber": (200, 140, 40), "blue": (50, 70, 200), "green": (60, 170, 70)}


def photograph(name: str, number: int, size: tuple[int, int]) -> Image.Image:
    """A blurred blotch of the class' colour on a noisy ground of any colour."""
    rng = np.random.default_rng((list(CLASSES).index(name), number))
    height, width = size
    y, x = np.mgrid[:height, :width]
    centre = rng.uniform(0.3, 0.7, 2) * size
    distance = np.hypot(y - centre[0], x - centre[1]) / (0.35 * min(size))
    blotch = np.clip(1.5 - distance, 0, 1)[..., np.newaxis]
    ground = rng.uniform(60, 190, 3) + rng.normal(0, 12, (height, width, 3))
    pixels = ground * (1 - blotch) + np.array(CLASSES[name]) * blotch
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_photographs(folder: Path, per_class: int, side: int = 64) -> Path:
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            size = (side + number % 7, side + number % 5)
            photograph(name, number, size).save(folder / name / f"{number:03}.jpg", quality=95)
    return folder


@pytest.fixture(scope="session")
def synthetic_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 20 small JPEGs; only to be read."""
    return write_photographs(tmp_path_factory.mktemp("photos") / "blotches", 20)


@pytest.fixture
def some_photos(tmp_path: Path) -> Path:
    """Three classes of 4 small JPEGs, to do with as a test likes."""
    return write_photographs(tmp_path / "photos", 4)


@pytest.fixture(scope="session")
def photos(synthetic_photos: Path) -> Path:
    """The real photographs where FLOWER_PHOTOS names them, else synthetic ones."""
    return Path(os.environ.get("FLOWER_PHOTOS") or synthetic_photos)
