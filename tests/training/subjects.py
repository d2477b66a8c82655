"""Subjects for the tests of this folder, found by name from its directory."""

import math
import time
import traceback

import numpy as np


def right(images, labels, batch_size, shuffle=False, augment=False, seed=None):
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(images)) if shuffle else np.arange(len(images))
        for start in range(0, len(images), batch_size):
            rows = order[start : start + batch_size]
            batch = images[rows]
            if augment:
                batch = np.stack([np.roll(x, rng.integers(-2, 3, 2), (0, 1)) for x in batch])
            yield batch, labels[rows]


def one_pass(images, labels, batch_size):
    for start in range(0, len(images), batch_size):
        yield images[start : start + batch_size].copy(), labels[start : start + batch_size].copy()


def named_inputs(images, labels, batch_size):
    while True:
        for start in range(0, len(images), batch_size):
            rows = np.arange(len(images))[start : start + batch_size]
            inputs = {"picture": images[rows] / np.float32(255), "row": rows[:, None] * 1.0}
            yield inputs, np.eye(max(10, len(images)), dtype="float32")[labels[rows]]


def segmentation(images, masks, batch_size):
    while True:
        for start in range(0, len(images), batch_size):
            rows = np.arange(len(images))[start : start + batch_size]
            yield images[rows], masks[rows]


def raises_late(images, labels, batch_size):
    for k, batch in enumerate(right(images, labels, batch_size)):
        if k == 5:
            raise KeyError("batch five")
        yield batch


def dataset_that_raises(images, labels, batch_size):
    class Failing(dataset_class()):
        def __getitem__(self, index):
            if index == 2:
                raise KeyError("index two")
            return super().__getitem__(index)

    return Failing(images, labels, batch_size)


def sleeps_under_keras(images, labels, batch_size):
    for k, batch in enumerate(right(images, labels, batch_size)):
        if k == 9 and any("keras" in frame.filename for frame in traceback.extract_stack()):
            time.sleep(10_000)
        yield batch


def labels_are_noise(images, labels, batch_size):
    rng = np.random.default_rng(1)
    for batch, targets in right(images, labels, batch_size):
        yield batch, rng.permutation(labels)[: len(targets)]


def own_data():
    rng = np.random.default_rng(2)
    images, labels = rng.random((20, 12, 12, 3), np.float32), np.arange(20) % 3
    return right(images, labels, 6)


live = own_data()


def keeps_small_notes(images, labels, batch_size):
    notes = []
    for batch in right(images, labels, batch_size):
        notes.append("x" * 2000 + str(len(notes)))
        yield batch


def keeps_rows_and_labels(images, labels, batch_size):
    kept = []
    while True:
        for start in range(0, len(images), batch_size):
            rows = np.arange(start, min(start + batch_size, len(images)))
            kept.append((rows, labels[rows]))
            yield images[rows], labels[rows]


def caches_each_sample(images, labels, batch_size):
    cache = {}
    while True:
        for start in range(0, len(images), batch_size):
            rows = range(len(images))[start : start + batch_size]
            for i in rows:
                if i not in cache:
                    cache[i] = images[i].copy()
            yield np.stack([cache[i] for i in rows]), labels[list(rows)]


def strided(images, labels, batch_size, shard_index=0, shard_count=1):
    own = np.arange(len(images))[shard_index::shard_count]
    while True:
        for start in range(0, len(own), batch_size):
            rows = own[start : start + batch_size]
            yield images[rows], labels[rows]


def padded(images, labels, batch_size, shard_index=0, shard_count=1):
    """As samplers do that give every worker as many samples."""
    count = -(-len(images) // shard_count)
    own = np.resize(np.arange(len(images)), count * shard_count)[shard_index::shard_count]
    while True:
        for start in range(0, len(own), batch_size):
            rows = own[start : start + batch_size]
            yield images[rows], labels[rows]


def _part(first, last, augment=False):
    data = np.random.default_rng(3).random((30, 12, 12, 3), np.float32)
    noise = np.random.default_rng()
    while True:
        for start in range(first, last, 5):
            batch = data[start : min(start + 5, last)]
            yield (
                batch + (noise.random(batch.shape, np.float32) if augment else 0),
                np.ones(len(batch)),
            )


def train_part():
    return _part(0, 20)


def augmented_part():
    return _part(0, 20, augment=True)


def validation_part():
    return _part(20, 30)


def overlapping_part():
    return _part(18, 30)


def dataset_class():
    """Make the class where Keras is wanted: the other subjects do without it."""
    import keras

    class Rows(keras.utils.PyDataset):
        def __init__(self, images, labels, batch_size, augment=False, seed=0, **kwargs):
            super().__init__(**kwargs)
            self.images, self.labels, self.size = images, labels, batch_size
            self.augment, self.seed, self.epoch = augment, seed, 0

        def __len__(self):
            return math.ceil(len(self.images) / self.size)

        def on_epoch_end(self):
            self.epoch += 1

        def __getitem__(self, index):
            rows = np.arange(len(self.images))[index * self.size :][: self.size]
            batch = self.images[rows]
            if self.augment:
                rng = np.random.default_rng((self.seed, self.epoch, index))
                batch = np.stack([np.roll(x, rng.integers(-4, 5, 2), (0, 1)) for x in batch])
            return batch, self.labels[rows]

    return Rows


def dataset(images, labels, batch_size, augment=False, seed=0):
    return dataset_class()(images, labels, batch_size, augment, seed)


def dataset_of_one_buffer(images, labels, batch_size):
    class Buffered(dataset_class()):
        def __getitem__(self, index):
            if not hasattr(self, "buffer"):
                self.buffer = np.empty((self.size, *self.images.shape[1:]), self.images.dtype)
            batch, targets = super().__getitem__(index)
            out = self.buffer[: len(batch)]
            out[:] = batch
            time.sleep(0.01)
            return out, targets

    return Buffered(images, labels, batch_size)


def dataset_with_workers_of_its_own(images, labels, batch_size, seed=0):
    """Two forked workers that begin with copies of one generator."""

    class Own(dataset_class()):
        def __init__(self, images, labels, batch_size):
            super().__init__(images, labels, batch_size, workers=2, use_multiprocessing=True)
            self.rng = np.random.default_rng(seed)

        def __getitem__(self, index):
            batch, targets = super().__getitem__(index)
            return np.stack(
                [np.roll(x, self.rng.integers(-4, 5, 2), (0, 1)) for x in batch]
            ), targets

    return Own(images, labels, batch_size)
