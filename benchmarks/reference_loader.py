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

    def reference(threads: int) -> np.ndarray:
        return load_folder(folder, SIZE, threads=threads, progress=False).images

    by_scikit_image = {
        "scikit-image imread + resize, 1 thread": lambda: scikit_image(1),
        "scikit-image imread + resize, 2 threads": lambda: scikit_image(2),
    }
    ours = {
        "reference, 1 thread": lambda: reference(1),
        "reference, 2 threads": lambda: reference(2),
    }
    best = best_of(by_scikit_image | ours, rounds=8)
    title = "Loader, JPEG to 182x182 float32"
    report(title, best, len(paths), "scikit-image imread + resize, 1 thread")
    theirs_1, theirs_2, ours_1, ours_2 = (time.wall for time in best.values())
    print(f"\non one thread {theirs_1 / ours_1:.1f} x, on two {theirs_2 / ours_2:.1f} x")
    difference = np.abs(reference(2) - scikit_image(2)).max()
    print(f"largest difference from scikit-image: {difference:.1e}")

    # Afterwards, because TensorFlow changes how the whole process gets its memory.
    import keras

    def by_keras() -> None:
        dataset = keras.utils.image_dataset_from_directory(
            folder, image_size=SIZE, label_mode="int", shuffle=False, verbose=False
        )
        for _ in dataset.as_numpy_iterator():
            pass

    name = "image_dataset_from_directory"
    report(f"{title}, beside Keras", best_of({name: by_keras} | ours, 8), len(paths), name)


if __name__ == "__main__":
    main()
