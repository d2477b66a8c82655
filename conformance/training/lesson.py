"""Teaches a small network what arrived, to see whether there was something to learn.

Imported in the process that trains only, since it imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from conformance.decode import ENOUGH, as_images
from conformance.pixels import resized, within
from conformance.record import RawBatch
from conformance.training.record import Lesson

Array = NDArray[Any]

_LEARNED = 0.9
"""Share of rows named rightly at which a lesson is learned beyond doubt."""

_ROUNDS = 3
_EPOCHS = 10
_SIZE = 24


def teach(
    batches: list[RawBatch],
    source: Array,
    labels: Array,
    beat: Callable[[], None],
) -> Lesson:
    """Train on the rows that arrived; where little was learned, on two other things to compare with.

    These are the same rows with permuted labels, and the source itself.

    Args:
        batches: what arrived in ``train_step``.
        source: the images behind them, shape ``(n, H, W, C)``.
        labels: their classes, shape ``(n,)``.
        beat: called now and then.
    """
    images, targets, trouble = _rows(batches, source)
    if trouble:
        return Lesson(trouble=trouble)
    classes, indices = np.unique(targets, axis=0, return_inverse=True)
    known = len(np.unique(labels))
    if not 2 <= len(classes) <= known:
        return Lesson(
            rows=len(images),
            trouble=f"its targets take {len(classes)} different values where there are {known} "
            "classes, so they are no classes to learn",
        )
    indices = indices.reshape(-1)
    pupil = _pupil(images.shape[1:], len(classes), beat)
    right = pupil.learn(images, indices)
    shuffled = control = float("nan")
    if right < _LEARNED:
        order = np.random.default_rng(5).permutation(len(indices))
        shuffled = pupil.learn(images, indices[order], rounds=1)
        if len(classes) == known:
            control = _control(pupil, images, source, labels)
    return Lesson(len(classes), len(images), right, shuffled, control)


def _control(pupil: _Pupil, images: Array, source: Array, labels: Array) -> float:
    """Learn the source itself, as often as its samples had come."""
    _, plain = as_images(source, source)
    if plain is None or plain.shape[1:] != images.shape[1:]:
        return float("nan")
    rows = np.resize(np.arange(len(plain)), len(images))
    _, indices = np.unique(labels, return_inverse=True)
    return pupil.learn(plain[rows], indices.reshape(-1)[rows])


def _rows(batches: list[RawBatch], source: Array) -> tuple[Array, Array, str]:
    """Return images ``(m, h, w, c)`` and targets ``(m, k)`` of all rows, and what is wrong."""
    none = np.zeros(0)
    images, targets = [], []
    for batch in batches:
        first = next((x for x in batch.leaves if x.part == "input"), None)
        target = next((x for x in batch.leaves if x.part == "target"), None)
        if first is None or target is None:
            return none, none, "it yields no targets to learn"
        _, seen = as_images(first.array, source)
        if seen is None:
            return none, none, "its first input is no image"
        if target.array.ndim not in (1, 2) or target.array.dtype.kind not in "biuf":
            return none, none, "its targets are no classes"
        if len(seen) != len(target.array):
            return none, none, "inputs and targets have different lengths"
        if len(seen) == 0:
            continue
        size = seen.shape[1:3]
        images.append(resized(seen, within(size, ENOUGH)) if max(size) > ENOUGH else seen)
        targets.append(target.array.reshape(len(target.array), -1).astype(np.float64).round(6))
    if not images:
        return none, none, "nothing arrived"
    if len({x.shape[1:] for x in images}) > 1 or len({x.shape[1:] for x in targets}) > 1:
        return none, none, "the shapes of its rows change"
    return np.concatenate(images), np.concatenate(targets), ""


_pupils: dict[tuple[int, ...], _Pupil] = {}


def _pupil(shape: tuple[int, ...], classes: int, beat: Callable[[], None]) -> _Pupil:
    """Return a network for these images; compiling one takes longer than teaching it."""
    key = (*shape, classes)
    if key not in _pupils:
        _pupils[key] = _Pupil(shape, classes, beat)
    return _pupils[key]


class _Pupil:
    """One small convolutional network, taught several times from the same beginning."""

    def __init__(self, shape: tuple[int, ...], classes: int, beat: Callable[[], None]) -> None:
        keras.utils.set_random_seed(3)
        layers = keras.layers
        self._model = keras.Sequential(
            [
                keras.Input(shape),
                layers.Conv2D(8, 3, activation="relu"),
                layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
                # means over the image: too few numbers to learn rows by heart
                layers.GlobalAveragePooling2D(),
                layers.Dense(classes, activation="softmax"),
            ]
        )
        self._model.compile(
            optimizer=keras.optimizers.Adam(0.02),
            loss="sparse_categorical_crossentropy",
            jit_compile=keras.backend.backend() == "jax",
        )
        self._model.optimizer.build(self._model.trainable_variables)
        self._variables = [*self._model.variables, *self._model.optimizer.variables]
        self._beginning = [keras.ops.convert_to_numpy(v) for v in self._variables]
        self._beat = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs=None: beat(),
            on_epoch_begin=lambda epoch, logs=None: beat(),
        )

    def learn(self, images: Array, indices: Array, rounds: int = _ROUNDS) -> float:
        """Return the share of rows that are named rightly after at most so many rounds."""
        wide = images.astype(np.float32)
        spread = float(wide.std())
        wide = (wide - wide.mean()) / (spread if np.isfinite(spread) and spread > 0 else 1.0)
        wide = np.nan_to_num(wide)
        for variable, value in zip(self._variables, self._beginning, strict=True):
            variable.assign(value)
        right = 0.0
        # full batches only: each other size would be compiled anew
        rows = np.resize(np.arange(len(wide)), -(-len(wide) // _SIZE) * _SIZE)
        for _ in range(rounds):
            self._model.fit(
                wide[rows],
                indices[rows],
                batch_size=_SIZE,
                epochs=_EPOCHS,
                verbose=0,
                callbacks=[self._beat],
            )
            guesses = self._model.predict(wide, batch_size=len(wide), verbose=0).argmax(axis=1)
            right = float((guesses == indices).mean())
            if right >= _LEARNED:
                break
        return right
