"""Loading photographs: JPEG to 182x182 float32, against scikit-image and Keras.

    python benchmarks/reference_loader.py flower_photos

Target: 8 times scikit-image's imread + resize on one thread and on two, equal to it within 1e-5,
and ahead of ``keras.utils.image_dataset_from_directory``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import numpy as np
from reference_timing import best_of, report
from skimage.io import imread
from skimage.transform import resize

from reference_impl.folder import index_folder
from reference_impl.loader import load_folder

SIZE = (182, 182)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-class", type=int, default=20, help="photographs of each class")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = excerpt(options.folder, Path(temporary), options.per_class)
        measure(folder)


def excerpt(folder: Path, out: Path, per_class: int) -> Path:
    """Copy evenly spaced photographs of every class, so that a round takes a second or two."""
    index = index_folder(folder)
    for label, name in enumerate(index.class_names):
        rows = np.flatnonzero(index.labels == label)
        chosen = rows[np.linspace(0, len(rows) - 1, min(per_class, len(rows))).astype(int)]
        (out / name).mkdir()
        for row in chosen:
            shutil.copy(index.paths[row], out / name)
    return out


def measure(folder: Path) -> None:
    paths = index_folder(folder).paths

    def one(path: Path) -> np.ndarray:
        return resize(imread(path), SIZE).astype(np.float32)

    def scikit_image(threads: int) -> np.ndarray:
        with ThreadPoolExecutor(threads) as pool:
            return np.stack(list(pool.map(one, paths)))

    def by_keras() -> None:
        dataset = keras.utils.image_dataset_from_directory(
            folder, image_size=SIZE, label_mode="int", shuffle=False, verbose=False
        )
        for _ in dataset.as_numpy_iterator():
            pass

    contestants = {
        "scikit-image imread + resize, 1 thread": lambda: scikit_image(1),
        "scikit-image imread + resize, 2 threads": lambda: scikit_image(2),
        "keras.utils.image_dataset_from_directory": by_keras,
        "reference, 1 thread": lambda: load_folder(folder, SIZE, threads=1, progress=False),
        "reference, 2 threads": lambda: load_folder(folder, SIZE, threads=2, progress=False),
    }
    best = best_of(contestants, rounds=5)
    title = "Loader, JPEG to 182x182 float32"
    report(title, best, len(paths), "scikit-image imread + resize, 1 thread")
    names = list(contestants)
    print(f"\non two threads: {best[names[1]].wall / best[names[4]].wall:.1f} x scikit-image's two")
    difference = np.abs(load_folder(folder, SIZE, progress=False).images - scikit_image(2)).max()
    print(f"largest difference from scikit-image: {difference:.1e}")


if __name__ == "__main__":
    main()
