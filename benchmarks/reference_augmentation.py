"""Augmentation against Keras' ``ImageDataGenerator.flow``, 182x182x3 float32, batches of 32.

    python benchmarks/reference_augmentation.py

Target: 9 times Keras on one thread, 15 times on two.
"""

from __future__ import annotations

import os
from dataclasses import replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from reference_timing import best_of, report
from skimage import data as skimage_data
from skimage import transform
from tensorflow.keras.preprocessing.image import ImageDataGenerator

from reference_impl.augmentation import TUTORIAL
from reference_impl.warp import definition

N, BATCH = 64, 32


def main() -> None:
    cv2.setNumThreads(1)
    photograph = transform.resize(skimage_data.astronaut(), (182, 182)).astype(np.float32)
    images = np.stack([np.roll(photograph, 3 * i, axis=1) for i in range(N)])
    labels = np.arange(N)
    keras_flow = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=0.15,
        zoom_range=0.15,
        horizontal_flip=True,
        fill_mode="nearest",
    ).flow(images, labels, batch_size=BATCH)

    def by_keras() -> None:
        for _ in range(N // BATCH):
            next(keras_flow)

    def by_definition() -> None:
        for i in range(N):
            drawn = TUTORIAL.get_random_transform(images[i].shape, seed=i)
            definition(images[i], TUTORIAL.matrix(drawn, images[i].shape))

    def ours(threads: int) -> None:
        augmenter = replace(TUTORIAL, threads=threads)
        for start in range(0, N, BATCH):
            rows = np.arange(start, start + BATCH)
            augmenter.transform(images, 0, 0, rows, rows=rows)

    contestants = {
        "ImageDataGenerator.flow": by_keras,
        "scikit-image warp (the definition)": by_definition,
        "reference, 1 thread": lambda: ours(1),
        "reference, 2 threads": lambda: ours(2),
    }
    best = best_of(contestants, rounds=15)
    report("Augmentation, 182x182x3 float32", best, N, "ImageDataGenerator.flow")
    worst = max(
        float(np.abs(TUTORIAL.apply_transform(image, drawn) - definition(image, matrix)).max())
        for image in images[:16]
        for seed in range(4)
        for drawn in [TUTORIAL.get_random_transform(image.shape, seed)]
        for matrix in [TUTORIAL.matrix(drawn, image.shape)]
    )
    print(f"\nlargest difference from the definition: {worst:.1e}")


if __name__ == "__main__":
    main()
