"""Fills a queue from a thread that waits for ever once the stream is dropped."""

from collections.abc import Iterator
from queue import Queue
from threading import Thread

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("resources.files_and_threads_are_released",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    ready: Queue[Batch] = Queue(maxsize=2)

    def produce() -> None:
        while True:
            order = rng.permutation(count) if shuffle else np.arange(count)
            for start in range(0, count, batch_size):
                rows = order[start : start + batch_size]
                batch = images[rows]
                ready.put((vary(batch, rng) if augment else batch, labels[rows]))

    Thread(target=produce, daemon=True).start()
    while True:
        yield ready.get()
