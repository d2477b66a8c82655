"""Drawing batches through the kit's adapters against drawing the same batches bare.

    python benchmarks/adapters.py [rows]

Target: an adapter adds at most 10 %. Batches of 32 images of 64x64x3, 512 images by default.
Kinds whose library is not installed are left out.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from reference_timing import best_of

from conformance.adapters import adapt

BATCH, SIDE, ROUNDS = 32, 64, 40


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    images = np.random.default_rng(0).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)
    labels = np.arange(n)
    steps = math.ceil(n / BATCH)
    print(f"{n} images in {steps} batches; seconds of processor time for a pass")
    for name, make in KINDS.items():
        if (library := name.split()[0]) in LIBRARIES and find_spec(LIBRARIES[library]) is None:
            print(f"{name:28} not installed")
            continue
        subject = make(images, labels)
        start = BARE.get(name, iter)
        best = best_of(
            {
                "bare": lambda s=subject, start=start: drain(start(s), steps),
                "adapter": lambda s=subject: drain(adapt(s).start_pass(0), steps),
            },
            ROUNDS,
        )
        bare, ours = best["bare"].processor, best["adapter"].processor
        print(f"{name:28} bare {bare:.4f}  adapter {ours:.4f}  ratio {ours / bare:.3f}")


def drain(stream: Iterator[Any], steps: int) -> None:
    for _ in range(steps):
        next(stream)


def generator(images: Any, labels: Any) -> Iterator[Any]:
    while True:
        for start in range(0, len(images), BATCH):
            rows = np.arange(start, min(start + BATCH, len(images)))
            yield images[rows].astype(np.float32) / 255, labels[rows]


class ByIndex:
    def __init__(self, images: Any, labels: Any) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return math.ceil(len(self.images) / BATCH)

    def __getitem__(self, k: int) -> Any:
        rows = np.arange(k * BATCH, min((k + 1) * BATCH, len(self.images)))
        return self.images[rows].astype(np.float32) / 255, self.labels[rows]


def py_dataset(images: Any, labels: Any) -> Any:
    import keras

    class Dataset(ByIndex, keras.utils.PyDataset):
        def __init__(self) -> None:
            keras.utils.PyDataset.__init__(self)
            ByIndex.__init__(self, images, labels)

    return Dataset()


def tf_dataset(images: Any, labels: Any) -> Any:
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices((images, labels)).batch(BATCH)
    return rows.map(lambda x, y: (tf.cast(x, tf.float32) / 255, y))


def torch_loader(images: Any, labels: Any) -> Any:
    import torch

    rows = torch.utils.data.TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    return torch.utils.data.DataLoader(rows, batch_size=BATCH)


def grain_dataset(images: Any, labels: Any) -> Any:
    import grain

    rows = grain.MapDataset.range(len(images)).map(lambda i: (images[i], labels[i]))
    return rows.batch(BATCH)


KINDS: dict[str, Callable[[Any, Any], Any]] = {
    "generator": generator,
    "keras PyDataset": py_dataset,
    "sequence by shape": ByIndex,
    "tensorflow tf.data.Dataset": tf_dataset,
    "torch DataLoader": torch_loader,
    "grain MapDataset": grain_dataset,
}
LIBRARIES = {"keras": "keras", "tensorflow": "tensorflow", "torch": "torch", "grain": "grain"}


def by_index(dataset: Any) -> Iterator[Any]:
    return (dataset[k] for k in range(len(dataset)))


BARE: dict[str, Callable[[Any], Iterator[Any]]] = {
    "keras PyDataset": by_index,
    "sequence by shape": by_index,
}
"""How a kind is drawn from where not by ``iter``."""


if __name__ == "__main__":
    main()
