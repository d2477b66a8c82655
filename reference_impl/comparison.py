"""The same training, fed by the tutorial's generator and by the right one.

Network, first weights, photographs, split, augmentation, number of steps and the way of validating
are the same for both: what differs is the generator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reference_impl.augmentation import TUTORIAL
from reference_impl.batching import take
from reference_impl.data import Data, load_data
from reference_impl.generator import minibatches, steps_per_epoch
from reference_impl.model import build_cnn
from reference_impl.plot import plot_comparison
from reference_impl.settings import Settings, SettingsError, check_writable
from reference_impl.training import History, validation_data
from reference_impl.tutorial import tutorial_minibatches


@dataclass(frozen=True)
class Comparison:
    """Two histories of one training: Keras' metrics, a number for each epoch.

    Attributes:
        tutorial: fed by the tutorial's generator.
        reference: fed by the right one.
        chance: the validation accuracy of always guessing the commonest class.
    """

    tutorial: History
    reference: History
    chance: float

    def table(self) -> str:
        """Return validation loss and accuracy of both, epoch by epoch."""
        lines = ["epoch   tutorial: loss  accuracy   reference: loss  accuracy"]
        columns = [h[k] for h in (self.tutorial, self.reference) for k in _VALIDATION]
        for epoch, (a, b, c, d) in enumerate(zip(*columns, strict=True), start=1):
            lines.append(f"{epoch:5}   {a:14.3f}  {b:8.3f}   {c:15.3f}  {d:8.3f}")
        return "\n".join([*lines, f"guessing: accuracy {self.chance:.3f}"])


_VALIDATION = ("val_loss", "val_accuracy")


def compare(settings: Settings, progress: bool | None = None) -> Comparison:
    """Train twice and write comparison.json and comparison.png into ``out``.

    Raises:
        FolderError, SettingsError: before any work is done, as for a training; also
            when no more photographs are trained on than a batch holds: the tutorial's generator
            would never yield.
    """
    check_writable(settings.out)
    if settings.stream:
        raise SettingsError("the tutorial's generator needs its photographs in memory: no --stream")
    data = load_data(settings, progress)
    n_training = len(data.training)
    if n_training <= settings.batch_size:
        raise SettingsError(
            f"the tutorial's generator hangs with {n_training} photographs in batches of "
            f"{settings.batch_size}; use a smaller --batch-size"
        )
    # The tutorial shuffles its data once, before dividing it: so its generator gets them shuffled.
    order = np.random.default_rng(settings.seed).permutation(n_training)
    images, labels = take(data.training.images, order), data.training.labels[order]

    def reference() -> Iterator[Any]:
        augment = TUTORIAL if settings.augment else False
        size = settings.batch_size
        return minibatches(images, labels, size, augment=augment, seed=settings.seed)

    def tutorial() -> Iterator[Any]:
        augmenter = TUTORIAL if settings.augment else None
        return tutorial_minibatches(
            images.copy(),
            labels.copy(),
            settings.batch_size,
            shuffle=False,
            aug=augmenter,
            seed=settings.seed,
        )

    tutorials = _history("the tutorial's generator", tutorial, data, settings)
    references = _history("the reference generator", reference, data, settings)
    chance = float(data.validation.labels.mean(axis=0).max())
    comparison = Comparison(tutorials, references, chance)
    _save(comparison, settings, n_training)
    return comparison


def _history(
    name: str, make_stream: Callable[[], Iterator[Any]], data: Data, settings: Settings
) -> History:
    if settings.verbose != 0:
        print(f"\nfed by {name}")
    keras.utils.set_random_seed(settings.seed)
    model = build_cnn(
        (*settings.size, 3), len(data.class_names), settings.learning_rate, settings.seed
    )
    history = model.fit(
        make_stream(),
        steps_per_epoch=settings.steps_per_epoch
        or steps_per_epoch(len(data.training), settings.batch_size),
        epochs=settings.epochs,
        validation_data=validation_data(data, settings),
        validation_steps=settings.validation_steps,
        verbose=settings.verbose,
        shuffle=False,
    ).history
    return {key: [float(value) for value in values] for key, values in history.items()}


def _save(comparison: Comparison, settings: Settings, n_training: int) -> None:
    content = {
        "settings": settings.as_json(),
        "chance": comparison.chance,
        "tutorial": comparison.tutorial,
        "reference": comparison.reference,
    }
    (settings.out / "comparison.json").write_text(json.dumps(content, indent=2) + "\n")
    plot_comparison(
        comparison.tutorial,
        comparison.reference,
        comparison.chance,
        settings.out / "comparison.png",
        f"One training, two generators: {n_training} photographs in batches of "
        f"{settings.batch_size}",
    )
