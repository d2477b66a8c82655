"""Gives the last shard what is left, so that its worker has fewer steps."""

from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("sharding.shards_partition_the_data",)
MAY_BREAK: tuple[str, ...] = ()


def generator(
    images: Array,
    labels: Array,
    batch_size: int,
    shuffle: bool = False,
    augment: bool = False,
    seed: int | None = None,
    shard_index: int = 0,
    shard_count: int = 1,
) -> Iterator[Batch]:
    """Yield batches for ever."""
    check(images, labels, batch_size)
    rng = np.random.default_rng(seed)
    length = -(-len(images) // shard_count)
    own = np.arange(shard_index * length, min((shard_index + 1) * length, len(images)))
    while True:
        order = rng.permutation(own) if shuffle else own
        for start in range(0, len(own), batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
