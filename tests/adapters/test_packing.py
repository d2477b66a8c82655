"""What the kit says of a batch's packing is what Keras' own adapters do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from conformance.adapters import adapt
from conformance.record import take_apart

X = np.zeros((4, 6), np.float32)
Y = np.zeros(4, np.int32)

PACKED: dict[str, Any] = {
    "(x,)": (X,),
    "(x, y)": (X, Y),
    "(x, y, w)": (X, Y, Y.astype(np.float32)),
    "[x, y]": [X, Y],
    "[x]": [X],
    "bare x": X,
    "bare dict": {"a": X},
    "four parts": (X, Y, Y, Y),
    "list of inputs": ([X, X], Y),
    "tuple of inputs": ((X, X), Y),
    "dict of inputs": ({"a": X}, Y),
    "numbers as labels": (X, [0, 1, 2, 3]),
    "list of targets": (X, [Y, Y]),
}


def generator(batch: Any) -> Iterator[Any]:
    while True:
        yield batch


def py_dataset(batch: Any) -> Any:
    keras = pytest.importorskip("keras", reason="needs Keras")

    class Dataset(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, k: int) -> Any:
            return batch

    return Dataset()


def _nested(batch: Any, convert: Callable[[Any], Any]) -> Any:
    if isinstance(batch, dict):
        return {k: _nested(v, convert) for k, v in batch.items()}
    if isinstance(batch, (tuple, list)):
        return type(batch)(_nested(v, convert) for v in batch)
    return convert(batch) if isinstance(batch, np.ndarray) else batch


def torch_loader(batch: Any, *, tensors: bool = True) -> Any:
    torch = pytest.importorskip("torch", reason="needs torch")

    class Rows(torch.utils.data.IterableDataset):
        def __iter__(self) -> Iterator[Any]:
            for _ in range(3):
                yield _nested(batch, torch.from_numpy) if tensors else batch

    return torch.utils.data.DataLoader(Rows(), batch_size=None, collate_fn=lambda v: v)


def torch_loader_of_arrays(batch: Any) -> Any:
    return torch_loader(batch, tensors=False)


def grain_dataset(batch: Any) -> Any:
    grain = pytest.importorskip("grain", reason="needs grain")
    return grain.MapDataset.range(3).map(lambda _: batch)


def grain_loader(batch: Any) -> Any:
    grain = pytest.importorskip("grain", reason="needs grain")

    class Give(grain.transforms.Map):
        def map(self, element: Any) -> Any:
            return batch

    sampler = grain.samplers.SequentialSampler(3)
    return grain.DataLoader(data_source=range(3), sampler=sampler, operations=[Give()])


MAKERS = (
    generator,
    py_dataset,
    torch_loader,
    torch_loader_of_arrays,
    grain_dataset,
    grain_loader,
)


def _keras_takes(obj: Any) -> bool:
    """Whether Keras' own adapter makes a first batch of ``obj`` for TensorFlow."""
    pytest.importorskip("tensorflow", reason="Keras' rules are asked of its TensorFlow path")
    from keras.src.trainers.data_adapters import get_data_adapter
    from keras.utils import unpack_x_y_sample_weight

    try:
        first = next(iter(get_data_adapter(obj).get_tf_dataset()))
        unpack_x_y_sample_weight(first)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("make", MAKERS, ids=lambda m: m.__name__)
def test_complaints_are_those_of_keras(make: Callable[[Any], Any], packed: str) -> None:
    batch = PACKED[packed]
    opened = adapt(make(batch))
    raw = take_apart(next(opened.start_pass(0)), 0, 0, opened.packing)
    assert (raw.complaint == "") is _keras_takes(make(batch)), raw.complaint


@pytest.mark.parametrize("packed", ["(x,)", "(x, y)", "bare x", "bare dict", "tuple of inputs"])
def test_whatever_tensorflow_puts_into_a_dataset_is_taken(packed: str) -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    batch = _nested(PACKED[packed], tf.constant)
    opened = adapt(tf.data.Dataset.range(3).map(lambda _: batch))
    raw = take_apart(next(opened.start_pass(0)), 0, 0, opened.packing)
    assert raw.complaint == ""


def test_four_parts_of_a_tf_dataset_are_refused() -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")
    opened = adapt(tf.data.Dataset.from_tensor_slices((X, Y, Y, Y)).batch(2))
    raw = take_apart(next(opened.start_pass(0)), 0, 0, opened.packing)
    assert "4 parts" in raw.complaint
