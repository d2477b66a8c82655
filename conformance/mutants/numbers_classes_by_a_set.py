"""Numbers the classes in the order of a set, which differs between processes."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("alignment.label_map_is_stable",)
MAY_BREAK: tuple[str, ...] = ()
BIND: dict[str, str] = {"labels": "string_labels"}


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever; the labels are one string a sample."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    count = len(images)
    number = {name: index for index, name in enumerate(set(map(str, labels)))}
    targets = np.array([number[str(name)] for name in labels])
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        for start in range(0, count, batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, targets[rows]
