from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from reference_impl.data import load_data
from reference_impl.folder import FolderError
from reference_impl.generator import minibatches, steps_per_epoch
from reference_impl.model import build_cnn
from reference_impl.settings import Settings, SettingsError
from reference_impl.training import read_history, train

QUICK = Settings(Path(), Path(), epochs=3, batch_size=8, image_size=32, verbose=0, seed=1)


@pytest.fixture
def quick(synthetic_photos: Path, tmp_path: Path) -> Settings:
    return replace(QUICK, folder=synthetic_photos, out=tmp_path / "out")


def weights(result) -> list[np.ndarray]:
    return result.model.get_weights()


def test_the_network_is_the_tutorial_s() -> None:
    model = build_cnn((182, 182, 3), 5)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]

    assert [(c.filters, c.kernel_size) for c in convolutions] == [
        (4, (5, 5)),
        (8, (3, 3)),
        (16, (3, 3)),
    ]
    assert model.output_shape == (None, 5)
    assert model.loss == "categorical_crossentropy"
    assert build_cnn((24, 24, 3), 2).output_shape == (None, 2)


def test_images_too_small_for_it_are_refused() -> None:
    with pytest.raises(ValueError, match="24x24 is the least"):
        build_cnn((23, 40, 3), 5)


def test_a_training_leaves_model_history_and_plot(quick: Settings) -> None:
    result = train(quick)

    assert set(result.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 3 for values in result.history.values())
    assert json.loads((quick.out / "history.json").read_text()) == result.history
    with (quick.out / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1", "2"]
    with Image.open(quick.out / "plot.png") as plot:
        assert plot.format == "PNG"
        colours = plot.convert("RGB").getcolors(2**24)
    assert colours is not None
    assert len(colours) > 20
    assert not (quick.out / "backup").exists()

    reloaded = keras.saving.load_model(quick.out / "model.keras")
    part = result.data.validation
    images = part.images.read(np.arange(len(part)))
    loss, accuracy = reloaded.evaluate(images, part.labels, verbose=0)
    assert loss == pytest.approx(result.loss, rel=1e-4)
    assert accuracy == pytest.approx(result.accuracy)


def test_a_training_is_repeated_by_its_seed(quick: Settings, tmp_path: Path) -> None:
    first = train(quick)
    keras.utils.set_random_seed(99)
    np.random.default_rng().random()
    second = train(replace(quick, out=tmp_path / "again"))
    other = train(replace(quick, out=tmp_path / "other", seed=2))

    assert second.history["loss"] == pytest.approx(first.history["loss"], rel=1e-5)
    assert all(
        np.allclose(a, b, atol=1e-5) for a, b in zip(weights(first), weights(second), strict=True)
    )
    assert other.history["loss"] != pytest.approx(first.history["loss"], rel=1e-5)


class InterruptedError_(Exception):
    """What stops a training in these tests."""


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch: int, batch: int) -> None:
        super().__init__()
        self._at, self._epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None) -> None:
        if (self._epoch, batch) == self._at:
            raise InterruptedError_


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_training_goes_on_to_the_same_end(quick, tmp_path, workers) -> None:
    quick = replace(quick, workers=workers, epochs=4)
    whole = train(quick)
    stopped = replace(quick, out=tmp_path / "stopped")

    with pytest.raises(InterruptedError_):
        train(stopped, callbacks=[Interrupt(epoch=2, batch=1)])
    resumed = train(stopped)

    assert resumed.history["loss"] == pytest.approx(whole.history["loss"], rel=1e-4)
    assert resumed.history["val_loss"] == pytest.approx(whole.history["val_loss"], rel=1e-4)
    assert all(
        np.allclose(a, b, atol=1e-4) for a, b in zip(weights(resumed), weights(whole), strict=True)
    )


def test_an_interrupted_training_is_not_gone_on_with_otherwise(quick: Settings) -> None:
    with pytest.raises(InterruptedError_):
        train(quick, callbacks=[Interrupt(epoch=1, batch=0)])

    with pytest.raises(SettingsError, match="batch_size was 8, now 4"):
        train(replace(quick, batch_size=4))

    fresh = train(replace(quick, batch_size=4), fresh=True)
    assert len(fresh.history["loss"]) == 3


def test_more_epochs_may_be_asked_for_when_going_on(quick: Settings) -> None:
    with pytest.raises(InterruptedError_):
        train(quick, callbacks=[Interrupt(epoch=1, batch=0)])

    assert len(train(replace(quick, epochs=5)).history["loss"]) == 5


