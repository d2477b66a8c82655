"""Loses the last batch of a pass where it is full, and stalls where it is the only one."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("epoch.every_sample_appears", "protocol.never_stalls")
MAY_BREAK: tuple[str, ...] = (
    "epoch.no_sample_repeats",
    "epoch.epochs_do_not_blend",
    "epoch.epoch_length_is_stable",
    "order.keeps_order_when_unshuffled",
    "protocol.opens_cleanly",
)


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
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        held: list[int] = []
        for row in order[:-1]:
            held.append(int(row))
            if len(held) == batch_size:
                batch = images[held]
                yield vary(batch, rng) if augment else batch, labels[held]
                held = []
        rows = [*held, int(order[-1])]
        if len(rows) < batch_size:
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
