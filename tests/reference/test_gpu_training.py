"""The whole pipeline, from the folder to the plot, proved on the device that Keras trains on.

The same proof runs twice: on a GPU (``pytest -m gpu``; with ``--require-gpu`` a missing one is a
failure), and with fewer images on whatever device there is, so that it never rots.
"""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from reference_impl.batching import take
from reference_impl.device import gpu_name, is_on_gpu
from reference_impl.generator import minibatches, steps_per_epoch
from reference_impl.model import build_cnn
from reference_impl.settings import Settings
from reference_impl.training import Result, train

from .arrival import ArrivalCounter, ArrivalLog
from .conftest import write_photographs


class StepLog(keras.callbacks.Callback):
    """Keeps the loss after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_end(self, batch, logs=None) -> None:
        self.losses.append(float(logs["loss"]))


class DeviceProbe(keras.layers.Layer):
    """Passes images on, and notes for each batch of a training whether it lies on a GPU."""

    def __init__(self) -> None:
        super().__init__()
        self.on_gpu: list[bool] = []

    def call(self, x, training=False):
        if training:
            # of the product: TensorFlow moves a batch with the first operation on it
            self.on_gpu.append(is_on_gpu(keras.ops.multiply(x, 1.0)))
        return x

    def compute_output_shape(self, shape):
        return shape


def prove_the_pipeline(settings: Settings, tmp_path: Path) -> None:
    steps = StepLog()
    result = train(settings, callbacks=[steps])
    n_training = len(result.data.training)

    assert len(steps.losses) == settings.epochs * steps_per_epoch(n_training, settings.batch_size)
    assert all(map(math.isfinite, steps.losses))
    assert result.history["loss"][-1] < result.history["loss"][0]
    assert (settings.out / "plot.png").exists()

    shuffled_folder = with_shuffled_labels(settings.folder, tmp_path / "shuffled")
    shuffled = train(replace(settings, folder=shuffled_folder, out=tmp_path / "shuffled_out"))
    assert result.accuracy > chance_at_best(result)
    assert shuffled.accuracy < chance_at_best(shuffled)

    has_gpu = gpu_name() is not None
    assert {is_on_gpu(weight) for weight in result.model.trainable_variables} == {has_gpu}
    images, labels = (
        take(result.data.training.images, np.arange(n_training)),
        (result.data.training.labels),
    )
    prove_every_sample_arrives(images, labels, settings.batch_size)
    assert set(where_batches_lie(images, labels)) == {has_gpu}


def prove_every_sample_arrives(images, labels, batch_size: int) -> None:
    counter = ArrivalCounter(images)
    model = behind(counter, images, labels)
    log = ArrivalLog(counter)
    model.fit(
        minibatches(images, labels, batch_size, seed=0),
        steps_per_epoch=steps_per_epoch(len(images), batch_size),
        epochs=2,
        verbose=0,
        shuffle=False,
        callbacks=[log],
    )

    assert log.epochs == [[1] * len(images)] * 2


def where_batches_lie(images, labels) -> list[bool]:
    """Train a few steps eagerly, so that there are tensors and not their symbols to look at."""
    probe = DeviceProbe()
    model = behind(probe, images, labels)
    model.compile("adam", "categorical_crossentropy", run_eagerly=True)
    probe.on_gpu.clear()
    batches = minibatches(images, labels, 4, augment=True, seed=0)
    model.fit(batches, steps_per_epoch=3, verbose=0, shuffle=False)
    return probe.on_gpu[-3:]


def behind(layer, images, labels):
    cnn = build_cnn(images.shape[1:], labels.shape[1], seed=0)
    model = keras.Sequential([keras.Input(images.shape[1:]), layer, cnn])
    model.compile("adam", "categorical_crossentropy")
    return model


def with_shuffled_labels(folder: Path, out: Path) -> Path:
    """Copy the class folders, every photograph into any of them; each keeps its number of files."""
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in (".jpg", ".jpeg"))
    classes = np.random.default_rng(0).permutation([path.parent.name for path in paths])
    for number, (path, name) in enumerate(zip(paths, classes, strict=True)):
        (out / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, out / name / f"{number}.jpg")
    return out


def chance_at_best(result: Result) -> float:
    """The accuracy that guessing the commonest class exceeds once in a thousand times."""
    labels = result.data.validation.labels
    chance = float(labels.mean(axis=0).max())
    return chance + 3.1 * math.sqrt(chance * (1 - chance) / len(labels))


@pytest.mark.gpu
def test_the_pipeline_trains_on_the_gpu(tmp_path: Path) -> None:
    real = os.environ.get("FLOWER_PHOTOS")
    folder = Path(real) if real else write_photographs(tmp_path / "photos", 100, side=110)
    settings = Settings(
        folder, tmp_path / "out", epochs=15, batch_size=16, image_size=96, verbose=2
    )
    prove_the_pipeline(settings, tmp_path)


def test_the_pipeline_trains_on_any_device(tmp_path: Path) -> None:
    folder = write_photographs(tmp_path / "photos", per_class=36, side=40)
    settings = Settings(folder, tmp_path / "out", epochs=12, batch_size=8, image_size=32, verbose=0)
    prove_the_pipeline(settings, tmp_path)
