"""Load, divide, augment, train, evaluate, save: the tutorial, from the folder to the plot."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reference_impl.batching import DROPOUT
from reference_impl.data import Data, load_data
from reference_impl.dataset import Minibatches
from reference_impl.generator import minibatches, steps_per_epoch
from reference_impl.model import build_cnn
from reference_impl.plot import plot_history
from reference_impl.settings import Settings, SettingsError, check_writable

History = dict[str, list[float]]


@dataclass(frozen=True)
class Result:
    """What a training came to.

    Attributes:
        model: the trained Keras model.
        history: loss, accuracy, val_loss and val_accuracy, a number for each epoch.
        loss: on the validation data, after the last epoch.
        accuracy: likewise.
        data: what it was trained and validated on.
    """

    model: Any
    history: History
    loss: float
    accuracy: float
    data: Data


class EpochSeeds(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Seeds dropout from (seed, epoch).

    Keras' backup holds weights and optimizer, but not where dropout's random numbers were: a
    training that was gone on with would end elsewhere than one that was never interrupted.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the state of every layer that draws random numbers."""
        del logs
        for i, layer in enumerate(self.model.layers):
            if generator := getattr(layer, "seed_generator", None):
                words = np.random.SeedSequence((self._seed, DROPOUT, epoch, i)).generate_state(1)
                generator.state.assign([int(words[0]) >> 1, 0])


def train(
    settings: Settings,
    *,
    fresh: bool = False,
    callbacks: Sequence[Any] = (),
    progress: bool | None = None,
) -> Result:
    """Train the tutorial's network on a folder, and write what came out of it.

    ``out`` receives model.keras, history.csv, history.json, plot.png and settings.json. After an
    interruption the same call goes on at the epoch it had reached, to the same result.

    Args:
        settings: what to do.
        fresh: begin anew although an interrupted training could be gone on with.
        callbacks: Keras callbacks of your own.
        progress: whether decoding shows a bar; None for "on a terminal".

    Raises:
        FolderError, SettingsError: before any work is done, for a folder or setting
            that can't be trained with.
    """
    check_writable(settings.out)
    first_epoch = 0 if fresh else _completed_epochs(settings)
    data = load_data(settings, progress)
    (settings.out / "settings.json").write_text(json.dumps(settings.as_json(), indent=2) + "\n")
    say = print if settings.verbose != 0 else _say_nothing
    say(data.report)
    say(
        f"{len(data.training)} photographs to train on, {len(data.validation)} to validate, "
        f"Keras {keras.__version__} on {keras.backend.backend()}"
    )
    if first_epoch:
        say(f"going on after {first_epoch} of {settings.epochs} epochs")

    keras.utils.set_random_seed(settings.seed)
    model = build_cnn(
        (*settings.size, 3), len(data.class_names), settings.learning_rate, settings.seed
    )
    validation = validation_data(data, settings)
    fit(model, data, settings, validation, first_epoch, callbacks)
    history = read_history(settings.out / "history.csv")
    if not all(map(math.isfinite, history["loss"])):
        raise FloatingPointError(
            f"the loss became {history['loss'][-1]} in epoch {len(history['loss'])}: "
            f"lower the learning rate ({settings.learning_rate}) or look at the images"
        )
    loss, accuracy = (float(v) for v in model.evaluate(validation, verbose=0))
    say(f"validation: loss {loss:.4f}, accuracy {accuracy:.4f}")

    model.save(settings.out / "model.keras")
    (settings.out / "history.json").write_text(json.dumps(history, indent=2) + "\n")
    plot_history(history, settings.out / "plot.png", f"{settings.folder.name}: loss and accuracy")
    say(f"model, history and plot are in {settings.out}")
    return Result(model, history, loss, accuracy, data)


def fit(
    model: Any,
    data: Data,
    settings: Settings,
    validation: Minibatches,
    first_epoch: int = 0,
    callbacks: Sequence[Any] = (),
) -> None:
    """Run ``model.fit``, backed up after every epoch, its history in ``out/history.csv``."""
    log = settings.out / "history.csv"
    keep_history(log, first_epoch)
    backup = _backup(settings.out)
    if not first_epoch:
        shutil.rmtree(backup, ignore_errors=True)
    stream, steps = training_data(data, settings, first_epoch)
    if isinstance(stream, Minibatches):
        model.test_on_batch(*stream[0])  # builds it: see Minibatches on workers
    model.fit(
        stream,
        steps_per_epoch=steps,
        epochs=settings.epochs,
        verbose=settings.verbose,
        validation_data=validation,
        validation_steps=settings.validation_steps,
        shuffle=False,  # the feed shuffles samples; Keras would only move batches about
        callbacks=[
            keras.callbacks.CSVLogger(str(log), append=first_epoch > 0),
            keras.callbacks.BackupAndRestore(str(backup)),
            keras.callbacks.TerminateOnNaN(),
            EpochSeeds(settings.seed),
            *callbacks,
        ],
    )


def training_data(data: Data, settings: Settings, first_epoch: int) -> tuple[Any, int | None]:
    """Return what ``fit`` trains on, and its ``steps_per_epoch``.

    A generator, which needs to be told the steps; or, for workers, a PyDataset, which knows them.
    """
    part = data.training
    steps = steps_per_epoch(len(part), settings.batch_size)
    if not settings.has_workers:
        stream = minibatches(
            part.images,
            part.labels,
            settings.batch_size,
            augment=settings.augment,
            seed=settings.seed,
            first_epoch=first_epoch,
        )
        return stream, settings.steps_per_epoch or steps
    if settings.steps_per_epoch not in (None, steps):
        raise SettingsError(
            f"with workers an epoch is one pass, {steps} steps here; leave out --steps-per-epoch, "
            "or the workers"
        )
    dataset = Minibatches(
        part.images,
        part.labels,
        settings.batch_size,
        augment=settings.augment,
        seed=settings.seed,
        first_epoch=first_epoch,
        workers=settings.workers,
        use_multiprocessing=settings.use_multiprocessing,
        max_queue_size=settings.max_queue_size,
    )
    return dataset, None


def validation_data(data: Data, settings: Settings) -> Minibatches:
    """Return the validation data: in order, never augmented, the same after every epoch."""
    part = data.validation
    return Minibatches(part.images, part.labels, settings.batch_size, shuffle=False)


def keep_history(path: Path, n_epochs: int) -> None:
    """Cut a history file down to its first epochs: what came after the last backup is void."""
    if not n_epochs:
        path.unlink(missing_ok=True)
        return
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if int(row[0]) < n_epochs)])


def read_history(path: Path) -> History:
    """Return the columns of a history file but the number of the epoch."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}


def _completed_epochs(settings: Settings) -> int:
    """Return how many epochs an interrupted training in ``out`` has behind it, 0 for none.

    Raises:
        SettingsError: if that training had other settings.
    """
    backup = _backup(settings.out) / "training_metadata.json"
    if not backup.exists():
        return 0
    advice = "Repeat it with its own settings, use another --out, or begin anew with --fresh."
    try:
        epochs = int(json.loads(backup.read_text())["epoch"])
        earlier = json.loads((settings.out / "settings.json").read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"the interrupted training in {settings.out} can't be gone on with ({error}). {advice}"
        ) from error
    if differences := settings.differences(earlier):
        raise SettingsError(
            f"{settings.out} holds an interrupted training with other settings: "
            f"{'; '.join(differences)}. {advice}"
        )
    return epochs


def _backup(out: Path) -> Path:
    return out / "backup"


def _say_nothing(_: str) -> None:
    """Be quiet: ``verbose=0``."""