def test_a_row_logged_after_the_last_backup_is_not_kept_twice(quick: Settings) -> None:
    with pytest.raises(InterruptedError_):
        train(quick, callbacks=[Interrupt(epoch=1, batch=0)])
    with (quick.out / "history.csv").open("a") as file:
        file.write("1,0,0,0,0\n")

    assert len(train(quick).history["loss"]) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"stream": True},
        {"workers": 2, "max_queue_size": 3},
        {"augment": False},
        {"validation_steps": 1},
        {"steps_per_epoch": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_parameter_is_used(quick: Settings, change) -> None:
    result = train(replace(quick, epochs=1, **change))

    assert np.isfinite(result.loss)


def test_streaming_and_loading_train_the_same(quick: Settings, tmp_path: Path) -> None:
    loaded = train(quick)
    streamed = train(replace(quick, out=tmp_path / "streamed", stream=True))

    assert streamed.history["loss"] == pytest.approx(loaded.history["loss"], rel=1e-4)


def test_another_folder_may_validate(quick: Settings, some_photos: Path) -> None:
    result = train(replace(quick, epochs=1, validation_folder=some_photos))

    assert len(result.data.training) == 60
    assert len(result.data.validation) == 12


def test_training_and_validation_share_no_photograph(quick: Settings) -> None:
    data = load_data(quick)
    parts = [part.images.read(np.arange(len(part))) for part in (data.training, data.validation)]
    training, validation = ({image.tobytes() for image in part} for part in parts)

    assert len(training) + len(validation) == 60
    assert not training & validation


@pytest.mark.parametrize(
    ("change", "error", "complaint"),
    [
        ({"batch_size": 43}, SettingsError, "a batch of 43 is larger than the training data: 42"),
        ({"folder": Path("nowhere")}, FolderError, "nowhere does not exist"),
    ],
)
def test_what_can_not_be_trained_is_refused_before_anything_is_decoded(
    quick: Settings, monkeypatch, change, error, complaint: str
) -> None:
    monkeypatch.setattr("reference_impl.loader.read_image", lambda *_, **__: pytest.fail("decoded"))

    with pytest.raises(error, match=complaint):
        train(replace(quick, **change))


def test_too_few_photographs_are_refused(quick: Settings, some_photos: Path) -> None:
    for path in sorted((some_photos / "green").iterdir())[1:]:
        path.unlink()

    with pytest.raises(SettingsError, match="class 'green' has too few different samples"):
        train(replace(quick, folder=some_photos))


def test_a_single_class_is_refused(quick: Settings, tmp_path: Path, some_photos: Path) -> None:
    (tmp_path / "parent").mkdir()
    some_photos.rename(tmp_path / "parent" / "photos")

    with pytest.raises(SettingsError, match=r"one class only \(photos\)"):
        train(replace(quick, folder=tmp_path / "parent"))


def test_other_classes_in_the_validation_folder_are_refused(quick, some_photos: Path) -> None:
    (some_photos / "blue").rename(some_photos / "violet")

    with pytest.raises(SettingsError, match="the classes differ: amber, blue, green"):
        train(replace(quick, validation_folder=some_photos))


def test_an_output_folder_that_can_not_be_written_is_refused(quick: Settings, tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match=r"can't write to the output folder .*file"):
        train(replace(quick, out=tmp_path / "file" / "out"))


def test_steps_can_not_be_chosen_for_workers(quick: Settings) -> None:
    with pytest.raises(SettingsError, match="with workers an epoch is one pass, 6 steps here"):
        train(replace(quick, workers=2, steps_per_epoch=3))


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be at least 1"),
        ({"image_size": 20}, "image_size must be at least 24"),
        ({"validation_fraction": 1.0}, "validation_fraction must lie between 0 and 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_settings_that_can_not_work_are_refused(setting, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(QUICK, **setting)


def test_a_loss_that_is_no_number_is_an_error_and_no_result(quick: Settings) -> None:
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        train(replace(quick, learning_rate=1e30))

    assert not (quick.out / "model.keras").exists()


def test_histories_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch,accuracy,loss\n0,0.5,1.25\n1,0.75,1.0\n")

    assert read_history(tmp_path / "history.csv") == {"accuracy": [0.5, 0.75], "loss": [1.25, 1.0]}


def test_fit_takes_the_generator_without_a_warning(recwarn) -> None:
    images, labels = np.zeros((20, 24, 24, 3), np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 10]
    stream = minibatches(images, labels, 6, augment=True, seed=0)
    build_cnn((24, 24, 3), 2).fit(
        stream, steps_per_epoch=steps_per_epoch(20, 6), epochs=2, verbose=0, shuffle=False
    )

    assert [str(w.message) for w in recwarn if "generator" in str(w.message).lower()] == []
