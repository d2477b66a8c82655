"""How fast the reference pipeline trains, and how long the device waits for data.

    KERAS_BACKEND=torch python benchmarks/reference_training.py flower_photos

The same training runs twice: fed by the pipeline, and by batches that were made beforehand. What
the first takes longer is the time that the device waited. The first epoch, which compiles, isn't
counted; nor is what comes after the last.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from reference_impl.data import load_data
from reference_impl.device import gpu_name
from reference_impl.generator import steps_per_epoch
from reference_impl.model import build_cnn
from reference_impl.settings import Settings
from reference_impl.training import training_data


class Stopwatch(keras.callbacks.Callback):
    """Seconds from the end of the first epoch to the end of the last."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if epoch == 0:
            self._start = now
        self.seconds = now - self._start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--image-size", type=int, default=182)
    parser.add_argument("--batch-size", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--stream", action="store_true", help="decode by the batch as well")
    parser.add_argument("--workers", type=int, default=1)
    options = vars(parser.parse_args())
    settings = Settings(out=Path(), **options)
    data = load_data(settings)
    n, steps = len(data.training), steps_per_epoch(len(data.training), settings.batch_size)

    stream, _ = training_data(data, replace(settings, workers=1), 0)
    ready = list(islice(stream, steps))

    def at_hand() -> Iterator[Any]:
        yield from cycle(ready)

    fed = seconds(settings, data, *training_data(data, settings, 0))
    served = seconds(settings, data, at_hand(), steps)
    images = (settings.epochs - 1) * n
    print(
        f"Keras {keras.__version__} on {keras.backend.backend()}, {gpu_name() or 'no GPU'}, "
        f"{os.cpu_count()} cores"
    )
    print(
        f"{settings.image_size}x{settings.image_size}, batches of {settings.batch_size}, "
        f"{n} photographs, {'streamed' if settings.stream else 'in memory'}, "
        f"workers {settings.workers}"
    )
    print(f"images/s: {images / fed:,.0f} (batches at hand: {images / served:,.0f})")
    print(f"share of the time spent waiting for data: {max(0.0, 1 - served / fed):.0%}")


def seconds(settings: Settings, data: Any, stream: Any, steps: int | None) -> float:
    keras.utils.set_random_seed(settings.seed)
    model = build_cnn((*settings.size, 3), len(data.class_names), seed=settings.seed)
    if steps is None:
        model.test_on_batch(*stream[0])  # builds it: see reference_impl.dataset on workers
    watch = Stopwatch()
    model.fit(
        stream,
        steps_per_epoch=steps,
        epochs=settings.epochs,
        verbose=0,
        shuffle=False,
        callbacks=[watch],
    )
    return watch.seconds


if __name__ == "__main__":
    main()
