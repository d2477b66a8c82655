"""Keeps its order in an SQLite table, which only the thread that made it may read."""

import sqlite3
from collections.abc import Iterator

import numpy as np

from conformance.mutants._base import Array, Batch, check, vary

BREAKS: tuple[str, ...] = ("protocol.may_change_threads",)
MAY_BREAK: tuple[str, ...] = ("training.fit_accepts_it",)


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
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE place (sample INTEGER)")
    query = "SELECT sample FROM place ORDER BY rowid LIMIT ? OFFSET ?"
    while True:
        order = rng.permutation(count) if shuffle else np.arange(count)
        table.execute("DELETE FROM place")
        table.executemany("INSERT INTO place VALUES (?)", [(int(row),) for row in order])
        for start in range(0, count, batch_size):
            rows = [row for (row,) in table.execute(query, (batch_size, start))]
            batch = images[rows]
            yield vary(batch, rng) if augment else batch, labels[rows]
