"""The tutorial's network, in Keras 3 and for every backend of it."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from reference_impl.batching import check_count
from reference_impl.settings import SMALLEST_SIDE


def build_cnn(
    input_shape: tuple[int, int, int],
    n_classes: int,
    learning_rate: float = 1e-3,
    seed: int | None = None,
) -> Any:
    """Return the compiled network: softmax over the classes, Adam, categorical cross-entropy.

    Args:
        input_shape: height, width and channels of an image; its values should be in [0, 1].
        n_classes: width of the one-hot labels.
        learning_rate: of Adam; the default is Keras'.
        seed: of the dropout. Without one, torch draws from its global generator.

    Raises:
        ValueError: for images too small to be convolved and pooled three times.
    """
    if min(input_shape[:2]) < SMALLEST_SIDE:
        raise ValueError(
            f"images of {input_shape[0]}x{input_shape[1]} are too small for three rounds of "
            f"convolution and pooling; {SMALLEST_SIDE}x{SMALLEST_SIDE} is the least"
        )
    model = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(4, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5, seed=seed),
            layers.Dense(check_count("n_classes", n_classes, least=2), activation="softmax"),
        ],
        name="tutorial_cnn",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
